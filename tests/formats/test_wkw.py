"""WKW, judged by a slow reader that follows the specification, block by block.

`tests/conformance/test_formats.py` asks the official packages.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numcodecs import lz4
from wkflow.errors import ConfigError
from wkflow.formats.mag_writer import MagVoxels
from wkflow.formats.table import format_of
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer
from wkflow.model.mag_ladder import FINEST

from tests.formats.contract import FormatContract
from tests.formats.judges import SCALE, Block
from tests.formats.stored import SIZE, stored

LAYER = Layer("em", "color", "uint8", 1, SIZE, data_format="wkw")
DTYPES = dict(enumerate(("u1", "u2", "u4", "u8", "f4", "f8", "i1", "i2", "i4", "i8"), start=1))


def blocks_of(content: bytes) -> list[bytes]:
    """Cut a file into its blocks, decompressed, in their order."""
    count, edge = 8 ** (content[4] >> 4), 2 ** (content[4] & 15)
    size, begin = edge**3 * content[7], int.from_bytes(content[8:16], "little")
    if content[5] == 1:
        return [content[begin + size * n : begin + size * (n + 1)] for n in range(count)]
    ends = np.frombuffer(content, "<u8", count, 16).tolist()
    starts = [begin, *ends[:-1]]
    packed = [content[start:end] for start, end in zip(starts, ends, strict=True)]
    return [lz4.decompress(size.to_bytes(4, "little") + block) for block in packed]


def deinterleave(place: int) -> tuple[int, int, int]:
    """Give x, y and z of a place in Morton order."""
    bits = f"{place:030b}"
    return int(bits[2::3], 2), int(bits[1::3], 2), int(bits[0::3], 2)


class TestWkw(FormatContract):
    data_format = "wkw"
    codecs = ("lz4hc:9", "lz4", "none")

    def others_read(self, dataset: Path, voxels: MagVoxels) -> Block:
        """Every block of every file, put where the specification says."""
        folder = dataset / voxels.layer.name / str(voxels.grid.mag)
        head = (folder / "header.wkw").read_bytes()
        dtype = np.dtype(DTYPES[head[6]]).newbyteorder("<")
        channels, edge, cube = head[7] // dtype.itemsize, 2 ** (head[4] & 15), 2 ** (head[4] >> 4)
        extent = edge * cube * np.array(voxels.grid.shards)
        found = np.zeros((channels, *extent), dtype)
        for x, y, z in np.ndindex(*voxels.grid.shards):
            content = (folder / f"z{z}" / f"y{y}" / f"x{x}.wkw").read_bytes()
            assert content[:8] == head[:8]
            for place, block in enumerate(blocks_of(content)):
                x0, y0, z0 = (
                    edge * (shard * cube + within)
                    for shard, within in zip((x, y, z), deinterleave(place), strict=True)
                )
                cell = np.frombuffer(block, dtype).reshape(channels, edge, edge, edge, order="F")
                found[:, x0 : x0 + edge, y0 : y0 + edge, z0 : z0 + edge] = cell
        width, height, depth = voxels.grid.size
        assert not found[:, width:].any()
        assert not found[:, :, height:].any()
        assert not found[..., depth:].any()
        return found[:, :width, :height, :depth]


def test_headers_are_those_that_the_official_package_wrote() -> None:
    """32 blocks of 32 voxels to an edge, compressed, with three uint8 channels; and two others."""
    big = Grid(FINEST, SIZE, (32, 32, 32), (1024, 1024, 1024))
    small = replace(big, chunk=(8, 8, 8), shard=(32, 32, 32))
    cases = [
        (replace(LAYER, channels=3), big, Codec("lz4hc", 9), "574b5701550301030000000000000000"),
        (LAYER, small, Codec("none", 0), "574b5701230101010000000000000000"),
        (replace(LAYER, dtype="float32"), big, Codec("lz4", 0), "574b5701550205040000000000000000"),
    ]
    for layer, grid, codec, expected in cases:
        documents = format_of("wkw").documents(
            layer, (grid,), codec, voxel_size=SCALE, unit="nanometer"
        )
        assert documents["em/1/header.wkw"].hex() == expected


@pytest.mark.parametrize("chunk", [(32, 32, 16), (24, 24, 24)])
def test_other_shapes_than_cubes_are_refused(tmp_path: Path, chunk: tuple[int, int, int]) -> None:
    """The words name the option."""
    grid = Grid(FINEST, SIZE, chunk, chunk)
    with pytest.raises(ConfigError, match="WKW holds no chunks") as caught:
        format_of("wkw").documents(
            LAYER, (grid,), Codec("none", 0), voxel_size=SCALE, unit="nanometer"
        )
    assert caught.value.where == "chunk_shape"
    assert not list(tmp_path.iterdir())


def test_a_file_is_named_after_its_place(tmp_path: Path) -> None:
    """Folders for z and y, as the official package has them."""
    assert stored(tmp_path, LAYER, "lz4").path((1, 2, 3)) == "em/1/z3/y2/x1.wkw"
