"""One layer on the page: its pictures, its histogram, its mags, and what looks wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from wkflow.errors import WkflowError
from wkflow.model.datasource_properties import ExistingLayer
from wkflow.model.layer import Layer
from wkflow.report.display_window import Window, window_of
from wkflow.report.histogram import Drawing, Histogram, draw, histogram_of
from wkflow.report.pictures import Picture, data_uri, labelled, shown
from wkflow.report.planes import Plane, Voxels, grid_of, read_voxels
from wkflow.report.scale_bar import ScaleBar, scale_bar

STRIP_EDGE = 224
"""Of a slice of the strip, in voxels."""

THIN, LONG = 16, 4
"""A volume so many times flatter than wide, or so many times deeper, is not drawn to scale in z."""

COARSE = 200
"""Pixels across, below which each is shown as a square."""

NAMED = 12
"""Slices that are named of those that look wrong."""


@dataclass(frozen=True, slots=True)
class Pane:
    """One picture: `width` and `height` are what it shows, in the unit of the voxel size.

    `cross` is where the two other planes cut it, as shares of width and height; `bar` is the scale;
    `is_coarse` says that it has so few pixels that each should be seen.
    """

    uri: str = field(repr=False)
    title: str
    place: str
    alt: str
    width: float
    height: float
    cross: tuple[float, float]
    bar: ScaleBar
    is_coarse: bool


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice of the strip, or one that looks wrong, and its numbers in mag 1."""

    uri: str = field(repr=False)
    z: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Slices that look wrong: what is wrong with them, and pictures of the first ones."""

    what: str
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class Pictures:
    """All that is drawn of one layer; `stretch` is how many times too long z is in the panes."""

    mag: str
    box: str
    is_whole: bool
    panes: tuple[Pane, ...]
    stretch: float
    strip: tuple[Slice, ...]
    window: Window | None
    histogram: Histogram | None
    drawing: Drawing | None
    over: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class MagRow:
    """One mag of the pyramid; `stored` and `files` are None where nobody counted them."""

    name: str
    size: tuple[int, int, int]
    voxel: tuple[float, float, float]
    voxels: int
    raw: int
    stored: int | None
    files: int | None

    @property
    def ratio(self) -> float | None:
        """Bytes of voxels for each byte that is stored."""
        return self.raw / self.stored if self.stored else None


def mag_rows(
    existing: ExistingLayer,
    voxel_size: tuple[float, float, float],
    stored: Mapping[str, tuple[int, int]],
) -> list[MagRow]:
    """List the mags of a layer; `stored` has files and bytes by the folder of a mag."""
    rows = []
    for one in existing.mags:
        grid = grid_of(existing.layer, one.mag)
        voxels = grid.box.voxels * existing.layer.frames
        x, y, z = (size * factor for size, factor in zip(voxel_size, one.mag.factors, strict=True))
        files, size = next((stored[path] for path in one.paths if path in stored), (None, None))
        raw = voxels * existing.layer.voxel_bytes
        rows.append(MagRow(str(one.mag), grid.box.size, (x, y, z), voxels, raw, size, files))
    return rows


@dataclass(frozen=True, slots=True)
class Drawer:
    """Draws the layers of one dataset.

    `most` bounds the bytes of voxels that are read of each, `longest` the pixels along each edge of
    a picture; `refuses` says that all files of the dataset have to be there.
    """

    dataset: Path
    layers: tuple[ExistingLayer, ...]
    voxel_size: tuple[float, float, float]
    unit: str
    longest: int
    most: int
    refuses: bool

    def draw(
        self, existing: ExistingLayer, description: Mapping[str, Any], evidence: str = ""
    ) -> Pictures:
        """Read and draw a layer; `description` is its entry in the properties.

        `evidence` says why its intensity range is what it is, where that is known.

        Raises
        ------
        SourceError
            If no mag that is small enough can be read.
        """
        voxels = self._read(existing)
        layer, view = existing.layer, dict(description.get("defaultViewConfiguration") or {})
        is_labels = layer.category == "segmentation"
        below = self._below(voxels) if is_labels else None
        paint = _Paint(is_labels, None if is_labels else window_of(view, voxels.volume, evidence),
                       _colour(view), below)  # fmt: skip
        histogram = None if is_labels else histogram_of(voxels.volume)
        stretch = self._stretch(voxels)
        return Pictures(
            mag=str(voxels.mag),
            box=" x ".join(map(str, voxels.box.size)),
            is_whole=voxels.is_whole,
            panes=self._panes(layer, voxels, paint, stretch),
            stretch=stretch,
            strip=tuple(_slice(voxels, place, paint) for place, _ in voxels.slices()),
            window=paint.window,
            histogram=histogram,
            drawing=draw(histogram, paint.window) if histogram and paint.window else None,
            over=below[0] if below else "",
            findings=tuple(_findings(voxels, paint)),
        )

    def _read(self, existing: ExistingLayer) -> Voxels:
        return read_voxels(self.dataset, existing, most=self.most, refuses=self.refuses)

    def _below(self, labels: Voxels) -> tuple[str, Voxels, Window] | None:
        """Give the first image that lies where the labels do, voxel for voxel."""
        for one in self.layers:
            if one.layer.category == "segmentation" or one.mag(labels.mag) is None:
                continue
            if grid_of(one.layer, labels.mag).box.begin != labels.box.begin:
                continue
            try:
                voxels = self._read(one)
            except WkflowError:
                continue
            if (voxels.mag, voxels.box) == (labels.mag, labels.box):
                return one.layer.name, voxels, window_of({}, voxels.volume)
        return None

    def _extent(self, voxels: Voxels) -> tuple[float, float, float]:
        """Give the lengths of what is shown along x, y and z."""
        sizes = zip(voxels.box.size, voxels.mag.factors, self.voxel_size, strict=True)
        x, y, z = (size * factor * length for size, factor, length in sizes)
        return x, y, z

    def _stretch(self, voxels: Voxels) -> float:
        """Say how many times z is stretched, so that few slices are seen, and many leave room."""
        x, y, z = self._extent(voxels)
        wide = max(x, y)
        return max(1.0, round(wide / THIN / z)) / max(1.0, round(z / LONG / wide))

    def _panes(
        self, layer: Layer, voxels: Voxels, paint: "_Paint", stretch: float
    ) -> tuple[Pane, ...]:
        x, y, z = self._extent(voxels)
        z *= stretch
        at, size = voxels.middle, voxels.box.size
        cross = [(a + 0.5) / s for a, s in zip(at, size, strict=True)]
        where = voxels.finest_middle
        kinds = (
            ("XY", f"z = {where[2]}", "xy", (x, y), (cross[0], cross[1])),
            ("YZ", f"x = {where[0]}", "yz", (z, y), (cross[2], cross[1])),
            ("XZ", f"y = {where[1]}", "xz", (x, z), (cross[0], cross[2])),
        )
        panes = []
        for title, place, name, extent, crossing in kinds if size[2] > 1 else kinds[:1]:
            real = extent[0] / (stretch if name == "yz" else 1)
            picture = paint.plane(voxels, name)
            uri = data_uri(picture, longest=self.longest, is_labels=paint.is_plain)
            panes.append(Pane(
                uri, title, place,
                f"Layer {layer.name}, {title} plane through the middle, {place}, mag {voxels.mag}",
                *extent, crossing, scale_bar(real, self.unit), max(size[:2]) < COARSE,
            ))  # fmt: skip
        return tuple(panes)


@dataclass(frozen=True, slots=True)
class _Paint:
    """How planes of one layer become pictures."""

    is_labels: bool
    window: Window | None
    colour: tuple[int, int, int]
    below: tuple[str, Voxels, Window] | None

    @property
    def is_plain(self) -> bool:
        """Whether pictures show labels alone."""
        return self.is_labels and self.below is None

    def plane(self, voxels: Voxels, name: str) -> Picture:
        """Paint one of the three planes."""
        below = getattr(self.below[1], name) if self.below else None
        return self.paint(getattr(voxels, name), below)

    def paint(self, plane: Plane, below: Plane | None = None) -> Picture:
        if self.window is not None:
            return shown(plane, self.window, self.colour)
        if below is None or self.below is None:
            return labelled(plane)
        return labelled(plane, shown(below, self.below[2]))


def _slice(voxels: Voxels, place: int, paint: _Paint) -> Slice:
    below = paint.below[1].volume[place] if paint.below else None
    picture = paint.paint(voxels.volume[place], below)
    first, last = voxels.finest_z(place)
    uri = data_uri(picture, longest=STRIP_EDGE, is_labels=paint.is_plain)
    return Slice(uri, f"{first}" if first == last else f"{first}–{last}")  # noqa: RUF001 -- a range


def _colour(view: Mapping[str, Any]) -> tuple[int, int, int]:
    stated = view.get("color")
    if isinstance(stated, list) and len(stated) == 3:
        red, green, blue = (min(max(int(part), 0), 255) for part in stated)
        return red, green, blue
    return 255, 255, 255


def _findings(voxels: Voxels, paint: _Paint) -> list[Finding]:
    """Look for slices of one value only, and for those that repeat the one before."""
    planes = voxels.volume.reshape(len(voxels.volume), -1)
    lowest, highest = planes.min(axis=1), planes.max(axis=1)
    blank = np.flatnonzero(lowest == highest)
    same = [z for z in range(1, len(planes)) if np.array_equal(planes[z], planes[z - 1])]
    repeated = np.setdiff1d(same, blank)
    found = [("hold one value only", blank), ("repeat the slice before them", repeated)]
    return [
        Finding(
            f"{len(places)} of {len(planes)} slices of mag {voxels.mag} {what}",
            tuple(_slice(voxels, int(place), paint) for place in places[:NAMED]),
        )
        for what, places in found
        if len(places)
    ]
