"""Axes that names count without being asked: a time beside a channel or a labelled z."""

from collections.abc import Sequence

from wkflow.network.urls import name_of
from wkflow.planning.arrange_axes import NamedAxes
from wkflow.planning.order_slices import DEPTHS
from wkflow.planning.slice_numbers import SIGNS, Column, Name

TIMES = frozenset({"t", "time", "tp", "timepoint"})


def named_axes(
    names: Sequence[Name], varying: Sequence[Column], channel: Column | None
) -> NamedAxes | None:
    """Say which of the `varying` columns of names are time and z, if a time is among them.

    That is certain where another axis is named too, and no number by itself tells all slices
    apart; each file has to be one of a channel, time and z.
    """
    others = [column for column in varying if column is not channel and not column.is_word]
    time = next((column for column in others if column.label in TIMES), None)
    depths = [column for column in others if column.label in DEPTHS]
    if time is None or len(depths) > 1 or not (channel or depths):
        return None
    z = depths[0] if depths else None
    if any(column.is_unique for column in (time, *depths)):
        return None
    rest = [one for one in others if one is not time and one is not z and not one.is_clock]
    files = tuple(name.file for name in names)
    axes = NamedAxes(files, z, channel, time)
    keys = {axes.key(row) for row in range(len(files))}
    is_certain = len(keys) == len(files) and not any(_counts(one, axes) for one in rest)
    return axes if is_certain else None


def _counts(column: Column, axes: NamedAxes) -> bool:
    """Whether a further number is an axis of its own: neither each file's, nor said by another."""
    others = [one.values for one in (axes.channel, axes.time, axes.z) if one]
    return not column.is_unique and all(
        len(set(zip(column.values, values, strict=True))) > len(set(values)) for values in others
    )


def counted(axes: NamedAxes) -> str:
    """Say how many channels, times and places along z there are."""
    named = {"channels": axes.channel, "times": axes.time, "numbers of slices": axes.z}
    counts = {what: len(set(one.values)) for what, one in named.items() if one}
    return ", ".join(f"{count} {what}" for what, count in counts.items())


def spelled(names: Sequence[Name], columns: Sequence[Column], axes: NamedAxes) -> str:
    """Give the pattern that names are read by, as `--pattern` takes it."""
    base = name_of(names[0].file)
    fields = {"{channel}": axes.channel, "{t}": axes.time, "{z}": axes.z}
    made, at = "", 0
    for column in columns:
        field = next((text for text, one in fields.items() if one is column), None)
        for piece in column.texts[0].split("-") if column.is_clock else column.texts[:1]:
            begin = base.find(piece, at)
            if begin < 0 or not piece:
                continue
            before, at = base[at:begin], begin + len(piece)
            if field and not column.is_word and min(column.numbers) < 0:
                before = before.rstrip(SIGNS)
            made += before + (field or ("*" if column.varies else piece))
    return made + base[at:]
