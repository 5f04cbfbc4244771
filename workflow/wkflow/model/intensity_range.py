"""The values of a color layer that are shown black and white at first."""

import math
from dataclasses import dataclass

from wkflow.model.source import Window

AUTO, FULL = "auto", "full"
"""Contrast by the file, else by percentiles; or from the smallest to the largest value."""


@dataclass(frozen=True, slots=True)
class IntensityRange:
    """The values shown black and white, None where WEBKNOSSOS shall choose; `evidence` says why.

    `is_asked` says that an option names them; `lost` are the receipts of slabs whose histograms
    are lost.
    """

    window: Window | None
    evidence: str
    is_asked: bool = False
    lost: tuple[str, ...] = ()


def parse_window(text: str) -> Window:
    """Read LOW,HIGH.

    Raises
    ------
    ValueError
        If that is no such pair.

    >>> parse_window("-1000, 2.5e3")
    (-1000.0, 2500.0)
    """
    low, high = map(float, text.split(","))
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError("LOW is not below HIGH")
    return low, high


def known_range(contrast: str, stated: Window | None) -> IntensityRange | None:
    """Give the range that needs no voxels: an option's, else the one that the file states.

    None where the voxels decide; a file that states nothing, or an empty range, leaves it to them.
    """
    if contrast not in {AUTO, FULL}:
        return IntensityRange(parse_window(contrast), "asked for", is_asked=True)
    if contrast == AUTO and stated and stated[0] < stated[1]:
        return IntensityRange(stated, "stated by the file")
    return None
