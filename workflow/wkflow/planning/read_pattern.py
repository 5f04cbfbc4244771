"""The pattern of an option, held against the names of a source's files."""

from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from posixpath import basename, dirname, relpath
from urllib.parse import unquote

from wkflow.errors import SourceError
from wkflow.model.name_pattern import NamePattern
from wkflow.network.urls import is_url, shown
from wkflow.planning.arrange_axes import NamedAxes
from wkflow.planning.find_layers import NAMED, ImageFolder, layer_name
from wkflow.planning.slice_numbers import column_of

NEAREST = 3
"""Names that are told when none is like the pattern."""


def regroup(found: Sequence[ImageFolder], pattern: NamePattern, root: str) -> list[ImageFolder]:
    """Put files together that lie below one folder, but for those that the pattern names.

    Files whose names are unlike it are left out, and a note says so. `root` is the source.

    Raises
    ------
    SourceError
        If no name is like the pattern; the nearest ones are told.
    """
    groups: dict[str, list[tuple[ImageFolder, int]]] = {}
    others: list[str] = []
    for folder in found:
        for place, file in enumerate(folder.files):
            below = relpath(_plain(file), _plain(root))
            if fields_of(pattern, file, root) is None:
                others.append(below)
            else:
                tail = below.split("/")[: -pattern.depth]
                groups.setdefault("/".join([_plain(root).rstrip("/"), *tail]), []).append(
                    (folder, place)
                )
    if not groups:
        raise SourceError(
            f"no name is like {pattern.text} (the nearest are {_nearest(pattern, others)})",
            shown(root) if is_url(root) else root,
            "Correct --pattern: {z}, {channel} and {t} stand for what differs, * for anything.",
        )
    notes = [*dict.fromkeys(note for one in found for note in one.notes)]
    if others:
        some = ", ".join(others[:NAMED]) + (" ..." if len(others) > NAMED else "")
        what = "images are" if len(others) > 1 else "image is"
        notes.append(f"{len(others)} {what} unlike {pattern.text} and left out: {some}")
    made = [_group(path, members) for path, members in groups.items()]
    faults = tuple(
        fault
        for one in found
        for fault in one.faults
        if fields_of(pattern, fault.where, root) is not None
    )
    return [replace(made[0], notes=tuple(notes), faults=faults), *made[1:]]


def _group(path: str, members: list[tuple[ImageFolder, int]]) -> ImageFolder:
    return ImageFolder(
        layer_name(basename(path)),
        tuple(folder.files[place] for folder, place in members),
        tuple(folder.marks[place] for folder, place in members),
        tuple(folder.names[place] for folder, place in members),
    )


def fields_of(pattern: NamePattern, file: str, root: str = "") -> dict[str, str] | None:
    """Give what the pattern says of a file: of its name, and of folders below the `root`."""
    path = _plain(file)
    parts = (relpath(path, _plain(root)) if root else path).split("/")
    if len(parts) < pattern.depth:
        return None
    return pattern.read("/".join(parts[-pattern.depth :]))


def named_axes(files: Sequence[str], pattern: NamePattern) -> NamedAxes:
    """Give what the pattern says of files that are all like it."""
    read = [fields_of(pattern, file) or {} for file in files]
    columns = {
        field: column_of(field, [one[field] for one in read], is_number=field != "channel")
        for field in pattern.fields
    }
    return NamedAxes(tuple(files), columns.get("z"), columns.get("channel"), columns.get("t"))


def folder_of_group(files: Sequence[str], pattern: NamePattern) -> str:
    """Give the folder that the files have in common."""
    folder = files[0]
    for _ in range(pattern.depth):
        folder = dirname(folder)
    return folder


def _nearest(pattern: NamePattern, names: Sequence[str]) -> str:
    def likeness(name: str) -> float:
        return SequenceMatcher(None, pattern.text, name).ratio()

    return ", ".join(sorted(names, key=likeness, reverse=True)[:NEAREST])


def _plain(place: str) -> str:
    return unquote(shown(place)) if is_url(place) else place
