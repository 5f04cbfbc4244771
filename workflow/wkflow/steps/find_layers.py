"""Which folders and files of a source become which layers."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from natsort import natsorted

from wkflow.errors import SourceError
from wkflow.readers import SUFFIXES
from wkflow.spelling import RESERVED, suggest

NAMED = 3
"""How many gaps or duplicates a note names before it only counts."""

_JUNK = re.compile(r"\.|Thumbs\.db$|desktop\.ini$", re.IGNORECASE)
_LAST_NUMBER = re.compile(r"(\d+)(?!.*\d)")


@dataclass(frozen=True, slots=True)
class Found:
    """The image files of one layer in natural order, and what a person should know of them."""

    name: str
    files: tuple[str, ...]
    marks: tuple[tuple[int, int], ...]
    notes: tuple[str, ...] = ()


def find_layers(source: Path) -> list[Found]:
    """List the layers of a source: each folder that holds images is one.

    A single file is one layer, too. Hidden files and what operating systems leave in folders are
    skipped, as are files that are no images. Symbolic links to folders are not followed.

    Raises
    ------
    SourceError
        If there is nothing to read, or two folders would become the same layer.
    """
    try:
        if source.is_file():
            return [_found(_layer_name(source.stem), [_marked(source)])]
        found = [_found(name, files) for name, files in _folders(source)]
    except OSError as error:
        raise SourceError(
            error.strerror or str(error), error.filename or str(source),
            "Check that it exists and that you may read it.",
        ) from error  # fmt: skip
    if not found:
        raise SourceError(
            "holds no readable images" if source.is_dir() else "does not exist",
            str(source),
            f"Readable suffixes: {', '.join(sorted(SUFFIXES))}.",
        )
    twice = [name for name, count in Counter(layer.name for layer in found).items() if count > 1]
    if twice:
        raise SourceError(
            f"holds several folders that would become layer {twice[0]}",
            str(source),
            "Rename one of them.",
        )
    return found


def _marked(path: Path) -> tuple[str, tuple[int, int]]:
    stat = path.stat()
    return str(path), (stat.st_size, stat.st_mtime_ns)


def _folders(source: Path) -> Iterator[tuple[str, list[tuple[str, tuple[int, int]]]]]:
    """Give each folder with images, the source itself included, in natural order."""
    subfolders, files = [], []
    with os.scandir(source) as entries:
        for entry in entries:
            if _JUNK.match(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                subfolders.append(entry.path)
            elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:  # noqa: PTH122 -- 100 000 times
                stat = entry.stat()
                files.append((entry.path, (stat.st_size, stat.st_mtime_ns)))
    if files:
        yield _layer_name(source.name), files
    for folder in natsorted(subfolders):
        yield from _folders(Path(folder))


def _layer_name(name: str) -> str:
    """Make a name that WEBKNOSSOS takes, as the official tool does: leave other letters out."""
    kept = re.sub(r"[^A-Za-z0-9_$@\-.]", "", name).lstrip(".")
    return f"{kept}_layer" if kept in RESERVED else kept or suggest(name, least=1)


def _found(name: str, marked: list[tuple[str, tuple[int, int]]]) -> Found:
    by_file = dict(marked)
    files = natsorted(by_file)
    return Found(name, tuple(files), tuple(by_file[file] for file in files), _notes(name, files))


def _notes(name: str, files: list[str]) -> tuple[str, ...]:
    """Report gaps and duplicates in the numbering: the last number of each file name."""
    matches = [_LAST_NUMBER.search(Path(file).stem) for file in files]
    numbers = [int(match[1]) for match in matches if match]
    if len(numbers) < len(files) or len(files) < 2:
        return ()
    gaps = [f"{a + 1}" if b == a + 2 else f"{a + 1} to {b - 1}"
            for a, b in pairwise(sorted(set(numbers))) if b > a + 1]  # fmt: skip
    twice = [str(number) for number, count in sorted(Counter(numbers).items()) if count > 1]
    return tuple(
        f"layer {name}: {what} {', '.join(items[:NAMED])}"
        + (f" and {len(items) - NAMED} more" if len(items) > NAMED else "")
        for what, items in (
            ("numbers missing between slices:", gaps),
            ("numbers that several slices have:", twice),
        )
        if items
    )
