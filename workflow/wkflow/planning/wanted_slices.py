"""The slices of a folder that are wanted: headers of others need not be read."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from wkflow.errors import SourceError
from wkflow.planning.find_layers import ImageFolder

ALL = slice(None)


def wanted_slices(
    found: ImageFolder, planes: slice, groups: Callable[[ImageFolder], Iterable[ImageFolder]]
) -> tuple[ImageFolder, list[ImageFolder] | None]:
    """Give the files of which slices are wanted, if the folder is one of slices; and its stacks.

    `planes` are those of each stack, `groups` puts the files of a folder into stacks, by names.
    The stacks are None where nobody had to ask for them.
    """
    if planes == ALL:
        return found, None
    try:
        stacks = list(groups(found))
    except SourceError:  # told if they are slices
        return found, None
    return only_files(found, {file for stack in stacks for file in stack.some(planes)}), stacks


def only_files(found: ImageFolder, files: set[str]) -> ImageFolder:
    """Leave some files of a folder, in their order; all, if none of these is there."""
    rows = zip(found.files, found.marks, found.names, strict=True)
    kept = [row for row in rows if row[0] in files]
    if not kept:
        return found
    return replace(
        found,
        files=tuple(file for file, _, _ in kept),
        marks=tuple(mark for _, mark, _ in kept),
        names=tuple(name for _, _, name in kept),
    )
