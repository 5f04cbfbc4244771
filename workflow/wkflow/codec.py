"""How chunks are compressed, as `--compression` spells it."""

from dataclasses import dataclass
from typing import Self

from wkflow.errors import ConfigError

LEVELS = {"zstd": range(-7, 23), "gzip": range(10), "none": range(1)}
"""The codecs that WEBKNOSSOS reads in zarr3, and their levels."""


@dataclass(frozen=True, slots=True)
class Codec:
    """A compressor and its level.

    >>> print(Codec.parse("zstd:3"))
    zstd:3
    """

    name: str
    level: int

    def __str__(self) -> str:
        return f"{self.name}:{self.level}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `zstd:5`, `gzip:6` or `none`.

        Raises
        ------
        ConfigError
            If the codec or the level does not exist.
        """
        name, _, level = text.partition(":")
        levels = LEVELS.get(name, range(0))
        number = level or "0"
        if not number.removeprefix("-").isdecimal() or int(number) not in levels:
            known = ", ".join(
                f"{n}:{r[0]}..{r[-1]}" if len(r) > 1 else n for n, r in LEVELS.items()
            )
            raise ConfigError(
                f"{text!r} is no compression", "compression", f"Choose one of {known}."
            )
        return cls(name, int(number))


DEFAULT_COLOR = Codec("zstd", 4)
"""The fastest level within 2 % of level 5 on all images tried (`tests/benchmarks/codecs.py`)."""

DEFAULT_SEGMENTATION = Codec("zstd", 5)
"""On label volumes level 4 is 3 to 15 % larger, level 3 up to 24 %."""
