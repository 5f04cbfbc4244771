"""The magnification: how many of the finest voxels one voxel spans."""

from dataclasses import dataclass
from typing import Any, Self

from wkflow.errors import ConfigError
from wkflow.model.box import Triple


@dataclass(frozen=True, slots=True, order=True)
class Mag:
    """Finest-level voxels that one voxel spans, along x, y and z.

    >>> Mag.parse("4-4-2")
    Mag(x=4, y=4, z=2)
    >>> f"{Mag(2, 2, 2)} then {Mag(4, 4, 2)}"
    '2 then 4-4-2'
    """

    x: int
    y: int
    z: int

    def __post_init__(self) -> None:
        if any(factor < 1 or factor.bit_count() != 1 for factor in self.factors):
            raise ConfigError(
                f"magnification {self} has a factor that is no power of two",
                "max_mag",
                "Use 1, 2, 4, 8 ... for all axes (4) or for each of x, y and z (4-4-2).",
            )

    def __str__(self) -> str:
        return name_of(self.factors)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `4` or `4-4-2`.

        Raises
        ------
        ConfigError
            If `text` is neither, or a factor is no power of two.
        """
        parts = text.split("-")
        if len(parts) not in {1, 3} or not all(
            part.isdecimal() and len(part) < 10 for part in parts
        ):
            raise ConfigError(
                f"{text!r} is no magnification", "max_mag", "Write one number (4) or three (4-4-2)."
            )
        x, y, z = (int(part) for part in (parts if len(parts) == 3 else parts * 3))
        return cls(x, y, z)

    @property
    def factors(self) -> Triple:
        """The three factors as a tuple (x, y, z)."""
        return self.x, self.y, self.z

    @property
    def largest(self) -> int:
        """The largest factor: what WEBKNOSSOS tells the mags of a layer apart by."""
        return max(self.factors)

    def is_over(self, finer: "Mag") -> bool:
        """Whether this mag is at least as coarse as `finer` along every axis."""
        return all(m >= f for m, f in zip(self.factors, finer.factors, strict=True))

    def over(self, finer: "Mag") -> Triple:
        """How many voxels of `finer` one voxel of this mag spans along x, y and z."""
        return self.x // finer.x, self.y // finer.y, self.z // finer.z


def factors_from(stated: Any) -> Triple:  # noqa: ANN401 -- JSON: a number or three
    """Read factors along x, y and z: of datasets that others made they may be any.

    >>> factors_from(2), factors_from([3, 3, 1])
    ((2, 2, 2), (3, 3, 1))
    """
    x, y, z = [stated] * 3 if isinstance(stated, int) else map(int, stated)
    return x, y, z


def name_of(factors: Triple) -> str:
    """Spell factors as folders are called.

    >>> name_of((2, 2, 2)), name_of((3, 3, 1))
    ('2', '3-3-1')
    """
    return str(factors[0]) if len(set(factors)) == 1 else "-".join(map(str, factors))
