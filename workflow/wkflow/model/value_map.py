"""How values of the source become those of a layer: a window, which may be turned round."""

from dataclasses import asdict, dataclass, replace
from typing import Any

TOP = {"uint8": 2**8 - 1, "uint16": 2**16 - 1}
"""What a window is mapped to: from 0 to the largest number of these dtypes."""

Ends = tuple[int | float, int | float]
"""The lowest and the highest value of a window; whole numbers of any size are exact."""


@dataclass(frozen=True, slots=True)
class ValueMap:
    """Values from the lower end of `window` to the upper one become 0 to the largest of the dtype.

    Without a window values stay; `is_auto` says that it is chosen from the voxels, by jobs, and
    `evidence` why it is that. `invert` makes the darkest value the brightest: of unsigned dtypes
    the largest number less the value, of signed ones -1 less the value.
    """

    window: Ends | None = None
    is_auto: bool = False
    invert: bool = False
    evidence: str = "asked for"

    @property
    def scales(self) -> bool:
        """Whether there is a window, known or not."""
        return self.is_auto or self.window is not None


@dataclass(frozen=True, slots=True)
class MappedValues:
    """What a job mapped: by which window, and how many samples it did not hold.

    `below` and `above` are those that were clipped; `nan` are not a number, and became 0.
    `evidence` says why it was that window.
    """

    window: Ends | None = None
    below: int = 0
    above: int = 0
    nan: int = 0
    evidence: str = ""

    def __add__(self, other: "MappedValues") -> "MappedValues":
        """Count the samples of two jobs, by the window of the first."""
        below, above = self.below + other.below, self.above + other.above
        return replace(self, below=below, above=above, nan=self.nan + other.nan)


def values_told(values: ValueMap | None) -> list[dict[str, Any]]:
    """Give what a recipe has of values that become others: nothing where they stay."""
    return [asdict(values)] if values else []
