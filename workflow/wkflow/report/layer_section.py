"""One layer on the page: its pictures, its histogram, its mags, and what looks wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wkflow.errors import WkflowError
from wkflow.model.datasource_properties import ExistingLayer
from wkflow.model.layer import Layer
from wkflow.report.display_window import Window, window_of
from wkflow.report.findings import Finding, find_doubtful, find_odd_slices
from wkflow.report.histogram import Bars, Drawing, bars_of, draw
from wkflow.report.layer_values import LayerValues
from wkflow.report.paint import Paint, Slice
from wkflow.report.pictures import data_uri
from wkflow.report.planes import Voxels, grid_of, read_voxels
from wkflow.report.scale_bar import ScaleBar, scale_bar

THIN, LONG = 16, 4
"""A volume so many times flatter than wide, or so many times deeper, is not drawn to scale in z."""

COARSE = 200
"""Pixels across, below which each is shown as a square."""


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
class Pictures:
    """All that is drawn of one layer; `stretch` is how many times too long z is in the panes."""

    mag: str
    box: str
    is_whole: bool
    panes: tuple[Pane, ...]
    stretch: float
    strip: tuple[Slice, ...]
    window: Window | None
    bars: Bars | None
    drawing: Drawing | None
    counted: str
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
        self,
        existing: ExistingLayer,
        description: Mapping[str, Any],
        values: LayerValues | None = None,
        doubtful: Iterable[tuple[str, Sequence[int]]] = (),
    ) -> Pictures:
        """Read and draw a layer; `description` is its entry in the properties.

        `values` were counted while it was converted; else those are counted that are read here.
        `doubtful` says of slices, by z in mag 1, what else one should look at them for.

        Raises
        ------
        SourceError
            If no mag that is small enough can be read.
        """
        voxels = self._read(existing)
        layer, view = existing.layer, dict(description.get("defaultViewConfiguration") or {})
        is_labels = layer.category == "segmentation"
        below = self._below(voxels) if is_labels else None
        values, bars, window = None if is_labels else _values(voxels, values), None, None
        if values and values.counted.histogram:
            bars = bars_of(values.counted.histogram, values.counted.ends)
            window = window_of(view, values, layer.channels)
        paint = Paint(is_labels, window, _colour(view), below)
        stretch = self._stretch(voxels)
        return Pictures(
            mag=str(voxels.mag),
            box=" x ".join(map(str, voxels.box.size)),
            is_whole=voxels.is_whole,
            panes=self._panes(layer, voxels, paint, stretch),
            stretch=stretch,
            strip=tuple(paint.slice(voxels, place) for place, _ in voxels.slices()),
            window=window,
            bars=bars,
            drawing=draw(bars, window) if bars and window else None,
            counted=values.of if values else "",
            over=below[0] if below else "",
            findings=(*find_doubtful(voxels, paint, doubtful), *find_odd_slices(voxels, paint)),
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
                return one.layer.name, voxels, window_of({}, _values(voxels), one.layer.channels)
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
        self, layer: Layer, voxels: Voxels, paint: Paint, stretch: float
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


def _values(voxels: Voxels, counted: LayerValues | None = None) -> LayerValues:
    """Give the values that were counted, or count those that were read."""
    if counted and counted.counted.histogram:
        return counted
    evidence = counted.evidence if counted else ""
    return LayerValues.of_voxels(voxels.volume, str(voxels.mag), evidence)


def _colour(view: Mapping[str, Any]) -> tuple[int, int, int]:
    stated = view.get("color")
    if isinstance(stated, list) and len(stated) == 3:
        red, green, blue = (min(max(int(part), 0), 255) for part in stated)
        return red, green, blue
    return 255, 255, 255
