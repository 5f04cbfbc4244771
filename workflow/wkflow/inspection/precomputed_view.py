"""A layer of any format, shown as a precomputed volume: its `info`, and chunks as they are asked.

https://neuroglancer-docs.web.app/datasource/precomputed/volume.html. Nothing is written, and one
chunk is decoded at a time: viewers ask for what they show.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from wkflow.errors import SourceError
from wkflow.formats.mag_reader import MagReader
from wkflow.inspection.open_dataset import Dataset, grid_of, opened_mag
from wkflow.model.box import Box
from wkflow.model.datasource_properties import ExistingLayer
from wkflow.model.layer import Grid
from wkflow.model.units import NANOMETERS

EDGE = 64
"""Of a chunk that a viewer asks for, in voxels: 256 kB of uint8."""

SHOWN_DTYPES = {"int64": "uint64", "float64": "float32"}
"""What stands for the types that precomputed volumes do not know."""

_NAME = re.compile(r"(\d+)-(\d+)_(\d+)-(\d+)_(\d+)-(\d+)")


def nanometers_of(dataset: Dataset) -> tuple[float, float, float]:
    """Give the voxel size of mag 1 along x, y and z; 1 where the dataset states none."""
    existing = dataset.target.existing
    x, y, z = (edge * NANOMETERS[existing.unit] or 1.0 for edge in existing.voxel_size)
    return x, y, z


@dataclass(frozen=True, slots=True)
class ShownMag:
    """A mag that could be opened."""

    name: str
    grid: Grid
    reader: MagReader


@dataclass(frozen=True, slots=True)
class ShownLayer:
    """A layer whose mags are open, finest first; of further axes the first frame is shown."""

    layer: ExistingLayer
    nanometers: tuple[float, float, float]
    mags: Sequence[ShownMag]

    @property
    def dtype(self) -> str:
        """The type of the voxels that are sent."""
        stored = self.layer.layer.dtype
        return SHOWN_DTYPES.get(stored, stored)

    def info(self) -> dict[str, Any]:
        """Describe the volume."""
        is_labels = self.layer.layer.category == "segmentation"
        return {
            "@type": "neuroglancer_multiscale_volume",
            "type": "segmentation" if is_labels else "image",
            "data_type": self.dtype,
            "num_channels": self.layer.layer.channels,
            "scales": [self._scale(mag) for mag in self.mags],
        }

    def _scale(self, mag: ShownMag) -> dict[str, Any]:
        factors = mag.grid.mag.factors
        return {
            "key": mag.name,
            "size": list(mag.grid.box.size),
            "resolution": [n * f for n, f in zip(self.nanometers, factors, strict=True)],
            "voxel_offset": list(mag.grid.begin),
            "chunk_sizes": [[EDGE, EDGE, EDGE]],
            "encoding": "raw",
        }

    def chunk(self, mag_name: str, name: str) -> bytes:
        """Give the voxels of a chunk: x fastest, then y, z and the channel.

        Raises
        ------
        LookupError
            If there is no such mag or chunk.
        SourceError
            If a file of it is damaged.
        """
        mag = next((one for one in self.mags if one.name == mag_name), None)
        found = _NAME.fullmatch(name)
        if mag is None or found is None:
            raise LookupError(f"{mag_name}/{name}")
        x0, x1, y0, y1, z0, z1 = map(int, found.groups())
        box = Box((x0, y0, z0), (x1, y1, z1))
        if box.overlap(mag.grid.box) != box or not 0 < min(box.size) <= max(box.size) <= EDGE:
            raise LookupError(f"{mag_name}/{name}")
        voxels = mag.reader.region(0)(box).transpose(0, 3, 2, 1)
        return np.ascontiguousarray(voxels, np.dtype(self.dtype).newbyteorder("<")).tobytes()


@contextmanager
def shown_layers(dataset: Dataset) -> Iterator[tuple[list[ShownLayer], list[str]]]:
    """Open all layers; give them, and a note of each mag that cannot be opened.

    Raises
    ------
    SourceError
        If nothing can be shown.
    """
    notes: list[str] = []
    shown = []
    with ExitStack() as stack:
        for layer in dataset.target.existing.layers:
            mags = []
            for mag in layer.mags:
                try:
                    reader = stack.enter_context(opened_mag(layer, mag, dataset.given(layer, mag)))
                except SourceError as error:
                    notes.append(f"mag {mag.mag} of layer {layer.layer.name}: {error.what}")
                    continue
                mags.append(ShownMag(str(mag.mag), grid_of(layer, mag), reader))
            if mags:
                shown.append(ShownLayer(layer, nanometers_of(dataset), tuple(mags)))
            if layer.layer.frames > 1:
                axes = ", ".join(name for name, _ in layer.layer.axes)
                notes.append(f"layer {layer.layer.name}: the first frame of the axes {axes}")
        if not shown:
            raise SourceError(
                "has nothing to show" + "".join(f"; {note}" for note in notes[:3]),
                dataset.target.name, "`wkflow verify` tells what is missing.",
            )  # fmt: skip
        yield shown, notes
