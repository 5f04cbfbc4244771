"""The sheet of a batch: a row is a dataset, columns are options; all faults are told at once."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from wkflow.errors import ConfigError
from wkflow.network.urls import is_url
from wkflow.options.command_options import NOT_OF, OPTIONS_OF
from wkflow.options.settings import Settings
from wkflow.options.sharing_token import parted
from wkflow.options.sheet_file import SheetLine, lines_of, read_lines
from wkflow.options.sheet_layers import Fault, Row, SheetRow, joined

SHOWN = 3
"""Faults that are shown, besides the line of how many there are and that of the remedy."""

OF_ALL = frozenset({"jobs", "memory", "distribution_strategy", "job_resources"})
"""Options that all datasets share: they are no columns."""

COLUMNS = frozenset(Settings.model_fields) - OF_ALL - {"layers"}

ALIASES = {"dataset_name": "name", "coarsest_mag": "max_mag", "yes": "assume_yes"}

REMEDY = "Columns are named as options: `wkflow batch --help` explains them."


def read_sheet(path: Path, defaults: Mapping[str, object]) -> list[Row]:
    """Read a sheet; `defaults` are the options of all rows in which a cell is empty.

    Raises
    ------
    ConfigError
        If it is no sheet, is empty, or anything in it is wrong: with the number of all faults and
        the first ones; all of them are its `detail`.
    """
    return _read(*read_lines(path), path, defaults)


def read_entries(
    entries: Sequence[object], where: Path, defaults: Mapping[str, object]
) -> list[Row]:
    """Read a list of datasets, as a sheet in YAML is one; `where` is named in errors.

    Raises
    ------
    ConfigError
        As `read_sheet` does.
    """
    return _read(*lines_of(entries, where), where, defaults)


def _read(
    names: Sequence[str], lines: Sequence[SheetLine], path: Path, defaults: Mapping[str, object]
) -> list[Row]:
    if not lines:
        raise ConfigError(
            "holds no datasets" if names else "is empty", str(path),
            "The first row names options (source, target, ...), each further one is a dataset.",
        )  # fmt: skip
    options, faults = _columns(names)
    if defaults.get("layers"):
        faults.append(Fault("", "--layers", "does not hold for all rows: a row is a layer"))
    faults += [
        Fault(one.place, "", f"{one.surplus[0]!r} stands below no column")
        for one in lines
        if one.surplus
    ]
    rows, of_rows = _rows(lines, options, defaults)
    datasets, of_layers = joined(rows)
    faults += [*of_rows, *of_layers, *_collisions(rows, datasets)]
    if faults:
        raise _told(path, faults)
    return datasets


def _columns(names: Sequence[str]) -> tuple[dict[str, str], list[Fault]]:
    """Find the option that each column names; columns without a name belong to nobody."""
    options: dict[str, str] = {}
    faults = []
    for name in filter(None, names):
        bare = name.lstrip("-").lower().replace("-", "_").replace(" ", "_")
        option = ALIASES.get(bare, bare)
        if option == "layers":
            words = "is no column: a row is a layer, where several have one target"
            faults.append(Fault("", f"column {name}", words))
        elif option in OF_ALL:
            words = f"holds for all datasets: give it as --{option.replace('_', '-')}"
            faults.append(Fault("", f"column {name}", words))
        elif option not in COLUMNS:
            near = get_close_matches(bare, [*COLUMNS, *ALIASES], n=1, cutoff=0.5)
            hint = f", did you mean {near[0]}?" if near else ""
            faults.append(Fault("", f"column {name}", f"no such option{hint}"))
        elif option in options.values():
            faults.append(Fault("", f"column {name}", f"is there twice, as {option}"))
        else:
            options[name] = option
    return options, faults


def _rows(
    lines: Iterable[SheetLine], options: Mapping[str, str], defaults: Mapping[str, object]
) -> tuple[list[SheetRow], list[Fault]]:
    rows, faults = [], []
    of_defaults: dict[str, Fault] = {}
    for line in lines:
        given = {options[name]: cell for name, cell in line.cells.items() if name in options}
        bare, token = parted({**_for_command(given.get("command"), defaults), **given})
        if token:
            words = "holds a token: others can read a sheet; give it as WK_TOKEN"
            faults.append(Fault(line.place, "target", words))
        settings, wrong = Settings.checked(bare)
        for fault in wrong:
            option, colon, words = fault.partition(": ")
            known = option in Settings.model_fields
            column = option if known and colon else ""
            if column in defaults and column not in given:
                flag = f"--{column.replace('_', '-')}"
                of_defaults.setdefault(fault, Fault("", flag, words))
            else:
                faults.append(Fault(line.place, column, words if column else fault))
        settings = settings or _without(bare, {one.partition(": ")[0] for one in wrong})
        if settings:
            rows.append(SheetRow(line.place, given, bare, settings))
            faults += _missing(rows[-1])
    return rows, [*of_defaults.values(), *faults]


def _for_command(command: object, defaults: Mapping[str, object]) -> Mapping[str, object]:
    """Give what holds for all rows and is an option of the command of this one.

    An upload takes no cores: its `jobs` are connections.
    """
    command = str(command or defaults.get("command"))
    if known := OPTIONS_OF.get(command):
        known -= {"jobs"} if command == "upload" else set()
        return {name: one for name, one in defaults.items() if name in known}
    foreign = NOT_OF.get(command, NOT_OF["convert"])
    return {name: one for name, one in defaults.items() if name not in foreign}


def _without(given: Mapping[str, object], wrong: set[str]) -> Settings | None:
    """Read a row without the options that are wrong: its places may be wrong as well."""
    return Settings.checked({name: one for name, one in given.items() if name not in wrong})[0]


def _missing(row: SheetRow) -> Iterator[Fault]:
    column = "target" if row.settings.kind.downsamples else "source"
    place = getattr(row.settings, column)
    if place and not is_url(place) and not os.path.lexists(place):
        yield Fault(row.place, column, f"there is no {place}")


def _collisions(rows: Sequence[SheetRow], datasets: Sequence[Row]) -> Iterator[Fault]:
    """Find rows that would write one dataset, or one into what another reads or writes."""
    yield from _same_names(datasets)
    sources, targets = _places(rows, "source"), _places(rows, "target")
    for place, holders in targets.items():
        for parent in Path(place).parents:
            inside = f"{place} lies inside the"
            for other in sources.get(str(parent), []):
                yield from _between(holders, other, f"{inside} source of {other.place}")
            for other in targets.get(str(parent), []):
                yield from _between(holders, other, f"{inside} target of {other.place}")
        for other in sources.get(place, []):
            yield from _between(holders, other, f"{place} is the source of {other.place}")
    for place, holders in sources.items():
        for parent in Path(place).parents:
            for other in targets.get(str(parent), []):
                words = f"holds the source of {holders[0].place}, {place}"
                yield from _between([other], holders[0], f"{parent} {words}")


def _between(holders: Sequence[SheetRow], other: SheetRow, words: str) -> Iterator[Fault]:
    """Tell of two rows; within one row it is the run that refuses it, in its own words."""
    yield from (Fault(one.place, "target", words) for one in holders if one is not other)


def _places(rows: Sequence[SheetRow], option: str) -> dict[str, list[SheetRow]]:
    found: dict[str, list[SheetRow]] = defaultdict(list)
    for row in rows:
        place = getattr(row.settings, option)
        if place and not is_url(place):
            found[os.path.realpath(place)].append(row)
    return found


def _same_names(rows: Sequence[Row]) -> Iterator[Fault]:
    """Find datasets of a server's folder with one name, as it is when it was cleaned."""
    found: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        one = row.settings
        if one.kind.uploads and not one.kind.composes:
            found[one.webknossos_url, one.folder, one.dataset_name].append(row)
    for (_, _, name), (first, *others) in found.items():
        for other in others:
            column = "name" if other.settings.name else "source"
            words = f"the dataset would be called {name}, as that of {first.place}"
            yield Fault(other.place, column, words)


def _told(path: Path, faults: Sequence[Fault]) -> ConfigError:
    """Tell of faults in at most five lines."""
    lines = list(map(str, faults))
    if len(lines) == 1:
        return ConfigError(lines[0], str(path), REMEDY)
    shown = lines[: SHOWN if len(lines) <= SHOWN else SHOWN - 1]
    more = [f"and {len(lines) - len(shown)} more"] if len(lines) > len(shown) else []
    what = "\n  ".join([f"{len(lines)} faults, and no dataset was begun:", *shown, *more])
    return ConfigError(what, str(path), f"--verbose shows all. {REMEDY}", "\n".join(lines))


def sheet_schema() -> str:
    """Give `workflow/schemas/sheet.schema.json`: for editors that check sheets in YAML."""
    schema: dict[str, Any] = Settings.model_json_schema()
    schema["properties"] = {
        name: about for name, about in schema["properties"].items()
        if name in {*COLUMNS, *ALIASES}
    }  # fmt: skip
    definitions = schema.pop("$defs", None)
    items = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    items |= {"$defs": definitions} if definitions else {}
    return json.dumps({**items, "type": "array", "items": schema}, indent=2) + "\n"
