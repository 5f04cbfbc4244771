"""In which order the slices of a folder lie, and which of them are a channel of their own."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import pairwise

from wkflow.errors import SourceError
from wkflow.network.urls import name_of
from wkflow.planning.missing_slices import gaps_and_repeats, listed
from wkflow.planning.slice_numbers import (
    Column,
    Name,
    Value,
    columns_of,
    in_hexadecimal,
    take_apart,
)
from wkflow.readers import suffix_of

CHANNELS = frozenset({"ch", "chan", "channel", "channels", "kanal"})
MAYBE_CHANNEL = "c"
"""In names of well plates it is the column, if rows are counted too."""

DEPTHS = frozenset({"z", "slice", "slices", "section", "sec", "sl", "plane", "depth", "zpos"})
TIMES = frozenset({"t", "time", "tp", "timepoint", "sk"})
TILES = frozenset({
    *("tile", "tiles", "pos", "position", "xy", "field", "fov", "site", "well", "view", "angle"),
    *("mosaic", "row", "rows", "col", "cols", "column"),
})  # fmt: skip
PAIRS = (frozenset({"x", "y"}), frozenset({"r", "c"}))
"""Letters that count tiles if both are there."""

ROWS = frozenset({"r", "row", "rows"})
BLOCKS = frozenset({"wafer", "block", "slab", "batch", "reel", "tape", "part", "w", "section"})
"""What holds slices one after the other: a number before that of the slice."""

MOST_CHANNELS = 8
"""Of names in which nothing else is counted: more of them are slices."""

REMEDY = "Put each stack into a folder of its own (each is a layer), or give --slice-order names \
for one stack in the order of the names."


@dataclass(frozen=True, slots=True)
class Arranged:
    """The slices of one stack along z; `suffix` belongs to its layer's name."""

    suffix: str
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Order:
    """The rows of a table in order, the column that says it, and what is to be said of it."""

    rows: list[int]
    column: Column | None = None
    notes: tuple[str, ...] = ()


def arrange_slices(files: Sequence[str]) -> list[Arranged]:
    """Order the slices of a folder by the values of the numbers in their names.

    `files` come in the order of their names. Where a second number or word names a channel, each
    channel is a stack of its own. Letter case does not count, nor do leading zeros.

    Raises
    ------
    SourceError
        If a second number repeats and what it counts is no channel, or channels differ in their
        slices.
    """
    names = [take_apart(file, name_of(file)) for file in files]
    if len({name.template for name in names}) > 1:
        return [_unlike(names)]
    return _split(names, columns_of(names))


def _split(names: Sequence[Name], columns: list[Column]) -> list[Arranged]:
    """Tell channels apart, if there are any, and order each."""
    varying = [column for column in columns if column.varies]
    channel = _channel(columns, varying)
    if channel is None:
        return [_arranged(names, _order(names, varying))]
    others = [column for column in varying if column is not channel]
    groups: dict[Value, list[int]] = {}
    for row, value in enumerate(channel.values):
        groups.setdefault(value, []).append(row)
    if not others and len(groups) > MOST_CHANNELS:
        return [_arranged(names, _order(names, varying))]
    if max(map(len, groups.values())) == 1 and any(one.is_unique for one in others):
        return [_arranged(names, _order(names, others))]
    others = [one for one in others if any(one.of(rows).varies for rows in groups.values())]
    _require_alike(names, groups, others)
    found = []
    for rows in groups.values():
        some = [names[row] for row in rows]
        varied = [part for one in others if (part := one.of(rows)).varies]
        one = _arranged(some, _order(some, varied), is_part=True)
        found.append(Arranged(_suffix(channel, rows[0]), one.files, one.notes))
    label = f"{channel.label} " if channel.label and not channel.is_word else ""
    says = (
        f"{label}{', '.join(channel.texts[rows[0]] for rows in groups.values())} in the names "
        f"are channels: each is a layer (webknossos convert makes one stack of them)"
    )
    return [Arranged(found[0].suffix, found[0].files, (says, *found[0].notes)), *found[1:]]


def _suffix(channel: Column, row: int) -> str:
    value = channel.values[row]
    return f"_{channel.texts[row]}" if isinstance(value, str) else f"__channel{value}"


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


def _require_alike(
    names: Sequence[Name], groups: dict[Value, list[int]], others: list[Column]
) -> None:
    """Refuse channels that have not the same slices: they would lie beside one another."""
    keys = [{tuple(one.values[row] for one in others): row for row in rows}
            for rows in groups.values()]  # fmt: skip
    every = reduce(lambda a, b: a | b, keys)
    lacking = [
        name_of(names[row].file) for key, row in every.items() if any(key not in o for o in keys)
    ]
    if lacking:
        raise SourceError(
            f"not every channel has these slices: {listed(lacking)}", _folder(names), REMEDY
        )


def _order(names: Sequence[Name], varying: list[Column]) -> _Order:
    """Order slices of one channel by the number that tells all of them apart."""
    numbers = [column for column in varying if not column.is_word]
    every = list(range(len(names)))
    unique = [column for column in numbers if column.is_unique]
    if not numbers:
        return _Order(every, None, _unnumbered(names))
    nested = sorted(every, key=lambda row: [column.values[row] for column in numbers])
    if unique:
        return _by_one(names, numbers, unique, nested)
    if len(numbers) == 1:
        return _Order(nested, numbers[0])
    _refuse_grid(names, numbers)
    labels = " and ".join(_what(column) for column in numbers)
    return _Order(nested, None, (f"slices are counted by {labels}, the first one outermost",))


