"""Which of the missing slices of a stack lie in a part of it."""

from collections.abc import Iterator, Sequence

from wkflow.model.source import BLANK, Source
from wkflow.planning.missing_slices import WORDS, listed

NOTE = "numbers missing between slices: "

Run = tuple[int, int, int]
"""A frame, and the first and the last of consecutive places along z."""


def missing_in_part(source: Source, planes: range) -> str:
    """Give the numbers of `source.missing` whose places are among some planes.

    Places where nothing stands, or the slice before once more, are those of missing slices; the
    numbers of each run of them are spelled in the same order, and lie at equal distances. Where
    that does not hold, all numbers are given.
    """
    if not source.missing:
        return ""
    spelled = source.missing.split(", ")
    runs = list(_runs(source))
    if source.times and len(runs) != len(spelled):  # each time lacks the same
        runs = [run for run in runs if run[0] == 0]
    if len(runs) != len(spelled):
        return source.missing
    return ", ".join(
        part for text, run in zip(spelled, runs, strict=True) for part in _within(text, run, planes)
    )


def _runs(source: Source) -> Iterator[Run]:
    """Give the runs of missing slices, frame by frame."""
    for frame in range(source.times or 1):
        files = source.files[frame * source.depth : (frame + 1) * source.depth]
        first = 0
        for place in range(1, len(files) + 1):
            if place < len(files) and _is_filled(files, place):
                continue
            begin = first if files[first] == BLANK else first + 1
            if begin < place:
                yield frame, begin, place - 1
            first = place


def _is_filled(files: Sequence[str], place: int) -> bool:
    """Whether a slice is missing as the place before is, or shows what that shows."""
    return files[place] in {BLANK, files[place - 1]}


def _within(text: str, run: Run, planes: range) -> Iterator[str]:
    """Spell the numbers of a run that are among the planes: neighbours as one gap."""
    _, first, last = run
    numbers, _, time = text.partition(" at t ")
    at = f" at t {time}" if time else ""
    begin, _, end = numbers.partition(" to ")
    step = (int(end) - int(begin)) // (last - first) if end else 0
    there = [int(begin) + (z - first) * step for z in range(first, last + 1) if z in planes]
    if len(there) > 1 and planes.step == 1:
        yield f"{there[0]} to {there[-1]}{at}"
    else:
        yield from (f"{number}{at}" for number in there)


def notes_of_part(notes: Sequence[str], missing: str) -> tuple[str, ...]:
    """Say of the part alone which numbers are missing; nothing, where none is."""
    told: list[str] = []
    for note in notes:
        before, found, after = note.partition(NOTE)
        words = next((one for one in WORDS.values() if one and after.endswith(one)), "")
        if not (found and words):
            told.append(note)
        elif missing:
            told.append(f"{before}{NOTE}{listed(missing.split(', '))}{words}")
    return tuple(dict.fromkeys(told))
