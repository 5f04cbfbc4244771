"""Planes of an image that were never written: how many, and where."""

from collections.abc import Callable, Iterator
from itertools import chain, islice

import numpy as np

from wkflow.errors import SourceError
from wkflow.model.source import Gaps, Header, ImageInfo

NAMED = 3
"""How many places are named."""

SEARCHED_MAX = 2**20
"""Planes that are looked at to name the first of those that are missing."""

PAD_REMEDY = "Export it again with all planes, or have zeros for them: --on-mismatch pad."

IsWritten = Callable[[int, int, int], bool]
"""Of a frame, a channel and a z."""


def find_gaps(header: Header, count: int, is_written: IsWritten, words: str = "") -> Gaps:
    """Name the places of `count` planes that were never written.

    `words` stand behind each place.
    """
    if not count:
        return Gaps()
    missing = islice(_places(header), SEARCHED_MAX)
    runs = _runs(place for place in missing if not is_written(*place))
    named = [_named(header, *run) + words for run in islice(runs, NAMED + 1)]
    return Gaps(count, tuple(named[:NAMED]), len(named) <= NAMED)


def require_no_gaps(probe: ImageInfo, path: str) -> None:
    """Refuse an image with planes that were never written."""
    if probe.gaps.count:
        raise SourceError(f"has no data for {probe.gaps}", path, PAD_REMEDY)


def gap_notes(probe: ImageInfo) -> tuple[str, ...]:
    """Say which planes are filled."""
    return (f"no data, filled with zeros: {probe.gaps}",) if probe.gaps.count else ()


def joined_gaps(all_gaps: list[Gaps]) -> Gaps:
    """Make one of several."""
    named = list(chain.from_iterable(gaps.named for gaps in all_gaps))
    is_all = len(named) <= NAMED and all(gaps.are_all_named for gaps in all_gaps)
    return Gaps(sum(gaps.count for gaps in all_gaps), tuple(named[:NAMED]), is_all)


def _places(header: Header) -> Iterator[tuple[int, int, int]]:
    for frame in range(header.frames):
        for channel in range(header.channels):
            for z in range(header.planes):
                yield frame, channel, z


def _runs(places: Iterator[tuple[int, int, int]]) -> Iterator[tuple[int, int, int, int]]:
    """Join neighbours along z: frame, channel, first and last z."""
    run: tuple[int, int, int, int] | None = None
    for frame, channel, z in places:
        if run and run[:2] == (frame, channel) and z == run[3] + 1:
            run = (*run[:3], z)
            continue
        if run:
            yield run
        run = (frame, channel, z, z)
    if run:
        yield run


def _named(header: Header, frame: int, channel: int, first: int, last: int) -> str:
    words = [f"z={first}" if first == last else f"z={first} to {last}"]
    if header.channels > 1:
        words.append(f"channel={channel}")
    sizes = [size for _, size in header.axes]
    steps = np.unravel_index(frame, sizes) if sizes else ()
    words += [f"{name}={step}" for (name, _), step in zip(header.axes, steps, strict=True)]
    return ", ".join(words)
