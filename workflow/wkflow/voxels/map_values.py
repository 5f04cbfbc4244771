"""Values through a window, exactly: each sample by its value alone, by one table or one threshold.

A value `v` becomes the whole number next to `(v - LOW) * TOP / (HIGH - LOW)`, computed as a
fraction of whole numbers, to even where it lies between two; what lies beyond is clipped. `TOP` is
the largest number of the new dtype. With `invert` that is taken from `TOP` afterwards.
"""

import math
from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.formats.contract import ReadBox, Voxels
from wkflow.model.box import Box
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.value_map import TOP, Ends, MappedValues, ValueMap

AT_ONCE = 2**16
"""Samples that are compared at once: they stay in the cache."""


class ValueMapper:
    """Maps samples of one dtype to another, and counts what the window does not hold.

    NaN becomes 0; infinities are clipped as all that lies beyond.

    >>> mapper = ValueMapper(ValueMap((100, 355)), "uint16", "uint8")
    >>> mapper.apply(np.array([99, 100, 227, 500], np.uint16)).tolist()
    [0, 0, 127, 255]
    >>> mapper.counted
    MappedValues(window=(100, 355), below=1, above=1, nan=0, evidence='asked for')
    """

    def __init__(self, values: ValueMap, source: str, dtype: str) -> None:
        self._values, self._source, self._target = values, np.dtype(source), np.dtype(dtype)
        self._top = TOP.get(dtype, 0)
        self.counted = MappedValues(values.window, evidence=values.evidence)
        self._lock = Lock()

    def mapping(self, region: ReadBox) -> ReadBox:
        """Give a function that does what `region` does, in mapped voxels (c, x, y, z)."""

        def mapped(box: Box) -> Voxels:
            return self.apply(region(box).T).T

        return mapped

    def apply(self, voxels: Voxels) -> Voxels:
        """Map samples, in any shape; may be called from several threads."""
        if self._values.window is None:
            turned: Voxels = np.invert(voxels)
            return turned
        out = np.empty(voxels.shape, self._target)
        counts = np.zeros(3, np.int64)
        planes = zip(voxels, out, strict=True) if voxels.ndim > 1 else [(voxels, out)]
        with np.errstate(all="ignore"):  # of NaN and infinities
            for plane, target in planes:
                samples, mapped = np.ascontiguousarray(plane).reshape(-1), target.reshape(-1)
                for begin in range(0, samples.size, AT_ONCE):
                    some = slice(begin, begin + AT_ONCE)
                    counts += self._map(samples[some], mapped[some])
        below, above, nan = counts.tolist()
        with self._lock:
            self.counted += MappedValues(None, below, above, nan)
        return out

    def _map(self, samples: NDArray[Any], out: NDArray[Any]) -> tuple[int, int, int]:
        """Map samples into `out`; give how many lie below, above, and are not a number."""
        if self._source.itemsize <= 2:
            out[...] = self._table[samples.view(f"u{self._source.itemsize}")]
            return self._beyond(samples)
        levels, below, above, nan = self._levels(samples)
        out[...] = self._turned(levels)
        if nan:
            out[np.isnan(samples)] = 0
        return below, above, nan

    def _turned(self, levels: NDArray[np.intp]) -> NDArray[np.intp]:
        return self._top - levels if self._values.invert else levels

    # samples of 8 and 16 bits: all their values stand in a table

    @cached_property
    def _patterns(self) -> NDArray[Any]:
        """All values of the dtype, in the order of their bits."""
        bits = self._source.itemsize * 8
        return np.arange(2**bits, dtype=f"u{self._source.itemsize}").view(self._source)

    @cached_property
    def _table(self) -> NDArray[Any]:
        with np.errstate(all="ignore"):
            values = self._patterns.astype(np.float64)
        levels = np.searchsorted(self._thresholds, values, side="right")
        table = self._turned(levels).astype(self._target)
        table[np.isnan(values)] = 0
        return table

    @cached_property
    def _bounds(self) -> tuple[Any, Any]:
        """The smallest and the largest value of the dtype that the window holds."""
        low, high = self._window
        with np.errstate(all="ignore"):
            values = self._patterns.astype(np.float64)
        held = self._patterns[(values >= low) & (values <= high)]
        return (held.min(), held.max()) if held.size else (None, None)

    def _beyond(self, samples: NDArray[Any]) -> tuple[int, int, int]:
        least, largest = self._bounds
        if least is None:  # the window lies between two neighbours, or beyond
            samples, (least, largest) = samples.astype(np.float64), self._window
        nan = int(np.count_nonzero(np.isnan(samples))) if self._source.kind == "f" else 0
        below, above = np.count_nonzero(samples < least), np.count_nonzero(samples > largest)
        return int(below), int(above), nan

    # others: a first guess, set right by the exact thresholds on both sides of it

    @property
    def _window(self) -> Ends:
        if self._values.window is None:
            raise ValueError("there is no window")
        return self._values.window

    @cached_property
    def _thresholds(self) -> NDArray[Any]:
        """For each level above 0 the smallest value that reaches it, ascending."""
        if self._source.kind in "iu" and self._source.itemsize > 4:
            limits = np.iinfo(self._source)
            least = (max(one, int(limits.min)) for one in _least(self._window, self._top, int))
            some = [one for one in least if one <= int(limits.max)]
            return np.array(some, self._source)
        return np.array(list(_least(self._window, self._top, float)))

    @cached_property
    def _between(self) -> NDArray[np.float64]:
        return np.concatenate([[-np.inf], self._thresholds, [np.nan]])  # no value is beyond the top

    def _levels(self, samples: NDArray[Any]) -> tuple[NDArray[np.intp], int, int, int]:
        """Give the levels of samples, and how many lie below, above, and are not a number."""
        low, high = self._window
        if self._source.kind in "iu" and self._source.itemsize > 4:
            limits = np.iinfo(self._source)
            first, last = math.ceil(low), math.floor(high)
            is_below = np.zeros(0) if first <= limits.min else samples < min(first, limits.max)
            is_above = np.zeros(0) if last >= limits.max else samples > max(last, limits.min)
            levels = np.searchsorted(self._thresholds, samples, side="right")
            return levels, int(is_below.sum()), int(is_above.sum()), 0
        values = samples.astype(np.float64)
        below = int(np.count_nonzero(values < low))
        above = int(np.count_nonzero(values > high))
        nan = int(np.count_nonzero(np.isnan(values))) if self._source.kind == "f" else 0
        scale = self._scale
        if scale is None:
            return np.searchsorted(self._thresholds, values, side="right"), below, above, nan
        guess = (values - low) * scale
        np.rint(guess, out=guess)
        np.clip(guess, 0, self._top, out=guess)
        if nan:
            guess[np.isnan(guess)] = 0
        levels = guess.astype(np.intp)
        edges = self._between
        is_more, is_less = values >= edges[levels + 1], values < edges[levels]
        levels += is_more
        levels -= is_less
        return levels, below, above, nan

    @cached_property
    def _scale(self) -> float | None:
        """Levels to each unit of value, if a float64 holds it: then a guess is off by one at most.

        Difference and product are each rounded to a part in 2**53, of at most 2**16 levels.
        """
        low, high = map(float, self._window)
        width = high - low
        scale = self._top / width if math.isfinite(width) and width else 0.0
        is_sound = math.isfinite(scale) and scale >= np.finfo(np.float64).tiny
        return scale if is_sound and (low, high) == self._window else None


