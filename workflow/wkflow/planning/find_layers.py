"""Which folders and files of a source become which layers."""

import os
import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Self
from urllib.parse import unquote

from natsort import natsorted

from wkflow.errors import SourceError, several
from wkflow.model.doubtful_slices import DoubtfulSlices
from wkflow.model.layer_names import RESERVED, is_periodic, suggest
from wkflow.model.source import BLANK
from wkflow.network.urls import file_name, is_url, shown
from wkflow.readers import RAW_SUFFIXES, READERS, SUFFIXES, is_readable, suffix_of

Mark = tuple[int, int]
"""Size and modification time (ns) of a file."""

Listing = list[tuple[str, Mark]]

NAME_MAX_CHARACTERS = 180
"""Of a layer that is named after a file or folder: what is told apart in it stands behind."""

NAMED = 3
"""How many files a note names before it only counts."""

_JUNK = re.compile(r"\.|Thumbs\.db$|desktop\.ini$", re.IGNORECASE)
_HIDDEN = re.compile(r"\.")


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """The image files of one folder in natural order, and what a person should know of them.

    `names` are those of the layers that each file would be by itself; `faults` are entries that
    have the name of an image and cannot be one. `missing` are the numbers that the slices of a
    stack leave out; in their places `files` has `BLANK`, or the slice before once more. Where names
    count `times`, the slices of one come behind those of the other.
    """

    name: str
    files: tuple[str, ...]
    marks: tuple[Mark, ...]
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    faults: tuple[SourceError, ...] = ()
    missing: str = ""
    times: int = 0
    doubtful: tuple[DoubtfulSlices, ...] = ()

    def some(self, planes: slice) -> set[str]:
        """Give the files of some places along z, of all times."""
        times = self.times or 1
        depth = len(self.files) // times
        places = (frame * depth + z for frame in range(times) for z in range(depth)[planes])
        return {self.files[place] for place in places} - {BLANK}

    @property
    def without_blanks(self) -> Self:
        """The same with each of its files once, in order."""
        places = sorted({file: place for place, file in enumerate(self.files) if file}.values())
        return replace(
            self,
            files=tuple(self.files[place] for place in places),
            marks=tuple(self.marks[place] for place in places),
            names=tuple(self.names[place] for place in places),
        )


@dataclass(slots=True)
class _Folder:
    """What lies in one folder: images, what cannot be one, and the names of what is none."""

    path: Path
    files: Listing = field(default_factory=list)
    faults: list[SourceError] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)


def find_layers(
    source: Path, *, has_raw: bool = False, are_apart: bool = True
) -> list[ImageFolder]:
    """List the folders of a source that hold images: each is a layer, or a layer for each file.

    A single file, and a store of arrays, is one, too. Hidden files and what operating systems
    leave in folders are skipped, as are files that are no images. Symbolic links to folders are
    not followed. `has_raw` says that files without a header are images, too; `are_apart` that each
    folder is a layer of its own.

    Raises
    ------
    SourceError
        If there is nothing to read, or two folders would become the same layer.
    """
    try:
        if source.is_file() or is_readable(str(source)):
            name = layer_name(source.name if source.is_dir() else source.stem)
            path, mark = _marked(source)
            return [ImageFolder(name, (path,), (mark,), (name,))]
        folders = list(_folders(source, has_raw=has_raw))
    except OSError as error:
        raise _unreadable(error, source) from error
    with_images = [folder for folder in folders if folder.files]
    faults = [fault for folder in folders if not folder.files for fault in folder.faults]
    if not with_images:
        if faults:
            raise several(faults)
        raise SourceError(
            "holds no readable images" if source.is_dir() else "does not exist",
            str(source),
            f"Readable suffixes: {', '.join(sorted(READERS))}, and others of Bio-Formats.",
        )
    found = [
        replace(
            _found(layer_name(folder.path.name), folder.files, str(source)),
            faults=tuple(folder.faults),
        )
        for folder in with_images
    ]
    skipped = [name for folder in folders for name in folder.skipped]
    first = replace(found[0], faults=(*faults, *found[0].faults), notes=_skipped_note(skipped))
    layers = [first, *found[1:]]
    return named_apart(layers, str(source)) if are_apart else layers


def _unreadable(error: OSError, source: Path) -> SourceError:
    return SourceError(
        error.strerror or str(error), error.filename or str(source),
        "Check that it exists and that you may read it.",
    )  # fmt: skip


def _skipped_note(names: list[str]) -> tuple[str, ...]:
    """Say which files are taken for no images; some are named."""
    if not names:
        return ()
    raws = any(suffix_of(name) in RAW_SUFFIXES for name in names)
    hint = "; give --raw-shape and --raw-dtype for files without a header" if raws else ""
    some = ", ".join(names[:NAMED]) + (" ..." if len(names) > NAMED else "")
    verb = "files are no images and are" if len(names) > 1 else "file is no image and is"
    return (f"{len(names)} {verb} left out: {some}{hint}",)


