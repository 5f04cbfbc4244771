"""Whether a dataset is as its run left it: told by the times and sizes of files, without Snakemake.

A run by itself asks Snakemake, which looks at receipts and recipes. A batch of hundreds asks here
first, and leaves alone what nobody touched.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from wkflow import __version__, atomic_files
from wkflow.errors import ConfigError
from wkflow.model.plan import Plan
from wkflow.network.urls import is_url
from wkflow.options.settings import Settings
from wkflow.run_folder import ASKED, DRAFT, EXTENDED, FINISHED, PROOF, REPORT

OF_MACHINE = frozenset({
    *("jobs", "memory", "distribution_strategy", "job_resources", "assume_yes", "work_dir"),
})  # fmt: skip
"""Options on which nothing depends that is made."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """The files of a source: a digest of their names, sizes and times, and all their bytes.

    The digest is empty where files cannot tell: on a network, or behind links to folders.
    """

    digest: str
    bytes: int


def look_at_source(settings: Settings) -> SourceState:
    """Look at the files of all sources, and open none; of what is not there, nothing is said.

    Of a dataset that gets more mags, the source is the dataset.
    """
    first = settings.target if settings.kind.downsamples else settings.source
    sources = (str(first), *settings.further_sources)
    states = [SourceState("", 0) if is_url(one) else _look(Path(one)) for one in sources]
    digests = [one.digest for one in states]
    digest = digests[0] if len(digests) == 1 else _digest(digests) if all(digests) else ""
    return SourceState(digest, sum(one.bytes for one in states))


def is_unchanged(settings: Settings, source: SourceState) -> bool:
    """Whether the run of a batch made the dataset of this source, and all is as it left it."""
    folder = settings.run_folder
    is_told = any((folder / name).exists() for name in (REPORT, PROOF, *EXTENDED))
    if not source.digest or (folder / ASKED).exists() or not is_told:
        return False
    with suppress(OSError, ValueError, TypeError, AttributeError):
        record = json.loads((folder / FINISHED).read_bytes())
        return bool(record == _record(settings, source, record["others"]))
    return False


def note_finished(settings: Settings, source: SourceState) -> None:
    """Remember how all is, after a run that ended well; `source` is how it was before it."""
    path = settings.run_folder / FINISHED
    path.unlink(missing_ok=True)
    if source.digest and source == look_at_source(settings):
        atomic_files.write_json(path, _record(settings, source, _others(settings)))


def _record(settings: Settings, source: SourceState, others: Iterable[str]) -> dict[str, object]:
    options = {name: value for name, value in settings.to_dict().items() if name not in OF_MACHINE}
    dataset = _look(settings.dataset) if settings.dataset.exists() else None
    others = sorted(others)
    return {
        "version": __version__,
        "options": _digest([json.dumps(options, sort_keys=True)]),
        "source": source.digest,
        "others": others,
        "of_others": _digest(_told(file, Path(file).stat()) for file in others),
        "dataset": dataset.digest if dataset else None,
        "proof": (settings.run_folder / PROOF).exists(),
    }


def _others(settings: Settings) -> list[str]:
    """List the files that were read and lie outside of the source, as parts of one file may."""
    with suppress(OSError, ConfigError):
        plan = Plan.read(settings.run_folder / DRAFT)
        files = {file for one in plan.layers for file in one.source.files if file}
        sources = (settings.source, *settings.further_sources)
        inside = tuple(one.rstrip(os.sep) + os.sep for one in sources)
        outside = (one for one in files if one not in sources and not one.startswith(inside))
        return [file for file in outside if Path(file).is_file()]  # one of an archive is none
    return []


def _look(place: Path) -> SourceState:
    size, lines = 0, []
    for path, state in _files(place):
        if state is None:
            return SourceState("", size)
        size += state.st_size
        lines.append(_told(path, state))
    return SourceState(_digest(sorted(lines)), size)


def _files(place: Path) -> Iterator[tuple[str, os.stat_result | None]]:
    """Give all files below a place and what is known of each; nothing is known behind a link."""
    if not place.is_dir():
        with suppress(OSError):
            yield str(place), place.stat()
        return
    folders = [str(place)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.is_dir():
                    yield entry.path, None
                else:
                    with suppress(OSError):  # a link to nothing
                        yield entry.path, entry.stat()


def _told(path: str, state: os.stat_result) -> str:
    return f"{path} {state.st_size} {state.st_mtime_ns}"


def _digest(lines: Iterable[str]) -> str:
    digest = blake2b(digest_size=16)
    for line in lines:
        digest.update(line.encode(errors="surrogateescape") + b"\n")
    return digest.hexdigest()
