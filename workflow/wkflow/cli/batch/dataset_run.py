"""One dataset of a batch, in a process of its own: a run by itself, told as an object."""

import io
import json
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from wkflow import atomic_files
from wkflow.cli.batch.ask_server import Servers
from wkflow.cli.local_snakemake import suffices
from wkflow.cli.messages import Messages, say
from wkflow.cli.process import ASKING
from wkflow.cli.run import launch, notes
from wkflow.cli.snakemake_process import forked
from wkflow.cli.summary import Summary
from wkflow.errors import WkflowError
from wkflow.model.run_kind import RunKind
from wkflow.options.settings import Settings
from wkflow.planning.finished_state import SourceState, is_unchanged, look_at_source, note_finished
from wkflow.process_limits import raise_open_files
from wkflow.rules.closing_lines import address_of
from wkflow.rules.job import foresee
from wkflow.rules.resources import ENGINE_MIB, MIB

INTERRUPTED = 130


def run_dataset(
    settings: Settings, source: SourceState, ready: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """Run a dataset to its end, and give its summary, as `Summary.to_dict` does.

    `source` is how it was before, `ready` is called when Snakemake's process is forked.
    """
    summary = Summary(command="batch")
    summary.describe(settings)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ASKING)
        _run(settings, source, summary, ready)
    except KeyboardInterrupt:
        summary.end, summary.exit_status = "interrupted", INTERRUPTED
    except WkflowError as error:
        summary.fail(error)
    except Exception as error:  # noqa: BLE001 -- the other datasets go on
        summary.fail(_foreseen(error))
    return summary.to_dict()


def _run(
    settings: Settings, source: SourceState, summary: Summary, ready: Callable[[], None]
) -> None:
    messages = Messages(quiet=True, out=io.StringIO())
    with forked((), settings, is_wanted=suffices(settings, ())) as forks:
        for number in ASKING:
            signal.signal(number, signal.default_int_handler)
        ready()
        end = launch(settings, (), forks, quiet=True, messages=messages)
    summary.end = end.name.lower()
    if end.is_complete:
        summary.look_at_results(settings, url=address_of(settings), notes=notes(settings))
        note_finished(settings, source)


def _foreseen(error: Exception) -> WkflowError:
    known = foresee(error) if isinstance(error, OSError | MemoryError) else None
    remedy = "This is a fault of the program: please report it with the lines of --verbose."
    lines = "".join(traceback.format_exception(error))
    return known or WkflowError(f"{type(error).__name__}: {error}", "wkflow batch", remedy, lines)


def make_dataset(
    options: Mapping[str, object], *, cores: int, mem_mb: int, told: Path, log: Path
) -> None:
    """Make a dataset in a job of Snakemake's, and write what came of it to `told`.

    Of one that fails it is written beside it, as `failed-NAME`, and the process ends with its
    status. Of its memory, in MiB, a part is left to the engine; `log` names the run's own.
    """
    raise_open_files()
    memory = max(mem_mb // 2, mem_mb - ENGINE_MIB) * MIB
    settings = with_share(Settings.parse(options, where=str(told)), cores, memory)
    source = look_at_source(settings)
    with closing(Servers()) as servers:
        done = told_if_done(settings, source, servers)
    summary = done or run_dataset(settings, source)
    log.write_text(f"{json.dumps(summary, indent=2)}\n")
    failed = failed_of(told)
    status = int(summary["exit_status"])
    atomic_files.write_json(failed if status else told, summary)
    if not status:
        failed.unlink(missing_ok=True)
        return
    error = summary["error"] or {"where": settings.dataset_name, "what": summary["end"]}
    say(f"wkflow: {error['where']}: {error['what']}", sys.stderr)
    sys.exit(status)


def told_if_done(
    settings: Settings, source: SourceState, servers: Servers
) -> dict[str, Any] | None:
    """Give the summary of a dataset that needs no run: it is as it was left, or on a server.

    Or of one that cannot be sent, because another of its name is there, or that is lost there.
    """
    try:
        if is_unchanged(settings, source):
            if settings.kind.uploads:
                servers.require_there(settings)
            return told_without_run(settings, "unchanged")
        url = servers.url_of(settings)
    except WkflowError as error:
        summary = Summary(command="batch")
        summary.describe(settings)
        summary.fail(error)
        return summary.to_dict()
    return told_without_run(settings, "unchanged") | {"url": url} if url else None


def told_without_run(settings: Settings, end: str) -> dict[str, Any]:
    """Give the summary of a dataset for which no process was started."""
    summary = Summary(command="batch")
    summary.describe(settings)
    if end == "unchanged":
        summary.look_at_results(settings, url=address_of(settings), notes=notes(settings))
    summary.end = end
    summary.exit_status = INTERRUPTED if end == "not_begun" else 0
    return summary.to_dict()


def with_share(settings: Settings, cores: int, memory: int) -> Settings:
    """Give a dataset its part of the machine: cores, or jobs at once on a cluster, and bytes.

    An upload has connections of its own number, and hardly any memory.
    """
    if settings.kind is RunKind.UPLOAD:
        return settings
    own: dict[str, int | None] = {"jobs": cores, "memory": memory}
    if settings.distribution_strategy == "sequential":
        own["jobs"] = None  # it is one
    if settings.is_on_cluster:
        del own["memory"]
    return settings.model_copy(update=own)


def failed_of(told: Path) -> Path:
    """Give the file that says why a dataset failed.

    >>> failed_of(Path("datasets/em.json")).as_posix()
    'datasets/failed-em.json'
    """
    return told.with_name(f"failed-{told.name}")
