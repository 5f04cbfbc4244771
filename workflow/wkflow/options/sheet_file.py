"""A sheet as a file: text with tabs, commas or semicolons, YAML, or a workbook of Excel."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import yaml

from wkflow.errors import ConfigError

COMMENT = "#"
"""Begins a line that says nothing to us."""

DELIMITERS = "\t;,"
"""Between cells; the most frequent one of the header counts, of equals the first."""

MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""How a text begins that is not in UTF-8, as Excel's "Unicode text"."""

SUFFIXES = (".tsv", ".csv", ".txt", ".yaml", ".yml", ".xlsx")

ENDINGS = ", ".join(SUFFIXES)


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One row of a file: what to call it, and its cells by the names of their columns.

    Cells that are empty are left out. `surplus` are those to which no column belongs.
    """

    place: str
    cells: Mapping[str, object]
    surplus: tuple[str, ...] = ()


def read_lines(path: Path) -> tuple[list[str], list[SheetLine]]:
    """Read a sheet: the names of its columns as they stand there, and its rows.

    Empty lines, and lines that begin with `#`, are no rows. Rows are counted as editors and Excel
    do, from 1 and with the header; those of YAML are the entries of its list.

    Raises
    ------
    ConfigError
        If the file is not there, or is no sheet.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigError(
            f"a sheet ends in one of {ENDINGS}", str(path), "Save it as one of these."
        )
    try:
        if suffix in {".yaml", ".yml"}:
            return _of_yaml(path)
        return _with_header(_of_excel(path) if suffix == ".xlsx" else _of_text(path))
    except FileNotFoundError:
        raise ConfigError("there is no such sheet", str(path), "Look at its path.") from None
    except IsADirectoryError:
        raise ConfigError("is a folder, and no sheet", str(path), "Name a file in it.") from None


def _with_header(rows: Iterator[tuple[int, Sequence[str]]]) -> tuple[list[str], list[SheetLine]]:
    _, header = next(rows, (0, ()))
    names = [name.strip() for name in header]
    while names and not names[-1]:  # Excel writes columns that were once filled
        names.pop()
    lines = []
    for number, cells in rows:
        bare = [cell.strip() for cell in cells]
        found = {name: cell for name, cell in zip(names, bare, strict=False) if cell and name}
        nameless = (cell for name, cell in zip(names, bare, strict=False) if cell and not name)
        surplus = (*nameless, *filter(None, bare[len(names) :]))
        lines.append(SheetLine(f"row {number}", found, surplus))
    return names, lines


def _of_text(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    text = _decoded(path)
    head = next((line for line in text.splitlines() if _says_something(line)), "")
    delimiter = max(DELIMITERS, key=head.count)
    lines = iter(text.splitlines(keepends=True))
    begins_row = True

    def fed() -> Iterator[str]:
        """Hide comments from the reader, to which a quote in one would mean something."""
        nonlocal begins_row
        for line in lines:
            is_comment = begins_row and line.lstrip().startswith(COMMENT)
            begins_row = False
            yield "\n" if is_comment else line

    reader = csv.reader(fed(), delimiter=delimiter, strict=True)
    while True:
        number, begins_row = reader.line_num + 1, True
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise ConfigError(
                f"row {number} cannot be read: {error}", str(path), "Look at its quotes."
            ) from None
        if cells is None:
            return
        if any(map(str.strip, cells)):
            yield number, cells


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(COMMENT)


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode(MARKS.get(content[:2], "utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"row {line} is not in UTF-8", str(path),
            'Save it as UTF-8: in Excel as "CSV UTF-8".',
        ) from None  # fmt: skip


def _of_excel(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """Give the rows of a workbook's first sheet, with the values that formulas had."""
    if find_spec("openpyxl") is None:
        raise ConfigError(
            "needs a package that is not installed (openpyxl)", str(path),
            "pip install 'wkflow[xlsx]', or save it as CSV.",
        )  # fmt: skip
    from zipfile import BadZipFile  # noqa: PLC0415 -- as below

    import openpyxl  # noqa: PLC0415 -- only for these files

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        values = list(book.worksheets[0].values)
        book.close()
    except (BadZipFile, KeyError, ValueError, IndexError) as error:
        raise ConfigError(
            f"is no workbook of Excel ({error})", str(path), "Save it anew, or as CSV."
        ) from None
    for number, row in enumerate(values, start=1):
        cells = [_spelled(value) for value in row]
        if any(cells) and not next(filter(None, cells)).startswith(COMMENT):
            yield number, cells


def _spelled(value: object) -> str:
    """Write what a cell of Excel holds as a person sees it there."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def _of_yaml(path: Path) -> tuple[list[str], list[SheetLine]]:
    try:
        entries = yaml.safe_load(path.read_bytes())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or "no YAML"
        raise ConfigError(f"{place}{problem}", str(path), "Mend it there.") from None
    return lines_of([] if entries is None else entries, path)


def lines_of(entries: object, path: Path) -> tuple[list[str], list[SheetLine]]:
    """Give the rows of a list of datasets.

    Raises
    ------
    ConfigError
        If it is no list of mappings; `path` is named.
    """
    wanted = "Write `- source: ...` with the other options of a dataset below it."
    if not isinstance(entries, list):
        raise ConfigError("is no list of datasets", str(path), wanted)
    names: dict[str, None] = {}
    lines = []
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise ConfigError(f"entry {number} has no options", str(path), wanted)
        cells = {str(name): one for name, one in entry.items() if one is not None and one != ""}
        names |= dict.fromkeys(map(str, entry))
        lines.append(SheetLine(f"entry {number}", cells))
    return list(names), lines