def _least(window: Ends, top: int, kind: type) -> Any:  # noqa: ANN401 -- a generator of floats or of ints
    """Give for each level from 1 to `top` the smallest value, of a kind, that becomes it or more.

    Half way between two levels a value becomes the even one.
    """
    (a, c), (b, d) = (end.as_integer_ratio() for end in window)
    low, width, under = a * d, b * c - a * d, c * d
    parts = 2 * top * under
    for level in range(1, top + 1):
        whole = 2 * top * low + (2 * level - 1) * width
        reaches = level % 2 == 0
        if kind is int:
            yield -(-whole // parts) if reaches else whole // parts + 1
            continue
        near = whole / parts  # Python rounds the quotient of whole numbers once
        n, m = near.as_integer_ratio()
        is_enough = n * parts > whole * m or (reaches and n * parts == whole * m)
        yield near if is_enough else math.nextafter(near, math.inf)


def blank_value(values: ValueMap | None, source: str) -> Any:  # noqa: ANN401 -- a scalar of any dtype
    """Give what stands, in the dtype of the source, for no image: it becomes 0.

    Where no value becomes 0, because the window begins below all of them, the darkest is given.
    Until a window is chosen it is 0.

    >>> blank_value(None, "uint8"), blank_value(ValueMap(invert=True), "uint8")
    (0, 255)
    >>> blank_value(ValueMap((-100, 900)), "int16"), blank_value(ValueMap((300, 900)), "int16")
    (-100, 300)
    """
    dtype = np.dtype(source)
    if values is None or (values.scales and values.window is None):
        return 0
    if values.window is None:
        return int(np.invert(dtype.type(0)))
    low, high = values.window
    end = high if values.invert else low
    if dtype.kind == "f":
        limits = np.finfo(dtype)
        return min(max(end, float(limits.min)), float(limits.max))
    whole = math.ceil(end) if values.invert else math.floor(end)
    return min(max(whole, int(np.iinfo(dtype).min)), int(np.iinfo(dtype).max))


def mapper_of(plan: LayerPlan) -> ValueMapper | None:
    """Give what maps the values of a layer's source; None where they stay."""
    if plan.values is None:
        return None
    return ValueMapper(plan.values, plan.source.header.dtype, plan.layer.dtype)


def mapped_sample(block: Voxels, values: ValueMap, dtype: str) -> Voxels:
    """Map some voxels of a layer, to look at: with their own window where it is to be chosen."""
    if values.scales and values.window is None:
        finite = block[np.isfinite(block)] if block.dtype.kind == "f" else block
        ends = (finite.min().item(), finite.max().item()) if finite.size else (0, 0)
        values = replace(values, window=ends if ends[0] < ends[1] else (ends[0], ends[0] + 1))
    return ValueMapper(values, block.dtype.name, dtype).apply(block)
