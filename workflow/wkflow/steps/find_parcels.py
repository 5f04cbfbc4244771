"""A dataset on disk, of any tool, as parcels of files to send."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from wkflow.datasource import PROPERTIES
from wkflow.durable import PARTIAL
from wkflow.errors import SourceError
from wkflow.receipt import ShardFile

PARCEL_BYTES = 2**31
PARCEL_FILES = 2000
"""A job is worth its start, and an interrupted one is no great loss."""

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

    def parcels(self) -> list[tuple[ShardFile, ...]]:
        """Cut the files into parcels."""
        sums, groups = (0, 0), []
        for file in self.files:
            size, count = sums
            groups.append((file, max(size // PARCEL_BYTES, count // PARCEL_FILES)))
            sums = size + file.bytes, count + 1
        return [tuple(file for file, _ in group) for _, group in groupby(groups, lambda g: g[1])]


def find_parcels(dataset: Path, *, follow_links: bool) -> Contents:
    """List what is to be sent of a dataset.

    Raises
    ------
    SourceError
        If the folder is no dataset, or the properties name a mag that is not in it.
    """
    document = _properties(dataset)
    outside: list[str] = []
    found = sorted(_walk(dataset, dataset, outside, {os.path.realpath(dataset)}, follow_links))
    empty = [path for path, size, _ in found if size == 0]
    marks = tuple(mark for mark in found if mark[1] > 0 and mark[0] != PROPERTIES)
    _check_mags(dataset, document, outside)
    return Contents(
        name=str(document.get("id", {}).get("name") or dataset.name),
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
        document["dataLayers"][0]["name"]
    except (ValueError, LookupError, TypeError) as error:
        raise SourceError(
            f"describes no layers ({error})", str(path), "Open it with the tool that made it."
        ) from None
    return dict(document)


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
                stat = entry.stat()
                yield path, stat.st_size, stat.st_mtime_ns


def _may_follow(dataset: Path, entry: "os.DirEntry[str]", follow_links: bool) -> bool:  # noqa: FBT001
    exists = os.path.exists(entry.path)  # noqa: PTH110 -- called for each link of a million
    is_inside = Path(os.path.realpath(entry.path)).is_relative_to(os.path.realpath(dataset))
    return exists and (follow_links or is_inside)


def _check_mags(dataset: Path, document: dict[str, Any], outside: list[str]) -> None:
    for layer in document["dataLayers"]:
        for mag in layer.get("mags", ()):
            path = str(mag.get("path", f"./{layer['name']}/{_spell(mag['mag'])}"))
            inside = Path(os.path.normpath(path))
            is_plain = "://" not in path and not inside.is_absolute() and ".." not in inside.parts
            if not is_plain:
                raise SourceError(
                    f"mag {path} of layer {layer['name']} lies outside the dataset", str(dataset),
                    "Copy it into the dataset, or use --transfer-mode with access to the storage.",
                )  # fmt: skip
            cut_off = [link for link in outside if inside.is_relative_to(link)]
            if cut_off or not (dataset / inside).is_dir():
                raise SourceError(
                    f"mag {path} of layer {layer['name']} "
                    + ("is a link that leads outside" if cut_off else "is not there"),
                    str(dataset),
                    "--follow-links sends it." if cut_off else "Remove it from the properties.",
                )


def _spell(mag: Any) -> str:  # noqa: ANN401 -- JSON: a number or three
    factors = [mag] * 3 if isinstance(mag, int) else mag
    is_isotropic = len(set(factors)) == 1
    return str(factors[0]) if is_isotropic else "-".join(map(str, factors))


def _note(paths: Iterable[str], what: str) -> tuple[str, ...]:
    named = list(paths)
    if not named:
        return ()
    more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
    return (f"{len(named)} {what}: {', '.join(named[:NAMED])}{more}",)
