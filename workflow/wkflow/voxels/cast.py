"""Voxels in another dtype: as they are, or not at all."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wkflow.errors import SourceError
from wkflow.formats.contract import ReadBox, Voxels
from wkflow.model.box import Box


def is_of_fractions(low: float, high: float) -> bool:
    """Whether values lie so close together that whole numbers cannot be meant.

    >>> is_of_fractions(0.0, 1.0), is_of_fractions(-1, 1), is_of_fractions(0, 255.0)
    (True, True, False)
    """
    return high - low <= 1 or (low >= -1 and high <= 1)


def fractions_refused(low: float, high: float, dtype: str, where: str) -> SourceError:
    """Say that rounding would leave next to nothing of fractions."""
    return SourceError(
        f"holds fractions, and as {dtype} only {low:g} to {high:g} would be left of them",
        where,
        "Leave --dtype out, or give --window LOW,HIGH: else values are rounded, never scaled.",
    )


def check_sample(samples: Sequence[Voxels], dtype: str, where: str) -> None:
    """Refuse values of a few places that do not fit into `dtype`, or have no meaning in it.

    Raises
    ------
    SourceError
        As jobs do for all values, but before anything is written.
    """
    target = np.dtype(dtype)
    some = [one for one in samples if one.size]
    for one in some:
        if one.dtype != target:
            _require_fit(one, target, where)
    if not some or some[0].dtype.kind != "f" or target.kind == "f":
        return
    low, high = min(one.min().item() for one in some), max(one.max().item() for one in some)
    has_fractions = any(bool(np.any(one != np.rint(one))) for one in some)
    if has_fractions and is_of_fractions(low, high):
        raise fractions_refused(round(low), round(high), dtype, where)


def casting(
    region: ReadBox, dtype: str, where: str, rounded: Callable[[], None] | None = None
) -> ReadBox:
    """Give a function that does what `region` does, in voxels of `dtype`.

    Values stay what they are: fractions are rounded (to even, where they lie between), float64
    to the next float32; nothing is scaled, and nothing wraps. `rounded` is
    called when there were fractions.

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
            whole = np.rint(voxels)
            if rounded and not np.array_equal(whole, voxels):
                rounded()
            voxels = whole
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
            "Choose a larger --dtype, or give --window: else nothing is scaled nor cut off.",
        )


def _is_finite(low: float, high: float) -> bool:
    return math.isfinite(low) and math.isfinite(high)


def _fits_integer(low: int, high: int, target: np.dtype[Any]) -> bool:
    """Compare as Python's integers, which have no limits."""
    limits = np.iinfo(target)
    return int(limits.min) <= low and high <= int(limits.max)
