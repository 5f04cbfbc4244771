"""Neuroglancer's precomputed volumes: one image, the finest scale.

https://github.com/google/neuroglancer/blob/master/src/datasource/precomputed/volume.md
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.readers.chunked import Span, gather
from wkflow.readers.decoders import gzip
from wkflow.readers.length import to_nm
from wkflow.readers.store.array import Stored, StoredImage, image_of
from wkflow.readers.store.precomputed_chunk import ENCODINGS, decode
from wkflow.readers.store.precomputed_shard import Sharding
from wkflow.source import About

AXES = ("c", "z", "y", "x")

COLOURED = frozenset({"jpeg", "png"})
"""Encodings whose three channels are red, green and blue of one picture."""


def images(path: str) -> tuple[StoredImage, ...]:
    """Give the one image of a volume."""
    file = Path(path) / "info"
    info = json.loads(file.read_bytes())
    scales = info.get("scales") if isinstance(info, dict) else None
    if not scales:
        raise SourceError("is no volume: its info lists no scales", path, "Name a volume's folder.")
    x, y, z = (to_nm(size, "nm") for size in scales[0]["resolution"])
    about = About("", (x, y, z))
    return (image_of(path, _stored(path, info, scales[0]), about, (str(file.absolute()),)),)


def _stored(path: str, info: dict[str, Any], scale: dict[str, Any]) -> Stored:
    encoding = scale["encoding"]
    if encoding not in ENCODINGS:
        raise SourceError(
            f"has chunks encoded as {encoding}, which cannot be read",
            path,
            f"Encodings that can be: {', '.join(sorted(ENCODINGS))}.",
        )
    channels = int(info["num_channels"])
    grid = _Grid(Path(path) / scale["key"], np.dtype(info["data_type"]), channels, scale)

    def fetch(spans: tuple[Span, ...]) -> NDArray[Any]:
        out = np.empty([end - begin for begin, end in spans], grid.dtype.newbyteorder("="))
        gather(spans, grid.chunk, grid.load, out)
        return out

    is_rgb = encoding in COLOURED and (channels, grid.dtype.name) == (3, "uint8")
    shape = (channels, *grid.size[::-1])
    return Stored(AXES, shape, grid.chunk, grid.dtype.newbyteorder("="), fetch, is_rgb=is_rgb)


class _Grid:
    """The chunks of a scale; x, y, z in its metadata, c, z, y, x in arrays."""

    def __init__(
        self, folder: Path, dtype: np.dtype[Any], channels: int, scale: dict[str, Any]
    ) -> None:
        self.folder = folder
        self.dtype = dtype.newbyteorder("<")
        self.encoding: str = scale["encoding"]
        self.size = _triple(scale["size"])
        self.offset = _triple(scale.get("voxel_offset") or (0, 0, 0))
        self.edge = _triple(scale["chunk_sizes"][0])
        self.block = _triple(scale.get("compressed_segmentation_block_size") or (8, 8, 8))
        self.chunk = (channels, *self.edge[::-1])
        self.shards = Sharding.of(scale.get("sharding"), folder, self.size, self.edge)

    def load(self, position: tuple[int, ...]) -> NDArray[Any] | None:
        """Decode the chunk at (c, z, y, x) of the grid; None if there is none."""
        x, y, z = position[:0:-1]
        sides = list(zip((x, y, z), self.edge, self.size, strict=True))
        spans = [(at * edge, min((at + 1) * edge, size)) for at, edge, size in sides]
        content = self.shards.chunk((x, y, z)) if self.shards else self._file(spans)
        if content is None:
            return None
        depth, height, width = (end - begin for begin, end in reversed(spans))
        shape = (self.chunk[0], depth, height, width)
        return decode(content, self.dtype, shape, self.encoding, self.block)

    def _file(self, spans: list[Span]) -> bytes | None:
        moved = [(b + o, e + o) for (b, e), o in zip(spans, self.offset, strict=True)]
        name = "_".join(f"{begin}-{end}" for begin, end in moved)
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            pass
        try:
            # cloud-volume writes so to a disk what a web server would send compressed
            return gzip((self.folder / f"{name}.gz").read_bytes())
        except FileNotFoundError:
            return None


def _triple(stated: Any) -> tuple[int, int, int]:  # noqa: ANN401 -- a part of a JSON document
    x, y, z = (int(part) for part in stated)
    return x, y, z
