"""How chunks are compressed, as `--compression` spells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from wkflow.errors import ConfigError
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.layer import Layer


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
    def parse(cls, text: str, data_format: str | None = None) -> Self:
        """Read `zstd:5`, `gzip:6` or `none`; for any format, or for one.

        Raises
        ------
        ConfigError
            If the codec or the level does not exist, or not in that format.
        """
        name, _, level = text.partition(":")
        number = level or "0"
        names = DATA_FORMATS if data_format is None else (data_format,)
        known = [DATA_FORMATS[one].levels for one in names]
        is_number = number.removeprefix("-").isdecimal()
        if not is_number or not any(int(number) in one.get(name, ()) for one in known):
            where = f" in {data_format}" if data_format else ""
            raise ConfigError(
                f"{text!r} is no compression{where}", "compression", f"Choose {_spell(known)}."
            )
        return cls(name, int(number))


def _spell(known: list[Mapping[str, range]]) -> str:
    """List what may be chosen, each codec once."""
    levels = {name: one[name] for one in known for name in one}
    spelled = [f"{n}:{r[0]}..{r[-1]}" if len(r) > 1 else n for n, r in levels.items()]
    return f"one of {', '.join(spelled)}" if len(spelled) > 1 else spelled[0]


UNCOMPRESSED = Codec("none", 0)

DEFAULT_COLOR = Codec("zstd", 4)
"""The fastest level within 2 % of level 5 on all images tried (`tests/benchmarks/codecs.py`)."""

DEFAULT_SEGMENTATION = Codec("zstd", 5)
"""On label volumes level 4 is 3 to 15 % larger, level 3 up to 24 %."""


def default_codec(layer: Layer, *, compress: bool = True) -> Codec:
    """Give the codec of a layer that no option names.

    >>> print(default_codec(Layer("em", "color", "uint8", 1, (9, 9, 9), data_format="wkw")))
    lz4hc:9
    """
    if not compress:
        return UNCOMPRESSED
    if text := DATA_FORMATS[layer.data_format].codec:
        return Codec.parse(text)
    return DEFAULT_SEGMENTATION if layer.category == "segmentation" else DEFAULT_COLOR
