"""Which files of a folder are one stack: by the numbers in their names, or by DICOM series."""

from collections.abc import Callable
from dataclasses import replace

from wkflow.model.name_pattern import READ_AS, NamePattern
from wkflow.model.source import BLANK, BLANK_MARK
from wkflow.planning.arrange_axes import Arranged, arrange_axes
from wkflow.planning.arrange_slices import arrange_slices
from wkflow.planning.axes_of_names import counted
from wkflow.planning.find_layers import ImageFolder, layer_name
from wkflow.planning.missing_slices import MissingSlices
from wkflow.planning.read_pattern import folder_of_group, named_axes
from wkflow.readers import sort_series

Local = Callable[[str], str]
"""Gives a file's name on this machine: a remote one is fetched."""


def by_pattern(
    found: ImageFolder, pattern: NamePattern, missing: MissingSlices
) -> list[ImageFolder]:
    """Put slices in order, channels apart and times one after the other, as a pattern says.

    Raises
    ------
    SourceError
        As `arrange_axes`.
    """
    axes = named_axes(found.files, pattern)
    stacks = arrange_axes(axes, missing, folder_of_group(found.files, pattern))
    note = f"{READ_AS}{pattern.text}: {counted(axes)}"
    return _groups(found, [replace(stacks[0], notes=(note, *stacks[0].notes)), *stacks[1:]])


def by_names(found: ImageFolder, missing: MissingSlices) -> list[ImageFolder]:
    """Put slices in order, and channels apart, by the numbers in their names.

    Raises
    ------
    SourceError
        As `arrange_slices`.
    """
    return _groups(found, arrange_slices(found.files, missing))


def _groups(found: ImageFolder, stacks: list[Arranged]) -> list[ImageFolder]:
    marks = dict(zip(found.files, found.marks, strict=True)) | {BLANK: BLANK_MARK}
    names = dict(zip(found.files, found.names, strict=True))
    groups = []
    for number, stack in enumerate(stacks):
        name = layer_name(found.name + stack.suffix)
        notes = () if number else found.notes
        groups.append(
            ImageFolder(
                name,
                stack.files,
                tuple(marks[file] for file in stack.files),
                tuple(names.get(file, name) for file in stack.files),
                (*notes, *(f"layer {name}: {note}" for note in stack.notes)),
                missing=stack.missing,
                times=stack.times,
                doubtful=stack.doubtful,
            )
        )
    return groups


def by_series(found: ImageFolder, local: Local) -> list[ImageFolder]:
    """Tell the DICOM volumes of a folder apart; each is a group with its files in order."""
    marks = dict(zip(found.files, found.marks, strict=True))
    names = dict(zip(found.files, found.names, strict=True))
    here = {local(file): file for file in found.files}
    volumes = [(label, [here[path] for path in one]) for label, one in sort_series(list(here))]
    labels = [label for label, _ in volumes]
    are_names = all(labels) and len(set(labels)) == len(labels)
    groups = []
    for number, (label, files) in enumerate(volumes):
        suffix = f"_{label}" if are_names else f"_series{number}" + (f"_{label}" if label else "")
        name = found.name if len(volumes) == 1 else layer_name(found.name + suffix)
        note = f"layer {name}: its series holds several volumes at the same places"
        groups.append(
            ImageFolder(
                name,
                tuple(files),
                tuple(marks[file] for file in files),
                tuple(names[file] for file in files),
                (note,) if label else (),
            )
        )
    return groups
