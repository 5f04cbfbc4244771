"""Which folders and files of a source become which layers."""

import os
import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from natsort import natsorted

from wkflow.errors import SourceError
from wkflow.origins.address import file_name, shown
from wkflow.readers import RAW_SUFFIXES, READERS, SUFFIXES, is_readable, suffix_of
from wkflow.spelling import RESERVED, suggest

Mark = tuple[int, int]
"""Size and modification time (ns) of a file."""

Listing = list[tuple[str, Mark]]

NAMED = 3
"""How many gaps or duplicates a note names before it only counts."""

_JUNK = re.compile(r"\.|Thumbs\.db$|desktop\.ini$", re.IGNORECASE)
_LAST_NUMBER = re.compile(r"(\d+)(?!.*\d)")


@dataclass(frozen=True, slots=True)
class Found:
    """The image files of one folder in natural order, and what a person should know of them.

    `names` are those of the layers that each file would be by itself.
    """

    name: str
    files: tuple[str, ...]
    marks: tuple[Mark, ...]
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def find_layers(source: Path, *, has_raw: bool = False) -> list[Found]:
    """List the folders of a source that hold images: each is a layer, or a layer for each file.

    A single file, and a store of arrays, is one, too. Hidden files and what operating systems
    leave in folders are skipped, as are files that are no images. Symbolic links to folders are
    not followed. `has_raw` says that files without a header are images, too.

    Raises
    ------
    SourceError
        If there is nothing to read, or two folders would become the same layer.
    """
    try:
        if source.is_file() or is_readable(str(source)):
            name = layer_name(source.name if source.is_dir() else source.stem)
            path, mark = _marked(source)
            return [Found(name, (path,), (mark,), (name,))]
        folders = list(_folders(source, has_raw=has_raw))
    except OSError as error:
        raise SourceError(
            error.strerror or str(error), error.filename or str(source),
            "Check that it exists and that you may read it.",
        ) from error  # fmt: skip
    if not folders:
        raise SourceError(
            "holds no readable images" if source.is_dir() else "does not exist",
            str(source),
            f"Readable suffixes: {', '.join(sorted(READERS))}, and others of Bio-Formats.",
        )
    return named_apart([_found(name, files, str(source)) for name, files in folders], str(source))


def find_remote_layers(source: str, listed: Listing, *, has_raw: bool = False) -> list[Found]:
    """List the folders with images of what is below a URL, as `find_layers` does."""
    folders: dict[str, Listing] = {}
    for url, mark in listed:
        is_hidden = any(_JUNK.match(part) for part in _below(url, source).split("/")[:-1])
        if not is_hidden and _is_image(file_name(url), url, has_raw=has_raw):
            folders.setdefault(posixpath.dirname(shown(url)), []).append((url, mark))
    if not folders:
        raise SourceError(
            "holds no readable images", shown(source),
            f"Readable suffixes: {', '.join(sorted(READERS))}, and others of Bio-Formats.",
        )  # fmt: skip
    if len(listed) == 1:
        name = layer_name(PurePosixPath(file_name(listed[0][0])).stem)
        return [Found(name, (listed[0][0],), (listed[0][1],), (name,))]
    found = [
        _found(layer_name(unquote(posixpath.basename(folder))), folders[folder], source)
        for folder in natsorted(folders)
    ]
    return named_apart(found, source)


def named_apart(found: list[Found], source: str) -> list[Found]:
    """Give the folders back, unless two of them have one name."""
    twice = [name for name, count in Counter(layer.name for layer in found).items() if count > 1]
    if twice:
        raise SourceError(
            f"holds several folders that would become layer {twice[0]}",
            source,
            "Rename one of them.",
        )
    return found


def _marked(path: Path) -> tuple[str, Mark]:
    stat = path.stat()
    return str(path), (stat.st_size, stat.st_mtime_ns)


def _folders(source: Path, *, has_raw: bool) -> Iterator[tuple[str, Listing]]:
    """Give each folder with images, the source itself included, in natural order."""
    subfolders, files = [], []
    with os.scandir(source) as entries:
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if _is_image(entry.name, entry.path, has_raw=has_raw, is_folder=is_folder):
                stat = entry.stat()
                files.append((entry.path, (stat.st_size, stat.st_mtime_ns)))
            elif is_folder and not _JUNK.match(entry.name):
                subfolders.append(entry.path)
    if files:
        yield layer_name(source.name), files
    for folder in natsorted(subfolders):
        yield from _folders(Path(folder), has_raw=has_raw)


def _is_image(name: str, path: str, *, has_raw: bool, is_folder: bool = False) -> bool:
    """Tell whether an entry of a folder is an image, from its name where that is enough."""
    if _JUNK.match(name):
        return False
    if is_folder:
        return is_readable(path)
    suffix = suffix_of(name)
    if suffix in RAW_SUFFIXES:
        return has_raw
    return suffix in SUFFIXES or (not suffix and "://" not in path and is_readable(path))


def layer_name(name: str) -> str:
    """Make a name that WEBKNOSSOS takes, as the official tool does: leave other letters out."""
    kept = re.sub(r"[^A-Za-z0-9_$@\-.]", "", name).lstrip(".")
    return f"{kept}_layer" if kept in RESERVED else kept or suggest(name, least=1)


def _found(name: str, marked: Listing, source: str) -> Found:
    by_file = dict(marked)
    files = natsorted(by_file)
    return Found(
        name,
        tuple(files),
        tuple(by_file[file] for file in files),
        tuple(layer_name(_below(file, source)) for file in files),
        _notes(name, files),
    )


def _below(file: str, source: str) -> str:
    """Give a file's path below the source."""
    if "://" not in file:
        return file.removeprefix(source)
    return posixpath.relpath(unquote(shown(file)), unquote(shown(source)))


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
