"""Slices that an earlier run closed up, and that now leave places for those that are missing."""

from itertools import pairwise

from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.source import Source


def moved_notes(layers: list[LayerPlan], earlier: Plan | None) -> list[str]:
    """Say which layers move along z, so that they are made anew; said until the plan is another.

    `earlier` is the last plan that was carried out for this source.
    """
    if earlier is None:
        return []
    before = {one.layer.name: one.source for one in earlier.layers}
    notes = []
    for one in layers:
        name = one.layer.name
        note = (
            f"layer {name}: an earlier run of this folder closed slices up, so what lies behind "
            "missing ones moves and is made anew; --missing-slices close leaves all as it was"
        )
        is_told = note in earlier.notes and one.source.missing
        if name in before and (is_told or is_moved(before[name], one.source)):
            notes.append(note)
    return notes


def is_moved(earlier: Source, source: Source) -> bool:
    """Whether slices that lay next to each other have places for missing ones between them."""
    if not source.missing or earlier.missing or not earlier.is_stack:
        return False
    places: dict[str, int] = {}
    for place, file in enumerate(source.files):
        places.setdefault(file, place)
    return any(
        _has_blanks(source, places[one], places[other])
        for one, other in pairwise(earlier.files)
        if one in places and other in places
    )


def _has_blanks(source: Source, begin: int, end: int) -> bool:
    between = source.files[begin + 1 : end]
    return bool(between) and not any(file and file != source.files[begin] for file in between)
