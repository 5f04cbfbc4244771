"""A dataset on disk, of any tool, as batches of files to send."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wkflow.atomic_files import PARTIAL
from wkflow.errors import SourceError
from wkflow.model.datasource_properties import mags_of, paths_of
from wkflow.model.receipt import ShardFile
from wkflow.model.write_datasource import PROPERTIES

BATCH_BYTES = 2**31
BATCH_FILES = 2000
"""A job is worth its start, and an interrupted one is no great loss."""

MOST_BATCHES = 10_000
"""Each is a job, and costs the scheduler time."""

NAMED = 3
"""How many left out files a note names."""

TEMPORARY = (PARTIAL, ".__lock")
"""Ends of names that killed writers leave behind."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The files of a dataset but for its properties, with (size, mtime in ns) of each.

    `name` is the dataset's own; `notes` say what is left out.
    """

    name: str
    files: tuple[ShardFile, ...]
    marks: tuple[tuple[str, int, int], ...]
    notes: tuple[str, ...]

    def batches(self) -> list[tuple[ShardFile, ...]]:
        """Cut the files into batches, in order: of double the size until they are few."""
        times = 1
        while len(batches := self._cut(BATCH_BYTES * times, BATCH_FILES * times)) > MOST_BATCHES:
            times *= 2
        return batches

    def _cut(self, most_bytes: int, most_files: int) -> list[tuple[ShardFile, ...]]:
        batches: list[list[ShardFile]] = []
        size = 0
        for file in self.files:
            if not batches or size + file.bytes > most_bytes or len(batches[-1]) >= most_files:
                batches.append([])
                size = 0
            batches[-1].append(file)
            size += file.bytes
        return [tuple(batch) for batch in batches]


def find_batches(dataset: Path, *, follow_links: bool) -> Contents:
    """List what is to be sent of a dataset.

    Raises
    ------
    SourceError
        If the folder is no dataset, or the properties name a mag that is not in it.
    """
    document = _properties(dataset)
    outside: list[str] = []
    found = sorted(_walk(dataset, dataset, outside, {os.path.realpath(dataset)}, follow_links))
    if PROPERTIES in outside:  # read and sent in any case
        outside.remove(PROPERTIES)
        found.append(_mark(dataset / PROPERTIES, PROPERTIES))
    empty = [path for path, size, _ in found if size == 0]
    marks = tuple(mark for mark in found if mark[1] > 0 and mark[0] != PROPERTIES)
    _check_places(dataset, document, outside)
    return Contents(
        name=_name(document, dataset),
        files=tuple(ShardFile(path, size, "") for path, size, _ in marks),
        marks=(*marks, *(mark for mark in found if mark[0] == PROPERTIES)),
        notes=(
            *_note(empty, "empty files are left out (a server takes none)"),
            *_note(outside, "links lead out of the dataset and are left out; see --follow-links"),
        ),
    )


def _properties(dataset: Path) -> dict[str, Any]:
    path = dataset / PROPERTIES
    if not path.is_file():
        raise SourceError(
            f"is no dataset: it has no {PROPERTIES}", str(dataset),
            "Give the folder of a dataset; `wkflow remote-convert` uploads images.",
        )  # fmt: skip
    try:
        document = json.loads(path.read_bytes())
        document["dataLayers"][0]
        _name(document, dataset), list(_places(document))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise SourceError(
            f"describes no layers ({type(error).__name__}: {error})", str(path),
            "Open it with the tool that made it.",
        ) from None  # fmt: skip
    return dict(document)


def _name(document: dict[str, Any], dataset: Path) -> str:
    return str(document.get("id", {}).get("name") or dataset.name)


def _places(document: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Give each mag and attachment in words, where it may be, and whether it is a folder."""
    for layer in document["dataLayers"]:
        name = layer["name"]
        for mag in mags_of(layer):
            paths = paths_of(layer, mag)
            yield f"mag {paths[0]} of layer {name}", paths, True
        for kind, some in (layer.get("attachments") or {}).items():
            for one in [some] if isinstance(some, dict) else some or ():
                yield f"{kind} {one['name']} of layer {name}", (one["path"],), False


def _walk(
    dataset: Path,
    folder: Path,
    outside: list[str],
    above: set[str],
    follow_links: bool,  # noqa: FBT001 -- passed on
) -> Iterator[tuple[str, int, int]]:
    """Give path, size and mtime of each file; what links lead out of the dataset is noted."""
    with os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path).relative_to(dataset).as_posix()
            if entry.is_symlink() and not _may_follow(dataset, entry, follow_links):
                outside.append(path)
            elif entry.is_dir():
                real = os.path.realpath(entry.path)
                if real not in above:  # else the link leads round in a circle
                    yield from _walk(
                        dataset, Path(entry.path), outside, above | {real}, follow_links
                    )
            elif not entry.name.endswith(TEMPORARY):
                yield _mark(entry, path)


def _mark(file: "os.DirEntry[str] | Path", path: str) -> tuple[str, int, int]:
    stat = file.stat()
    return path, stat.st_size, stat.st_mtime_ns


def _may_follow(dataset: Path, entry: "os.DirEntry[str]", follow_links: bool) -> bool:  # noqa: FBT001
    exists = os.path.exists(entry.path)  # noqa: PTH110 -- called for each link of a million
    is_inside = Path(os.path.realpath(entry.path)).is_relative_to(os.path.realpath(dataset))
    return exists and (follow_links or is_inside)


def _check_places(dataset: Path, document: dict[str, Any], outside: list[str]) -> None:
    for what, paths, is_folder in _places(document):
        if any("://" in path or _leaves(Path(os.path.normpath(path))) for path in paths):
            raise SourceError(
                f"{what} lies outside the dataset", str(dataset),
                "Copy it into the dataset, and correct the path in its properties.",
            )  # fmt: skip
        inside = [Path(os.path.normpath(path)) for path in paths]
        there = [place for place in inside if _is_there(dataset / place, is_folder=is_folder)]
        if any(not _cut_off(place, outside) for place in there):
            continue
        leads_out = bool(there)
        raise SourceError(
            f"{what} {'is a link that leads outside' if leads_out else 'is not there'}",
            str(dataset),
            "--follow-links sends it." if leads_out else "Remove it from the properties.",
        )


def _is_there(path: Path, *, is_folder: bool) -> bool:
    return path.is_dir() if is_folder else path.exists()


def _leaves(path: Path) -> bool:
    return path.is_absolute() or ".." in path.parts


def _cut_off(place: Path, outside: list[str]) -> bool:
    return any(place.is_relative_to(link) for link in outside)


def _note(paths: Iterable[str], what: str) -> tuple[str, ...]:
    named = list(paths)
    if not named:
        return ()
    more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
    return (f"{len(named)} {what}: {', '.join(named[:NAMED])}{more}",)
