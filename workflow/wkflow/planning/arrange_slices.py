"""In which order the slices of a folder lie, and which of them are a channel of their own."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from math import inf
from operator import and_, or_

from wkflow.errors import SourceError
from wkflow.model.name_pattern import READ_AS
from wkflow.network.urls import name_of
from wkflow.planning.arrange_axes import Arranged, NamedAxes, arrange_axes, channel_suffix
from wkflow.planning.axes_of_names import counted, named_axes, spelled
from wkflow.planning.missing_slices import (
    Depth,
    Filled,
    MissingSlices,
    depth_of,
    fill,
    listed,
    spacing_notes,
)
from wkflow.planning.order_slices import (
    CHANNELS,
    DEPTHS,
    MAYBE_CHANNEL,
    REMEDY,
    ROWS,
    Order,
    folder_of,
    order_by_one,
    order_slices,
    unnumbered,
)
from wkflow.planning.slice_numbers import (
    Column,
    Name,
    Value,
    columns_of,
    in_hexadecimal,
    take_apart,
)
from wkflow.readers import suffix_of

MOST_CHANNELS = 8
"""Of names in which nothing else is counted: more of them are slices."""


def arrange_slices(files: Sequence[str], missing: MissingSlices = "keep") -> list[Arranged]:
    """Order the slices of a folder by the values of the numbers in their names.

    `files` come in the order of their names. Where a second number or word names a channel, each
    channel is a stack of its own. Letter case does not count, nor do leading zeros. Where numbers
    are left out, `missing` says what stands there; channels have one z in common.

    Raises
    ------
    SourceError
        If two slices have one number, a second number repeats and what it counts is no channel,
        channels differ in their slices, or what is missing is too much, or is refused.
    """
    names = [take_apart(file, name_of(file)) for file in files]
    if len({name.template for name in names}) > 1:
        return [_unlike(names, missing)]
    return _split(names, columns_of(names), missing)


def _split(names: Sequence[Name], columns: list[Column], missing: MissingSlices) -> list[Arranged]:
    """Tell channels apart, if there are any, and order each."""
    varying = [column for column in columns if column.varies]
    channel = _channel(columns, varying)
    if axes := named_axes(names, varying, channel):
        stacks = arrange_axes(axes, missing, folder_of(names))
        note = (f"{READ_AS}{spelled(names, columns, axes)}: {counted(axes)}",)
        return [replace(stacks[0], notes=(*note, *stacks[0].notes)), *stacks[1:]]
    if channel is None:
        return [_arranged(names, order_slices(names, varying), missing)]
    others = [column for column in varying if column is not channel]
    groups: dict[Value, list[int]] = {}
    for row, value in enumerate(channel.values):
        groups.setdefault(value, []).append(row)
    if not others and len(groups) > MOST_CHANNELS:
        return [_arranged(names, order_slices(names, varying), missing)]
    if max(map(len, groups.values())) == 1 and any(one.is_unique for one in others):
        return [_arranged(names, order_slices(names, others), missing)]
    others = [one for one in others if any(one.of(rows).varies for rows in groups.values())]
    found = _side_by_side(names, channel, list(groups.values()), others, missing)
    label = f"{channel.label} " if channel.label and not channel.is_word else ""
    says = (
        f"{label}{', '.join(channel.texts[rows[0]] for rows in groups.values())} in the names "
        f"are channels: each is a layer (webknossos convert makes one stack of them)"
    )
    depths = [one for one in others if one.label in DEPTHS] or others[-1:]
    axes = NamedAxes(tuple(name.file for name in names), next(iter(depths), None), channel)
    read = f"{READ_AS}{spelled(names, columns, axes)}"
    return [replace(found[0], notes=(says, read, *found[0].notes)), *found[1:]]


def _side_by_side(
    names: Sequence[Name],
    channel: Column,
    groups: list[list[int]],
    others: list[Column],
    missing: MissingSlices,
) -> list[Arranged]:
    """Order the slices of each channel, along a z that all have in common."""
    if missing in {"close", "refuse"} or not _are_mostly_alike(groups, others):
        _require_alike(names, groups, others)
    stacks = []
    for rows in groups:
        some = [names[row] for row in rows]
        varied = [part for one in others if (part := one.of(rows)).varies]
        order = order_slices(some, varied)
        stacks.append((some, order, [rows[row] for row in order.rows]))
    shared = [
        tuple(one.of(rows) for _, _, rows in stacks)
        for one in others
        if all(len(rows) == 1 or one.of(rows) in _sorted(order) for _, order, rows in stacks)
    ]
    if not shared:
        _require_alike(names, groups, others)
    parts, depth = _counting(shared)
    found = []
    for number, (some, order, rows) in enumerate(stacks):
        own = (parts[number], depth) if parts else None
        one = _arranged(some, order, missing, own, is_part=True)
        found.append(replace(one, suffix=channel_suffix(channel, rows[0])))
    return found


def _sorted(order: Order) -> list[Column]:
    return [column.of(order.rows) for column in order.columns]


def _counting(
    candidates: Sequence[tuple[Column, ...]],
) -> tuple[tuple[Column, ...], Depth | None]:
    """Choose the number that counts slices: of those that could, the one that leaves out least."""
    if not candidates:
        return (), None
    depths = [(columns, depth_of(columns)) for columns in candidates]
    return min(depths, key=lambda one: one[1].count if one[1] else inf)


def _are_mostly_alike(groups: list[list[int]], others: list[Column]) -> bool:
    """Whether at least half of all slices are there in every channel."""
    keys = _keys(groups, others)
    return 2 * len(reduce(and_, keys)) >= len(reduce(or_, keys))


def _keys(groups: list[list[int]], others: list[Column]) -> list[set[tuple[Value, ...]]]:
    return [{tuple(one.values[row] for one in others) for row in rows} for rows in groups]


def _channel(columns: list[Column], varying: list[Column]) -> Column | None:
    """Find the column that names channels: by words, by a label that says so, or by `c`."""
    for one in varying:
        if one.is_word:
            return one
    for one in varying:
        if one.label in CHANNELS:
            return one
    labels = {column.label for column in columns}
    is_plate = bool(labels & (ROWS | CHANNELS)) or len(varying) == 1
    return next((c for c in varying if c.label == MAYBE_CHANNEL and not is_plate), None)


def _require_alike(names: Sequence[Name], groups: list[list[int]], others: list[Column]) -> None:
    """Refuse channels that have not the same slices: they would lie beside one another."""
    common = reduce(and_, _keys(groups, others))
    lacking: dict[tuple[Value, ...], str] = {}
    for row in (row for rows in groups for row in rows):
        key = tuple(one.values[row] for one in others)
        if key not in common:
            lacking.setdefault(key, name_of(names[row].file))
    if lacking:
        said = listed(list(lacking.values()))
        raise SourceError(f"not every channel has these slices: {said}", folder_of(names), REMEDY)


def _unlike(names: Sequence[Name], missing: MissingSlices) -> Arranged:
    """Order names that differ in more than numbers."""
    every = list(range(len(names)))
    values = in_hexadecimal([_stem(name) for name in names])
    if values:
        return _arranged(names, Order(sorted(every, key=lambda row: values[row])), missing)
    counts = {len(name.items) for name in names}
    templates = Counter(name.template for name in names)
    if len(counts) == 1 and all(_kinds(name) == _kinds(names[0]) for name in names):
        columns = [one for one in columns_of(names) if one.varies and not one.is_word]
        unique = [one for one in columns if one.is_unique]
        if unique:
            return _arranged(names, order_by_one(names, [unique[-1]], unique[-1:], every), missing)
        keys = Counter(zip(*(one.values for one in columns), strict=True)) if columns else {}
        repeated = {key for key, count in keys.items() if count > 1}
        rows = [row for row in every if tuple(one.values[row] for one in columns) in repeated]
    else:
        last = [_last(name) for name in names]
        pairs = {(name.template, value) for name, value in zip(names, last, strict=True)}
        often = Counter(value for _, value in pairs if value is not None)
        rows = [row for row, value in enumerate(last) if value is not None and often[value] > 1]
    if len(rows) > 1 and len(templates) * 2 <= len(names):
        said = sorted((names[row] for row in rows), key=_last_or_zero)
        raise SourceError(
            "holds several series of names, in which the same numbers repeat: "
            f"{listed([name_of(name.file) for name in said])}",
            folder_of(names), REMEDY,
        )  # fmt: skip
    return _arranged(names, Order(every, (), unnumbered(names)), missing)


def _kinds(name: Name) -> list[bool]:
    return [bool(item.run) for item in name.items]


def _last(name: Name) -> Value | None:
    """Give the last number of a name."""
    numbers = [column for column in columns_of([name]) if not column.is_word]
    return numbers[-1].values[0] if numbers else None


def _last_or_zero(name: Name) -> Fraction:
    value = _last(name)
    return value if isinstance(value, Fraction) else Fraction()


def _arranged(
    names: Sequence[Name],
    order: Order,
    missing: MissingSlices,
    counted: tuple[Column, Depth | None] | None = None,
    *,
    is_part: bool = False,
) -> Arranged:
    """Put the slices of a stack in their places; `counted` are those of all channels."""
    files = tuple(names[row].file for row in order.rows)
    if counted is None:
        columns, depth = _counting([(column,) for column in _sorted(order)])
        counted = (columns[0], depth) if columns and not is_part else None
    notes = list(order.notes)
    filled = Filled(files)
    if counted:
        column, depth = counted
        filled = fill(files, column, depth, missing, folder_of(names))
        notes += [*filled.notes, *spacing_notes(column)]
    if not is_part and order.rows != list(range(len(names))):
        notes.append(
            f"slices are ordered by value: {listed(list(map(name_of, files)))}; webknossos "
            f"convert orders them otherwise: {listed([name_of(name.file) for name in names])}"
        )
    return Arranged("", filled.files, tuple(notes), filled.missing, doubtful=filled.doubtful)


def _stem(name: Name) -> str:
    base = name_of(name.file)
    return base[: len(base) - len(suffix_of(base))]