def _by_one(
    names: Sequence[Name], numbers: list[Column], unique: list[Column], nested: list[int]
) -> _Order:
    chosen = next((one for one in unique if one.label in DEPTHS), None)
    if chosen is not None or len(numbers) == 1:
        column = chosen or unique[0]
        rows = sorted(nested, key=lambda row: column.values[row])
        return _Order(rows, column, _of_label(names, column, rows))
    column = unique[-1]
    if all(column.numbers[a] < column.numbers[b] for a, b in pairwise(nested)):
        return _Order(nested, column)
    first = next(a for a in pairwise(nested) if column.numbers[a[0]] > column.numbers[a[1]])
    one, other = (name_of(names[row].file) for row in first)
    return _Order(
        nested, None,
        (f"the order contradicts the last number in the names: {other} comes behind {one}",),
    )  # fmt: skip


def _of_label(names: Sequence[Name], column: Column, rows: list[int]) -> tuple[str, ...]:
    """Say that what is taken for z may be something else, or that a hyphen is no sign."""
    first = names[rows[0]]
    notes = []
    if column.label in TIMES | TILES | CHANNELS | {MAYBE_CHANNEL}:
        notes.append(f"slices are in the order of {_what(column)}, the only one that differs: as z")
    has_dashes = all(any("-" in item.dashes for item in name.items) for name in names)
    has_fraction = any(value.denominator > 1 for value in column.numbers)
    if has_dashes and (has_fraction or column.label == "z") and min(column.numbers) >= 0:
        notes.append(f"the - in {name_of(first.file)} stands in all names: it is no sign")
    return tuple(notes)


def _refuse_grid(names: Sequence[Name], numbers: list[Column]) -> None:
    """Refuse names in which two numbers count: times or tiles, or every pair is there."""
    labels = {column.label for column in numbers}
    rows = set(zip(*(column.values for column in numbers), strict=True))
    pairs = 1
    for column in numbers:
        pairs *= len(set(column.values))
    is_counted_elsewhere = bool(labels & (TIMES | TILES)) or any(pair <= labels for pair in PAIRS)
    is_blocks = len(numbers) == 2 and numbers[0].label in BLOCKS
    if is_counted_elsewhere or (len(rows) == pairs and not is_blocks):
        labels_said = " and ".join(_what(column) for column in numbers)
        raise SourceError(
            f"the names count {labels_said}, so that slices repeat: "
            f"{listed([name_of(name.file) for name in names])}",
            _folder(names), REMEDY,
        )  # fmt: skip


def _unlike(names: Sequence[Name]) -> Arranged:
    """Order names that differ in more than numbers."""
    every = list(range(len(names)))
    values = in_hexadecimal([_stem(name) for name in names])
    if values:
        return _arranged(names, _Order(sorted(every, key=lambda row: values[row])))
    counts = {len(name.items) for name in names}
    templates = Counter(name.template for name in names)
    if len(counts) == 1 and all(_kinds(name) == _kinds(names[0]) for name in names):
        columns = [one for one in columns_of(names) if one.varies and not one.is_word]
        unique = [one for one in columns if one.is_unique]
        if unique:
            return _arranged(names, _by_one(names, [unique[-1]], unique[-1:], every))
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
            _folder(names), REMEDY,
        )  # fmt: skip
    return _arranged(names, _Order(every, None, _unnumbered(names)))


def _kinds(name: Name) -> list[bool]:
    return [bool(item.run) for item in name.items]


def _last(name: Name) -> Value | None:
    """Give the last number of a name."""
    numbers = [column for column in columns_of([name]) if not column.is_word]
    return numbers[-1].values[0] if numbers else None


def _last_or_zero(name: Name) -> Fraction:
    value = _last(name)
    return value if isinstance(value, Fraction) else Fraction()


def _arranged(names: Sequence[Name], order: _Order, *, is_part: bool = False) -> Arranged:
    files = tuple(names[row].file for row in order.rows)
    notes = [*order.notes, *(gaps_and_repeats(order.column.of(order.rows)) if order.column else ())]
    if not is_part and order.rows != list(range(len(names))):
        notes.append(
            f"slices are ordered by value: {listed(list(map(name_of, files)))}; webknossos "
            f"convert orders them otherwise: {listed([name_of(name.file) for name in names])}"
        )
    return Arranged("", files, tuple(notes))


def _what(column: Column) -> str:
    return f"the number after {column.label!r}" if column.label else "a number without a label"


def _unnumbered(names: Sequence[Name]) -> tuple[str, ...]:
    if len(names) == 1:
        return ()
    said = listed([name_of(name.file) for name in names])
    return (f"no number tells the order of slices, their names do: {said}",)


def _stem(name: Name) -> str:
    base = name_of(name.file)
    return base[: len(base) - len(suffix_of(base))]


def _folder(names: Sequence[Name]) -> str:
    file = names[0].file
    return file[: len(file) - len(name_of(file))].rstrip("/\\") or file
