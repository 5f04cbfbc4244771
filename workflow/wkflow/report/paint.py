"""How planes and slices of a layer become pictures."""

from dataclasses import dataclass, field

from wkflow.report.display_window import Window
from wkflow.report.pictures import Picture, data_uri, labelled, shown
from wkflow.report.planes import Plane, Voxels

STRIP_EDGE = 224
"""Of a slice of the strip, in voxels."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice of the strip, or one that looks wrong, and its numbers in mag 1."""

    uri: str = field(repr=False)
    z: str


@dataclass(frozen=True, slots=True)
class Paint:
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

    def slice(self, voxels: Voxels, place: int) -> Slice:
        """Paint a slice of the volume, by its place there."""
        below = self.below[1].volume[place] if self.below else None
        picture = self.paint(voxels.volume[place], below)
        first, last = voxels.finest_z(place)
        uri = data_uri(picture, longest=STRIP_EDGE, is_labels=self.is_plain)
        return Slice(uri, f"{first}" if first == last else f"{first}–{last}")  # noqa: RUF001 -- a range
