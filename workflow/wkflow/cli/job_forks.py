"""Jobs of this machine as forks of one process that has imported what their scripts need.

Snakemake starts a Python interpreter for each script, and its imports often take longer than the
script. Here a job is a process as well, but forked from Python's fork server: the start method
`forkserver` of `multiprocessing`. It is a process without threads, so that a fork of it is safe,
and it is started while Snakemake is being imported. Whatever is not plain is left to Snakemake:
scripts of others, conda, containers, environment modules, shadow folders.
"""

import multiprocessing
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from itertools import islice
from multiprocessing import connection, forkserver, resource_tracker
from multiprocessing.util import get_temp_dir
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

from wkflow.access_token import without_tokens
from wkflow.process_limits import ALLOCATOR
from wkflow.workflow_files import snakefile

if TYPE_CHECKING:
    from wkflow.options.settings import Settings

IMPORTED = (
    "PIL.Image",
    "snakemake.iocontainers",
    "wkflow.formats.replace_dataset",
    "wkflow.rules.job",
    "wkflow.steps.create_layer",
    "wkflow.steps.convert_slab",
    "wkflow.steps.downsample_block",
    "wkflow.steps.downsample_rest",
    "wkflow.steps.write_properties",
    "wkflow.steps.write_report",
)
"""What the scripts of all conversions import."""

FILES_LOOKED_AT = 8
"""In a folder, to guess what all are."""

_is_imported = False
"""Whether this process has imported what scripts need."""

_one_at_a_time = Lock()
"""`multiprocessing` looks after all children whenever it starts one: no thing for two threads."""


LONGEST_FOLDER = 60
"""Letters in the path of a folder for the server's socket: the system takes some 100 in all."""

SHORT_FOLDER = "/tmp"  # noqa: S108 -- `multiprocessing` makes one in it that is its own


def can_fork() -> bool:
    """Whether this platform is one where a process with our libraries may be forked."""
    return sys.platform == "linux"


def modules_for(settings: "Settings") -> list[str]:
    """Name what most jobs of a conversion will import besides: a format, and a reader.

    The reader is that of the first files of the source, by their suffix: a guess, which costs no
    more than an import if it is wrong.
    """
    from wkflow.model.data_formats import DATA_FORMATS  # noqa: PLC0415 -- each job imports this module
    from wkflow.readers import READERS, suffix_of  # noqa: PLC0415 -- as above

    if not settings.kind.converts:
        return []
    code, _, _ = DATA_FORMATS[settings.data_format].code.partition(".")
    modules = {f"wkflow.formats.{code}": None}
    for source in (str(settings.source), *settings.further_sources):
        names = [source]
        with suppress(OSError), os.scandir(source) as entries:
            names += [entry.name for entry in islice(entries, FILES_LOOKED_AT)]
        readers = (READERS.get(suffix_of(name)) for name in names)
        modules |= dict.fromkeys([f"wkflow.readers.{row[0]}" for row in readers if row][:1])
    return list(modules)


def import_for_forks(modules: Sequence[str]) -> None:
    """Import here what scripts need, and `modules`: fork servers of our forks are forks then.

    So a process that runs Snakemake many times imports it once. Of what is not installed, the jobs
    that need it will tell.
    """
    global _is_imported  # noqa: PLW0603 -- a fact about this process
    for name in (*IMPORTED, *modules):
        with suppress(ImportError):
            import_module(name)
    resource_tracker.ensure_running()  # one for all forks
    _is_imported = True


def begin(modules: Sequence[str] = ()) -> bool:
    """Start the fork server, which imports what scripts need, and `modules`, while we go on.

    Its environment holds no token; that of a job is Snakemake's, with each job. Says whether it
    could be started: it needs a folder for a socket.
    """
    if not can_fork():
        return False
    sys.modules["__main__"] = ModuleType("__main__")  # else each job would import the command's
    multiprocessing.set_forkserver_preload([*IMPORTED, *modules])
    os.environ.update(ALLOCATOR)  # read when a process begins
    if len(os.fsencode(tempfile.gettempdir())) > LONGEST_FOLDER:
        tempfile.tempdir = SHORT_FOLDER
    with suppress(OSError), without_tokens():
        if _is_imported:
            _fork_server()
        else:
            forkserver.ensure_running()
    tempfile.tempdir = None  # that of the environment
    return getattr(forkserver._forkserver, "_forkserver_pid", None) is not None  # noqa: SLF001 -- no other way