def find_remote_layers(
    source: str, listed: Listing, *, has_raw: bool = False, are_apart: bool = True
) -> list[ImageFolder]:
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
        return [ImageFolder(name, (listed[0][0],), (listed[0][1],), (name,))]
    found = [
        _found(layer_name(unquote(posixpath.basename(folder))), folders[folder], source)
        for folder in natsorted(folders)
    ]
    return named_apart(found, source) if are_apart else found


def named_apart(found: list[ImageFolder], source: str) -> list[ImageFolder]:
    """Give the folders back, unless two of them have one name."""
    twice = [name for name, count in Counter(layer.name for layer in found).items() if count > 1]
    if twice:
        same = (_below(one.files[0], source) for one in found if one.name == twice[0])
        folders = [repr(posixpath.dirname(file).strip("/") or ".") for file in same]
        some = ", ".join(folders[:NAMED]) + (" ..." if len(folders) > NAMED else "")
        raise SourceError(
            f"holds several folders that would become layer {twice[0]}: {some}",
            source,
            "Rename one of them: letters, digits, _ $ @ - . are kept, and others left out.",
        )
    return found


def _marked(path: Path) -> tuple[str, Mark]:
    stat = path.stat()
    return str(path), (stat.st_size, stat.st_mtime_ns)


def _folders(source: Path, *, has_raw: bool) -> Iterator[_Folder]:
    """Give each folder, the source itself included, in natural order."""
    folder = _Folder(source)
    with os.scandir(source) as entries:
        for entry in sorted(entries, key=_entry_name):
            _sort_in(entry, folder, has_raw=has_raw)
    yield folder
    for path in natsorted(folder.below):
        try:
            below = list(_folders(Path(path), has_raw=has_raw))
        except OSError as error:
            folder.faults.append(_unreadable(error, Path(path)))
            continue
        if suffix_of(path) in SUFFIXES and not any(one.files for one in below):
            remedy = "Rename it or take it away."
            folder.faults.append(SourceError("is a folder, not an image", path, remedy))
        yield from below


def _entry_name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _sort_in(entry: os.DirEntry[str], folder: _Folder, *, has_raw: bool) -> None:
    """Put an entry of a folder where it belongs; hidden ones are nowhere."""
    is_folder = entry.is_dir(follow_symlinks=False)
    if _is_image(entry.name, entry.path, has_raw=has_raw, is_folder=is_folder):
        try:
            stat = entry.stat()
        except OSError as error:
            folder.faults.append(_unreadable(error, Path(entry.path)))
        else:
            folder.files.append((entry.path, (stat.st_size, stat.st_mtime_ns)))
    elif _HIDDEN.match(entry.name):
        return
    elif is_folder:
        folder.below.append(entry.path)
    elif not _belongs(entry):
        folder.skipped.append(entry.name)


def _belongs(entry: os.DirEntry[str]) -> bool:
    """Whether a file without a header has one beside it, of its own name."""
    stem, suffix = os.path.splitext(entry.path)  # noqa: PTH122 -- ten thousand slices: no Path
    return suffix.lower() in RAW_SUFFIXES and any(
        os.path.exists(stem + other)  # noqa: PTH110
        for other in (".hdr", ".HDR")
    )


def _is_image(name: str, path: str, *, has_raw: bool, is_folder: bool = False) -> bool:
    """Tell whether an entry of a folder is an image, from its name where that is enough."""
    if _JUNK.match(name):
        return False
    if is_folder:
        return is_readable(path)
    suffix = suffix_of(name)
    if suffix in RAW_SUFFIXES:
        return has_raw
    return suffix in SUFFIXES or (not suffix and not is_url(path) and is_readable(path))


def layer_name(name: str) -> str:
    """Make a name that WEBKNOSSOS takes, as the official tool does: leave other letters out."""
    kept = re.sub(r"[^A-Za-z0-9_$@\-.]", "", name).lstrip(".")
    kept = kept[:NAME_MAX_CHARACTERS]
    is_wrong = kept in RESERVED or is_periodic(kept)
    return f"{kept}_layer" if is_wrong else kept or suggest(name, least=1)


def _found(name: str, marked: Listing, source: str) -> ImageFolder:
    by_file = dict(marked)
    files = natsorted(by_file)
    return ImageFolder(
        name,
        tuple(files),
        tuple(by_file[file] for file in files),
        tuple(layer_name(_below(file, source)) for file in files),
    )


def _below(file: str, source: str) -> str:
    """Give a file's path below the source."""
    if not is_url(file):
        return file.removeprefix(source)
    return posixpath.relpath(unquote(shown(file)), unquote(shown(source)))
