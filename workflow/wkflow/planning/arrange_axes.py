"""Slices whose names count z, channels and times, as stacks: one for each channel, time by time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_, or_

from wkflow.errors import SourceError
from wkflow.model.doubtful_slices import DoubtfulSlices
from wkflow.network.urls import name_of
from wkflow.planning.missing_slices import (
    NAMED,
    Depth,
    Filled,
    MissingSlices,
    depth_of,
    fill,
    listed,
)
from wkflow.planning.slice_numbers import Column, Value

TIMES_REMEDY = "Add it, or put what has the same times into a folder of its own."
SLICES_REMEDY = "Add them, or have blank places for a few: --missing-slices keep."


@dataclass(frozen=True, slots=True)
class Arranged:
    """The slices of one stack along z; `suffix` belongs to its layer's name.

    `files` have `BLANK` where a slice is missing; `missing` are the numbers of such. Where names
    count `times`, there are all slices of the first, then those of the next one.
    """

    suffix: str
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()
    missing: str = ""
    times: int = 0
    doubtful: tuple[DoubtfulSlices, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedAxes:
    """What names say of each of `files`: a column for each axis that they have."""

    files: tuple[str, ...]
    z: Column | None = None
    channel: Column | None = None
    time: Column | None = None

    def key(self, row: int) -> tuple[Value | None, Value | None, Value | None]:
        """Give channel, time and z of a file."""
        columns = (self.channel, self.time, self.z)
        c, t, z = (column.values[row] if column else None for column in columns)
        return c, t, z

    def spell(self, row: int) -> str:
        """Say which channel, time and z a file is."""
        columns = {"channel": self.channel, "t": self.time, "z": self.z}
        said = (f"{name} {column.texts[row]}" for name, column in columns.items() if column)
        return ", ".join(said)


def channel_suffix(channel: Column, row: int) -> str:
    """Give what a layer's name has of its channel: a word, or a number."""
    value = channel.values[row]
    return f"_{channel.texts[row]}" if isinstance(value, str) else f"__channel{value}"


def are_mostly_alike(groups: Iterable[set[Value]]) -> bool:
    """Whether at least half of all slices are there in every one of some stacks."""
    found = list(groups)
    return 2 * len(reduce(and_, found)) >= len(reduce(or_, found))


def arrange_axes(named: NamedAxes, missing: MissingSlices, folder: str) -> list[Arranged]:
    """Make a stack of each channel; all have the same times, and one z.

    Raises
    ------
    SourceError
        If two files are of one place, or a channel lacks a time, or slices are missing, as far as
        `missing` does not say what stands for them. Errors name the `folder`.
    """
    rows = sorted(range(len(named.files)), key=lambda row: _order(named.key(row)))
    _refuse_repeats(named, rows, folder)
    series: dict[tuple[Value | None, Value | None], list[int]] = {}
    for row in rows:
        c, t, _ = named.key(row)
        series.setdefault((c, t), []).append(row)
    channels, times = (list(dict.fromkeys(values)) for values in zip(*series, strict=True))
    times.sort(key=lambda time: _order((time,)))
    _require_times(named, series, channels, times, folder)
    depth = _common_depth(named, series, missing, folder)
    found = []
    for c in channels:
        filled = {t: _filled(named, series[c, t], depth, missing, folder) for t in times}
        missed = _missed(named, {t: (series[c, t][0], one) for t, one in filled.items()})
        suffix = channel_suffix(named.channel, series[c, times[0]][0]) if named.channel else ""
        files = tuple(file for one in filled.values() for file in one.files)
        notes = tuple(dict.fromkeys(note for one in filled.values() for note in one.notes))
        count = len(times) if len(times) > 1 else 0
        doubtful = () if count else filled[times[0]].doubtful
        found.append(Arranged(suffix, files, notes, missed, count, doubtful))
    return [replace(found[0], notes=(*_time_notes(named), *found[0].notes)), *found[1:]]


