"""A region of an array that lies in chunks."""

from collections.abc import Callable
from itertools import product
from typing import Any

from numpy.typing import NDArray

Span = tuple[int, int]
"""Begin and end (exclusive) along one axis."""

Load = Callable[[tuple[int, ...]], NDArray[Any] | None]
"""From the position of a chunk in the grid to its elements; None if it was never written. A chunk
at the end of an axis may be cut to what lies inside the array, or not."""


def gather(
    spans: tuple[Span, ...], chunk: tuple[int, ...], load: Load, out: NDArray[Any], fill: object = 0
) -> None:
    """Copy a region into `out`, chunk by chunk; each is loaded once.

    Parameters
    ----------
    spans : one per axis
        The region, within the array.
    chunk : one per axis
        Extents of a chunk; the first begins at 0.
    load : callable
    out : array, of the extents of the region
    fill : scalar
        For chunks that were never written.

    Examples
    --------
    >>> import numpy as np
    >>> whole = np.arange(10)
    >>> out = np.zeros(4, int)
    >>> gather(((3, 7),), (5,), lambda at: whole[at[0] * 5 :][:5] if at[0] else None, out, -1)
    >>> out
    array([-1, -1,  5,  6])
    """
    if 0 in out.shape:
        return
    grid = [range(b // c, -(-e // c)) for (b, e), c in zip(spans, chunk, strict=True)]
    for position in product(*grid):
        sides = list(zip(position, chunk, spans, strict=True))
        begins = [max(b, p * c) for p, c, (b, _) in sides]
        ends = [min(e, (p + 1) * c) for p, c, (_, e) in sides]
        ours = tuple(
            slice(b - first, e - first)
            for b, e, (first, _) in zip(begins, ends, spans, strict=True)
        )
        loaded = load(position)
        if loaded is None:
            out[ours] = fill
            continue
        theirs = tuple(
            slice(b - p * c, e - p * c) for b, e, (p, c, _) in zip(begins, ends, sides, strict=True)
        )
        out[ours] = loaded[theirs]
