"""Lengths in pictures: a bar of a round length, and how pictures of one volume lie together."""

import math
from dataclasses import dataclass

from wkflow.model.units import NANOMETERS, shown_length

LONGEST_SHARE = 0.34
"""Of a picture's width that a bar takes, at most."""

ROUND = (5.0, 2.0, 1.0)


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A bar: its share of the picture's width, and its length in words."""

    share: float
    length: str


def scale_bar(width: float, unit: str) -> ScaleBar:
    """Give the longest bar of 1, 2 or 5 times a power of ten that is at most a third of a picture.

    Parameters
    ----------
    width
        What the picture shows from left to right, in `unit`.
    unit
        The full name of a unit of length.

    Examples
    --------
    >>> scale_bar(10000, "nanometer")
    ScaleBar(share=0.2, length='2 µm')
    """
    nanometers = width * NANOMETERS[unit]
    most = nanometers * LONGEST_SHARE
    power = 10.0 ** math.floor(math.log10(most))
    length = next(power * factor for factor in ROUND if power * factor <= most * (1 + 1e-9))
    return ScaleBar(length / nanometers, shown_length(length))