def _time_notes(named: NamedAxes) -> list[str]:
    """Say which times are left out; they are no places that stay."""
    depth = depth_of([named.time]) if named.time else None
    gaps = depth.gaps(named.time.numbers) if depth and named.time else []
    spelled = [depth.spell(gap) for gap in gaps] if depth else []
    return [f"numbers missing between times: {listed(spelled)}"] if spelled else []


def _order(key: Sequence[Value | None]) -> list[tuple[bool, Value | int]]:
    """Sort words behind numbers, as a field may hold both."""
    return [(isinstance(value, str), 0 if value is None else value) for value in key]


def _refuse_repeats(named: NamedAxes, rows: Sequence[int], folder: str) -> None:
    places: dict[tuple[Value | None, ...], list[int]] = {}
    for row in rows:
        places.setdefault(named.key(row), []).append(row)
    same = [
        f"{' and '.join(name_of(named.files[row]) for row in some)} ({named.spell(some[0])})"
        for some in places.values()
        if len(some) > 1
    ]
    if same:
        raise SourceError(
            f"slices lie at one place: {listed(same)}", folder,
            "Take one of each away, or give a --pattern with all that tells them apart.",
        )  # fmt: skip


def _require_times(
    named: NamedAxes,
    series: Mapping[tuple[Value | None, Value | None], Sequence[int]],
    channels: Sequence[Value | None],
    times: Sequence[Value | None],
    folder: str,
) -> None:
    """Refuse a channel of which there is no slice at some time."""
    of_channel = {c: rows[0] for (c, _), rows in series.items()}
    of_time = {t: rows[0] for (_, t), rows in series.items()}
    lacking = [
        ", ".join(
            f"{what} {column.texts[row]}"
            for what, column, row in (
                *(("channel", named.channel, of_channel[c]), ("t", named.time, of_time[t])),
            )
            if column
        )
        for c in channels
        for t in times
        if (c, t) not in series
    ]
    if lacking:
        raise SourceError(f"there is no slice of {listed(lacking)}", folder, TIMES_REMEDY)


def _common_depth(
    named: NamedAxes,
    series: Mapping[tuple[Value | None, Value | None], Sequence[int]],
    missing: MissingSlices,
    folder: str,
) -> Depth | None:
    """Give the places along z; refuse slices that are missing, where nothing may stand for them."""
    if named.z is None:
        return None
    groups = {key: {named.z.values[row] for row in rows} for key, rows in series.items()}
    depth = depth_of([named.z])
    every: set[Value] = reduce(or_, groups.values())
    lacking = [
        ", ".join(
            f"{what} {column.texts[rows[0]]}"
            for what, column in (("channel", named.channel), ("t", named.time))
            if column
        )
        + f" z {listed([_text(named, value) for value in sorted(every - groups[key], key=_key)])}"
        for key, rows in series.items()
        if every - groups[key]
    ]
    may_lack = depth is not None and missing in {"keep", "previous"}
    if lacking and not (may_lack and are_mostly_alike(groups.values())):
        said = " and ".join(lacking[:NAMED])
        raise SourceError(f"these z are missing: {said}", folder, SLICES_REMEDY)
    return depth


def _key(value: Value) -> tuple[bool, Value]:
    return isinstance(value, str), value


def _text(named: NamedAxes, value: Value) -> str:
    return named.z.texts[named.z.values.index(value)] if named.z else ""


def _filled(
    named: NamedAxes, rows: Sequence[int], depth: Depth | None, missing: MissingSlices, folder: str
) -> Filled:
    files = [named.files[row] for row in rows]
    return fill(files, named.z.of(rows), depth, missing, folder) if named.z else Filled((*files,))


def _missed(named: NamedAxes, filled: Mapping[Value | None, tuple[int, Filled]]) -> str:
    """List the numbers that are missing: for all times, or for each by itself."""
    each = {one.missing for _, one in filled.values()}
    if len(each) == 1 or named.time is None:
        return each.pop()
    texts = named.time.texts
    return ", ".join(
        f"{gap} at t {texts[row]}"
        for row, one in filled.values()
        if one.missing
        for gap in one.missing.split(", ")
    )
