"""Rows of a sheet that are layers of one dataset: how they are found, and joined to one."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wkflow.network.urls import is_url
from wkflow.options.layers import layer_options
from wkflow.options.settings import Settings


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where: the place of a row and a column, either of which may be empty."""

    place: str
    column: str
    words: str

    def __str__(self) -> str:
        where = ", ".join(filter(None, (self.place, self.column)))
        return f"{where}: {self.words}" if where else self.words


@dataclass(frozen=True, slots=True)
class Row:
    """A dataset of a sheet: what to call its row, or rows, and its options."""

    place: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row as it was read: `given` are its cells, `options` these over what holds for all rows."""

    place: str
    given: Mapping[str, object]
    options: Mapping[str, object]
    settings: Settings


def joined(rows: Sequence[SheetRow]) -> tuple[list[Row], list[Fault]]:
    """Make datasets of rows: those with one target, or one name on a server, are its layers.

    Each of them needs a layer name of its own. What is the dataset's, such as the voxel size, may
    stand in one of them or in several, where it has to be the same.
    """
    groups: dict[tuple[str, ...], list[SheetRow]] = {}
    for row in rows:
        groups.setdefault(_dataset_of(row), []).append(row)
    found: list[Row] = []
    faults: list[Fault] = []
    for group in groups.values():
        if len(group) == 1:
            found.append(Row(group[0].place, group[0].settings))
            continue
        wrong = [*_apart(group)] or [*_unnamed(group), *_unlike(group)]
        dataset, of_whole = (None, []) if wrong else _joined(group)
        faults += [*wrong, *of_whole]
        found += [dataset] if dataset else []
    return found, faults


def _dataset_of(row: SheetRow) -> tuple[str, ...]:
    """Say which dataset a row is of: that of a target, or of a name that it gives to a server's."""
    one = row.settings
    if one.target and not is_url(one.target):
        return ("target", os.path.realpath(one.target))
    if one.kind.converts and one.kind.uploads and one.name:
        return ("name", one.webknossos_url, one.folder or "", one.name)
    return ("row", row.place)


def _apart(group: Sequence[SheetRow]) -> list[Fault]:
    """Refuse rows with one target of which one makes no layer, as by the command downsample."""
    if all(row.settings.kind.converts for row in group):
        return []
    first, *others = group
    words = f"{first.settings.target} is the target of {first.place} as well"
    return [Fault(row.place, "target", words) for row in others]


def _unnamed(group: Sequence[SheetRow]) -> list[Fault]:
    """Want a layer name in each row, and each once."""
    first, faults = group[0], []
    owners: dict[str, str] = {}
    column = "target" if first.settings.target else "name"
    whole = first.settings.target or first.settings.name
    for row in group:
        name = row.settings.layer_name
        if not name:
            other = next(one.place for one in group if one is not row)
            words = (
                f"{whole} is the {column} of {other} as well; rows of one dataset are its layers: "
                "give each a layer_name"
            )
            faults.append(Fault(row.place, column, words))
        elif (other := owners.setdefault(name, row.place)) != row.place:
            words = f"{name} is the layer of {other} as well, in {whole}"
            faults.append(Fault(row.place, "layer_name", words))
    are_nameless = len(faults) == len(group) and not owners
    return faults[1:] if are_nameless else faults  # the first of equal rows is as good as any


def _unlike(group: Sequence[SheetRow]) -> list[Fault]:
    """Find what belongs to the dataset, and is not the same in all rows that say it."""
    faults = []
    for name in sorted(_shared(group)):
        said = [row for row in group if name in row.given]
        first = getattr(said[0].settings, name)
        for row in said[1:]:
            other = getattr(row.settings, name)
            if other != first and name != "target":
                words = (
                    f"{_spelled(other)} is not {_spelled(first)}, as in {said[0].place}: layers of "
                    "one dataset share it"
                )
                faults.append(Fault(row.place, name, words))
    return faults


def _shared(group: Iterable[SheetRow]) -> set[str]:
    return {name for row in group for name in row.given} - layer_options(Settings.model_fields)


def _joined(group: Sequence[SheetRow]) -> tuple[Row | None, list[Fault]]:
    first, *others = group
    own, shared = layer_options(Settings.model_fields), _shared(group)
    options = dict(first.options)
    for row in reversed(group):
        options |= {name: row.given[name] for name in shared & row.given.keys()}
    options["layers"] = [
        {name: value for name, value in row.options.items() if name in own} for row in others
    ]
    settings, wrong = Settings.checked(options)
    place = places(row.place for row in group)
    if settings is None or wrong:
        return None, [Fault(place, "", words) for words in wrong]
    return Row(place, settings), []


def places(each: Iterable[str]) -> str:
    """Name several rows at once.

    >>> places(["row 2", "row 3", "row 4"]), places(["entry 1", "entry 5"])
    ('rows 2-4', 'entries 1, 5')
    """
    kinds, _, numbers = zip(*(one.partition(" ") for one in each), strict=True)
    kind, counts = kinds[0], [int(one) for one in numbers]
    many = "entries" if kind == "entry" else f"{kind}s"
    if counts == list(range(counts[0], counts[0] + len(counts))) and len(counts) > 1:
        return f"{many} {counts[0]}-{counts[-1]}"
    return f"{many} {', '.join(map(str, counts))}"


def _spelled(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(_spelled, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
