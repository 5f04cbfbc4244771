"""The notes that failed jobs left, as errors again."""

import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from wkflow import errors
from wkflow.atomic_files import discard
from wkflow.errors import BETWEEN, SourceError, WkflowError
from wkflow.options.settings import Settings
from wkflow.run_folder import BAD_SLICES, FAILURE_NOTE, LOGS
from wkflow.sources.zip_archive import is_archive

TOLD = 2
"""Failures that are told in full: a reader takes in five lines."""

NAMED = 5
"""How many bad slices an error names; all are in a file."""


def forget(folder: Path) -> None:
    """Remove the notes of an earlier run."""
    for note in (*folder.glob(f"{LOGS}/**/*{FAILURE_NOTE}"), folder / BAD_SLICES):
        discard(note)


def read_failures(folder: Path) -> list[WkflowError]:
    """Read all notes below a run folder; bad sources of several jobs become one error."""
    failures = list(failures_in(folder).values())
    sources = [failure for failure in failures if isinstance(failure, SourceError)]
    others = {str(failure): failure for failure in failures if failure not in sources}
    by_folder: dict[str, list[SourceError]] = defaultdict(list)
    for failure in sources:
        by_folder[_folder(failure)].append(failure)
    _list_slices(folder, by_folder)
    merged = [_merge(folder, path, group) for path, group in by_folder.items()]
    return [*merged, *others.values()]


def lines_of_failure(settings: Settings, logs: Sequence[str]) -> list[str]:
    """Say what failed and what to do, as jobs noted it; `logs` are Snakemake's.

    What nobody foresaw stands in the log only.
    """
    failures = read_failures(settings.run_folder)
    lines = [line for one in failures[:TOLD] for line in str(one).splitlines()]
    if more := len(failures[TOLD:]):
        lines.append(f"and {more} further failures: {settings.run_folder / LOGS}")
    lines += [f"log      {settings.run_folder / log}" for log in logs]
    return [*lines, "the same command goes on from here"]


def failures_in(folder: Path) -> dict[Path, WkflowError]:
    """Give the failures of a run folder's jobs by the files of their notes, as they are there."""
    notes = sorted(folder.glob(f"{LOGS}/**/*{FAILURE_NOTE}"))
    return {note: failure for note in notes if (failure := _read(note))}


def _read(path: Path) -> WkflowError | None:
    """Read a note; one that cannot be read says nothing."""
    with suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
        note = json.loads(path.read_bytes())
        words = (str(note[key]) for key in ("what", "where", "remedy"))
        failure = getattr(errors, note["kind"])(*words, str(note.get("detail", "")))
        if isinstance(failure, SourceError) and note.get("is_of_several"):
            parts = failure.what.split(BETWEEN)
            failure.faults = tuple(SourceError(one, failure.where, "") for one in parts)
        return failure if isinstance(failure, WkflowError) else None
    return None


def _folder(failure: SourceError) -> str:
    return failure.where if _is_of_several(failure) else _parted(failure.where)[0]


def _is_of_several(failure: SourceError) -> bool:
    """Whether a job found several bad files of a folder; one of an archive is not on the disk."""
    path = Path(failure.where)
    is_plain_file = path.exists() and not is_archive(path.name)
    return path.is_dir() or (BETWEEN in failure.what and not is_plain_file)


def _parted(where: str) -> tuple[str, str]:
    """Part the name of a file from its folder, or from the archive that holds it."""
    path = Path(where)
    archive, mark, member = path.name.rpartition(": ")
    if mark and not path.exists():
        return str(path.parent / archive), member
    return str(path.parent), path.name


def _list_slices(folder: Path, by_folder: dict[str, list[SourceError]]) -> None:
    """Write every bad slice of the run into one file."""
    listed = [
        f"{path}/{one}"
        for path, group in by_folder.items()
        for failure in group
        for one in _slices(failure)
    ]
    if len(listed) > 1:
        (folder / BAD_SLICES).write_text("\n".join(listed) + "\n")


def shortened(error: WkflowError, folder: Path) -> WkflowError:
    """Name the first few of many bad slices of an error that no run wrote down."""
    faults = error.faults if isinstance(error, SourceError) else ()
    if len(faults) <= NAMED:
        return error
    named = BETWEEN.join(error.what.split(BETWEEN)[:NAMED])
    return SourceError(
        f"{len(faults)} slices cannot be used: {named}; and {len(faults) - NAMED} more",
        error.where,
        f"{error.remedy} The run itself lists all of them in {folder / BAD_SLICES}",
    )


def _merge(folder: Path, source: str, group: list[SourceError]) -> SourceError:
    """Name the first few slices of one folder, and where all of them are listed."""
    slices = [one for failure in group for one in _slices(failure)]
    if len(slices) == 1:
        return group[0]
    more = f"; and {len(slices) - NAMED} more" if len(slices) > NAMED else ""
    remedy = f"{group[0].remedy} All of them: {folder / BAD_SLICES}"
    named = BETWEEN.join(slices[:NAMED])
    return SourceError(f"{len(slices)} slices cannot be used: {named}{more}", source, remedy)


def _slices(failure: SourceError) -> list[str]:
    if failure.faults:
        return [one.what for one in failure.faults]
    if Path(failure.where).is_dir():
        return [failure.what]
    return [f"{_parted(failure.where)[1]}: {failure.what}"]
