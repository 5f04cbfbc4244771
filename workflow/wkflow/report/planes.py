"""What a page shows of a layer's voxels: three planes through its middle and some slices.

They come from one mag, coarse enough to be in memory as a whole: its finest voxels are never read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.formats.dataset_files import LocalFiles
from wkflow.formats.mag_reader import open_mag
from wkflow.model.box import Box, Triple, ceil_div
from wkflow.model.datasource_properties import ExistingLayer, ExistingMag
from wkflow.model.layer import Grid, Layer
from wkflow.model.mag import Mag
from wkflow.model.stored_mag import StoredMag

Plane = NDArray[Any]
"""Of the shape (rows, columns, channels)."""

LONGEST_EDGE = 512
"""Voxels along each edge of a mag that is chosen for pictures, if there is one so small."""

READ_BYTES = 2**26
"""Voxels that are in memory at once, at most."""

PIECE_EDGES = (384, 256, 128, 64, 32, 16)
"""Of the piece that is shown where no mag is coarse enough."""

SLICES = 8
"""Of the strip."""


@dataclass(frozen=True, slots=True)
class Voxels:
    """A box of one mag in memory: `volume` has the shape (z, y, x, c), `box` is in its voxels.

    `is_whole` says that the box holds the whole layer.
    """

    volume: NDArray[Any]
    mag: Mag
    box: Box
    is_whole: bool

    @property
    def middle(self) -> Triple:
        """The voxel (x, y, z) that all three planes go through, counted from the volume's first."""
        z, y, x = (size // 2 for size in self.volume.shape[:3])
        return x, y, z

    @property
    def xy(self) -> Plane:
        """The plane of the middle slice: rows are y, columns x."""
        plane: Plane = self.volume[self.middle[2]]
        return plane

    @property
    def xz(self) -> Plane:
        """The plane across all slices: rows are z, columns x."""
        return self.volume[:, self.middle[1]]

    @property
    def yz(self) -> Plane:
        """The other plane across all slices, turned: rows are y, columns z."""
        return self.volume[:, :, self.middle[0]].transpose(1, 0, 2)

    def slices(self, count: int = SLICES) -> list[tuple[int, Plane]]:
        """Give slices from the first to the last, each behind its place in the volume."""
        depth = len(self.volume)
        places = np.linspace(0, depth - 1, min(count, depth)).round().astype(int)
        return [(int(z), self.volume[z]) for z in places]

    def finest_z(self, place: int) -> tuple[int, int]:
        """Give the first and the last slice of mag 1 that a slice of the volume stands for."""
        first = (self.box.begin[2] + place) * self.mag.z
        return first, first + self.mag.z - 1

    @property
    def finest_middle(self) -> Triple:
        """The middle in voxels of mag 1."""
        places = zip(self.middle, self.box.begin, self.mag.factors, strict=True)
        x, y, z = ((place + begin) * factor for place, begin, factor in places)
        return x, y, z


def grid_of(layer: Layer, mag: Mag) -> Grid:
    """Give the extent of a mag of a layer; how it is cut into files is left open."""
    bx, by, bz = (b // m for b, m in zip(layer.begin, mag.factors, strict=True))
    return Grid(mag, ceil_div(layer.size, mag.factors), (1, 1, 1), (1, 1, 1), (bx, by, bz))


def choose(
    grids: Sequence[Grid], voxel_bytes: int, *, edge: int = LONGEST_EDGE, most: int = READ_BYTES
) -> list[tuple[Grid, Box]]:
    """List what can be shown, best first: whole mags from the finest that is small enough on.

    Where all have longer edges, it is the coarsest, and the middle of it if it has more bytes.

    Parameters
    ----------
    grids
        The mags of a layer, finest first.
    voxel_bytes
        Of one voxel, all channels together.
    edge, most
        Voxels along each edge, which pictures need no more of, and bytes of voxels, at most.
    """
    small = [
        grid
        for grid in grids
        if max(grid.box.size) <= edge and grid.box.voxels * voxel_bytes <= most
    ]
    if small or not grids:
        return [(grid, grid.box) for grid in small]
    coarsest = grids[-1]
    if coarsest.box.voxels * voxel_bytes <= most:
        return [(coarsest, coarsest.box)]
    pieces = (_middle(coarsest.box, one) for one in PIECE_EDGES)
    fitting = (piece for piece in pieces if piece.voxels * voxel_bytes <= most)
    return [(coarsest, next(fitting))]


def _middle(box: Box, edge: int) -> Box:
    """Give the middle of a box, at most so long along each edge."""
    begin = [b + max(0, (e - b - edge) // 2) for b, e in zip(box.begin, box.end, strict=True)]
    end = [min(e, b + edge) for b, e in zip(begin, box.end, strict=True)]
    return Box((begin[0], begin[1], begin[2]), (end[0], end[1], end[2]))


def read_voxels(
    dataset: Path,
    existing: ExistingLayer,
    *,
    edge: int = LONGEST_EDGE,
    most: int = READ_BYTES,
    refuses: bool = False,
) -> Voxels:
    """Read what can be shown of a layer on this machine: of several volumes the first.

    A mag that cannot be read is passed over for a coarser one; if it `refuses`, so is one of which
    files are missing, which else are zeros.

    Raises
    ------
    SourceError
        If no mag that is small enough can be read; the words are those of the first one.
    """
    layer = existing.layer
    mags = {one.mag: one for one in existing.mags}
    grids = [grid_of(layer, mag) for mag in mags]
    faults: list[SourceError] = []
    for grid, box in choose(grids, layer.voxel_bytes, edge=edge, most=most):
        try:
            volume = _read(dataset, layer, mags[grid.mag], grid, box, refuses=refuses)
        except SourceError as fault:
            faults.append(fault)
        else:
            return Voxels(volume, grid.mag, box, box == grid.box)
    raise faults[0] if faults else SourceError("has no mags", layer.name, "Add some.")


def _read(
    dataset: Path, layer: Layer, mag: ExistingMag, grid: Grid, box: Box, *, refuses: bool
) -> NDArray[Any]:
    misses = "refuse" if refuses else "zeros"
    given = StoredMag(str(dataset), _place(dataset, mag), layer.data_format, mag.axes, misses)
    files = LocalFiles(dataset)
    try:
        return open_mag(files, given, layer, grid).region(0)(box).T
    finally:
        files.close()


def _place(dataset: Path, mag: ExistingMag) -> str:
    there = [path for path in mag.paths if "://" not in path and (dataset / path).is_dir()]
    if not there:
        raise SourceError(f"mag {mag.mag} is not on this machine", mag.paths[0], "Copy it here.")
    return there[0]