def _fork_server() -> None:
    """Start the fork server as `ForkServer.ensure_running` does, but as a fork of this process."""
    with socket.socket(socket.AF_UNIX) as listener:
        address = f"{get_temp_dir()}/jobs"
        listener.bind(address)
        listener.listen()
        alive, ours = os.pipe()
        pid = os.fork()
        if not pid:
            with suppress(BaseException):  # it ends by one, when its clients are gone
                os.close(ours)
                forkserver.main(listener.detach(), alive, [])
            os._exit(0)
    os.close(alive)
    vars(forkserver._forkserver).update(  # noqa: SLF001 -- no other way
        _forkserver_address=address, _forkserver_alive_fd=ours, _forkserver_pid=pid
    )


def end() -> None:
    """End the fork server, and wait for it: else it would be left to whoever adopts orphans.

    It is killed: to end by itself it would take down all that it has imported, for a fifth of a
    second; its jobs are processes of their own.
    """
    server_pid = getattr(forkserver._forkserver, "_forkserver_pid", None)  # noqa: SLF001 -- no other way
    if server_pid:
        with suppress(OSError):
            os.kill(server_pid, signal.SIGKILL)
    servers: tuple[Any, ...] = (
        forkserver._forkserver,  # noqa: SLF001 -- no other way
        resource_tracker._resource_tracker,  # noqa: SLF001 -- as above
    )
    for server in servers:
        with suppress(AttributeError, OSError):
            server._stop()  # noqa: SLF001 -- as above


def run_script(start: Callable[..., None], path: object, basedir: object, *job: Any) -> None:  # noqa: ANN401 -- as Snakemake calls it
    """Run the script of a job as a fork if it is one of ours; else `start` does it.

    `job` is what `snakemake.script.script` takes besides.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails, as when Snakemake had started it.
    """
    from snakemake.iocontainers import Snakemake  # noqa: PLC0415 -- who imports this may not need it
    from snakemake.sourcecache import infer_source_file  # noqa: PLC0415

    *of_rule, rule, conda, _, container, _, modules, record, _, iteration, _, shadow = job[:19]
    place = infer_source_file(path, infer_source_file(basedir)).get_path_or_uri(secret_free=True)
    file = Path(place).resolve()
    if conda or container or modules or shadow or file.parent != snakefile().parent / "scripts":
        start(path, basedir, *job)
        return
    given = pickle.dumps(Snakemake(*of_rule, rule, iteration, str(file.parent)))
    status = _run(file, given, record)
    if status:
        raise subprocess.CalledProcessError(status, [sys.executable, str(file)])


def _run(file: Path, given: bytes, record: object) -> int:
    """Run a script; `record` is Snakemake's, of the time and memory that it takes, or None."""
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=_execute, args=(file, given, dict(os.environ)))
    with _one_at_a_time:
        process.start()
    with measured(process.pid or 0, record):
        connection.wait([process.sentinel])
    with _one_at_a_time:
        status = process.exitcode or 0
        process.close()
    return status


@contextmanager
def measured(pid: int, record: Any) -> Iterator[None]:  # noqa: ANN401 -- as Snakemake gives it
    """Let Snakemake look at a process for its benchmark while the block lasts, if it wants one.

    A job of some milliseconds may be gone before: then nothing was seen of it.
    """
    if record is None:
        yield
        return
    import psutil  # noqa: PLC0415 -- who imports this may not need it
    from snakemake.benchmark import benchmarked  # noqa: PLC0415 -- as above

    record.running_time = 0.0
    with ExitStack() as stack:
        with suppress(psutil.Error):
            stack.enter_context(benchmarked(pid, record))
        yield


def _execute(file: Path, given: bytes, environment: Mapping[str, str]) -> None:
    """Be the interpreter of a script."""
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # that of the environment
    sys.argv = [str(file)]
    names = {"__name__": "__main__", "__file__": str(file), "snakemake": pickle.loads(given)}  # noqa: S301 -- our own
    exec(compile(file.read_bytes(), file, "exec"), names)  # noqa: S102 -- it is ours
