"""Voxels in another dtype: as they are, or not at all."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.box import Box
from wkflow.errors import SourceError

Voxels = NDArray[np.generic]
Region = Callable[[Box], Voxels]


def casting(region: Region, dtype: str, where: str) -> Region:
    """Give a function that does what `region` does, in voxels of `dtype`.

    Values stay what they are: fractions are rounded (to even, where they lie between), float64
    to the next float32; nothing is scaled, and nothing wraps.

    Raises
    ------
    SourceError
        When it is called and a value does not fit, NaN included; `where` names the layer's file.
    """
    target = np.dtype(dtype)

    def cast(box: Box) -> Voxels:
        voxels = region(box)
        if voxels.dtype == target:
            return voxels
        _require_fit(voxels, target, where)
        if voxels.dtype.kind == "f" and target.kind != "f":
            voxels = np.rint(voxels)
        return voxels.astype(target)

    return cast


def _require_fit(voxels: Voxels, target: np.dtype[Any], where: str) -> None:
    low, high = voxels.min().item(), voxels.max().item()
    if target.kind == "f":
        limits = np.finfo(target)
        if not _is_finite(low, high):  # they stay what they are; all others have to fit
            finite = voxels[np.isfinite(voxels)]
            low, high = (finite.min().item(), finite.max().item()) if finite.size else (0, 0)
        fits = limits.min.item() <= low and high <= limits.max.item()
    else:
        fits = _is_finite(low, high) and _fits_integer(round(low), round(high), target)
    if not fits:
        raise SourceError(
            f"holds values from {low} to {high} here, which do not all fit into {target}",
            where,
            "Choose a larger --dtype; values are neither scaled nor cut off.",
        )


def _is_finite(low: float, high: float) -> bool:
    return math.isfinite(low) and math.isfinite(high)


def _fits_integer(low: int, high: int, target: np.dtype[Any]) -> bool:
    """Compare as Python's integers, which have no limits."""
    limits = np.iinfo(target)
    return int(limits.min) <= low and high <= int(limits.max)
