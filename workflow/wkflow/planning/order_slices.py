"""In which order the slices of one stack lie, and which numbers in their names count them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from wkflow.errors import SourceError
from wkflow.network.urls import name_of
from wkflow.planning.missing_slices import listed
from wkflow.planning.slice_numbers import Column, Name, Value

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

REMEDY = "Put each stack into a folder of its own (each is a layer), say by --pattern what counts, \
or give --slice-order names for one stack in the order of the names."


@dataclass(frozen=True, slots=True)
class Order:
    """The rows of a table in order, the columns that count so, and what is to be said of it."""

    rows: list[int]
    columns: tuple[Column, ...] = ()
    notes: tuple[str, ...] = ()


def order_slices(names: Sequence[Name], varying: list[Column]) -> Order:
    """Order slices of one channel by the number that tells all of them apart.

    `varying` are the columns of `names` in which these differ.

    Raises
    ------
    SourceError
        If two slices have the same numbers, or if two numbers count and one of them is not z.
    """
    numbers = [column for column in varying if not column.is_word]
    every = list(range(len(names)))
    unique = [column for column in numbers if column.is_unique]
    if not numbers and not (names[0].items and len(names) > 1):
        return Order(every, (), unnumbered(names))
    nested = sorted(every, key=lambda row: [column.values[row] for column in numbers])
    if unique:
        return order_by_one(names, numbers, unique, nested)
    _refuse_repeats(names, numbers, nested)
    _refuse_grid(names, numbers)
    labels = " and ".join(_what(column) for column in numbers)
    return Order(nested, (), (f"slices are counted by {labels}, the first one outermost",))


def _refuse_repeats(names: Sequence[Name], numbers: list[Column], nested: list[int]) -> None:
    """Refuse slices that nothing but letter case, zeros or the suffix tells apart."""
    groups: dict[tuple[Value, ...], list[str]] = {}
    for row in nested:
        key = tuple(column.values[row] for column in numbers)
        groups.setdefault(key, []).append(name_of(names[row].file))
    same = [" and ".join(files) for files in groups.values() if len(files) > 1]
    if same:
        raise SourceError(
            f"slices have the same number: {listed(same)}", folder_of(names),
            "Take one of each away, or give --slice-order names for all in the order of the names.",
        )  # fmt: skip


def order_by_one(
    names: Sequence[Name], numbers: list[Column], unique: list[Column], nested: list[int]
) -> Order:
    """Order slices by one of the `unique` columns, if it agrees with all `numbers` in a row.

    `nested` are the rows in the order of all numbers.
    """
    chosen = next((one for one in unique if one.label in DEPTHS), None)
    if chosen is not None or len(numbers) == 1:
        column = chosen or unique[0]
        rows = sorted(nested, key=lambda row: column.values[row])
        return Order(rows, (column,), _of_label(names, column, rows))
    column = unique[-1]
    if _ascends(column, nested):
        return Order(nested, tuple(one for one in unique if _ascends(one, nested)))
    first = next(a for a in pairwise(nested) if column.numbers[a[0]] > column.numbers[a[1]])
    one, other = (name_of(names[row].file) for row in first)
    return Order(
        nested, (),
        (f"the order contradicts the last number in the names: {other} comes behind {one}",),
    )  # fmt: skip


def _ascends(column: Column, rows: list[int]) -> bool:
    return all(column.numbers[a] < column.numbers[b] for a, b in pairwise(rows))


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
            folder_of(names), REMEDY,
        )  # fmt: skip


def _what(column: Column) -> str:
    return f"the number after {column.label!r}" if column.label else "a number without a label"


def unnumbered(names: Sequence[Name]) -> tuple[str, ...]:
    """Say that names order slices, where there is more than one."""
    if len(names) == 1:
        return ()
    said = listed([name_of(name.file) for name in names])
    return (f"no number tells the order of slices, their names do: {said}",)


def folder_of(names: Sequence[Name]) -> str:
    """Give the folder of the files."""
    file = names[0].file
    return file[: len(file) - len(name_of(file))].rstrip("/\\") or file
