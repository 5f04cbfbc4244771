"""A call: a process of its own does the work, while this one waits and shows how far it is.

So a call changes nothing of the process that calls: no environment, no signal handler, no limit. It
can come from any thread, beside an event loop and whatever libraries have started. The process
that works leads a session of its own and ends, with all its jobs, when it is asked to or when this
one is gone.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from subprocess import Popen
from typing import TYPE_CHECKING, cast

from wkflow.access_token import SHARING, TOKEN
from wkflow.api import worker
from wkflow.api.call_process import PATIENCE_S, answered, close, outcome_of, started, stop
from wkflow.api.progress_display import Display, Silence, display_for

if TYPE_CHECKING:
    from wkflow.api.planned_run import PlannedRun
    from wkflow.api.run_result import RunResult
    from wkflow.options.settings import Settings

FURTHER = ("token", "progress", "snakemake")
"""Keywords of the functions that are no options."""


def run(command: str, given: Mapping[str, object]) -> "RunResult":
    """Run a command with the keywords of its function.

    Raises
    ------
    WkflowError
        What went wrong.
    KeyboardInterrupt
        When this process was interrupted; everything is stopped by then.
    """
    from wkflow.cli.commands import COMMANDS  # noqa: PLC0415 -- not for `import wkflow`

    (one,) = (one for one in COMMANDS if one.name == command)
    return _run(f"wkflow.{command.replace('-', '_')}", given, one.fixed)


def run_file(
    config: str | Path, options: Mapping[str, object], further: Mapping[str, object]
) -> "RunResult":
    """Run what a file of options says, with `options` laid over it, `further` beside them.

    Raises
    ------
    WkflowError, KeyboardInterrupt
        As `run`.
    """
    from wkflow.cli.commands import RUN  # noqa: PLC0415 -- as above
    from wkflow.cli.given_options import merged  # noqa: PLC0415

    given: dict[str, object] = {"webknossos_url": None}
    given |= merged(RUN, {name: plain(value) for name, value in options.items()}, Path(config))
    return _run("wkflow.run", given | dict(further), {})


def _run(where: str, given: Mapping[str, object], fixed: Mapping[str, object]) -> "RunResult":
    settings, environment, told = _read(where, given, fixed)
    display = display_for(settings, wanted=cast("bool | None", given["progress"]))
    extra = _words(given["snakemake"])
    request = {"task": "run", "options": options_of(settings), "snakemake": extra}
    result = cast("RunResult", _ask(request, environment, display))
    display.close(f"{result.name}: {result.outcome} in {result.seconds:.1f} s")
    return replace(result, notes=(*told, *result.notes))


def plan(given: Mapping[str, object]) -> "PlannedRun":
    """Draw the plan of a run with the keywords of `wkflow.plan`.

    Raises
    ------
    WkflowError
        If it would end at once, but for lack of memory or disk.
    """
    settings, environment, told = _read("wkflow.plan", given, {})
    request = {"task": "plan", "options": options_of(settings)}
    made = cast("PlannedRun", _ask(request, environment, Silence()))
    return replace(made, notes=(*told, *made.notes))


def look(
    task: str, options: Mapping[str, object], *, token: str | None = None, names: Sequence[str] = ()
) -> object:
    """Do what a command does that runs no workflow; `names` may be read from a file `.env`.

    Raises
    ------
    WkflowError
        What went wrong.
    """
    return _ask(_looking(task, options), _environment(token, names), Silence())


def serve(
    task: str, options: Mapping[str, object], *, token: str | None, names: Sequence[str]
) -> tuple[str, "Popen[bytes]"]:
    """Start what serves an address until it is stopped; give both.

    Raises
    ------
    WkflowError
        As `look`.
    """
    question = {**_looking(task, options), "caller": os.getpid()}
    with tempfile.TemporaryFile() as errors:
        process = started(_environment(token, names), errors)
        try:
            answer = answered(process, json.dumps(question).encode(), Silence())
            if not worker.is_whole(answer):
                process.wait(PATIENCE_S[0])
            errors.seek(0)
            told = errors.read().decode(errors="replace")
            return str(outcome_of(answer, process.returncode or 0, told)), process
        except BaseException:
            stop(process)
            raise
        finally:
            close(process)


def _looking(task: str, options: Mapping[str, object]) -> dict[str, object]:
    return {"task": task, "options": {name: plain(one) for name, one in options.items()}}


def _environment(token: str | None, names: Sequence[str]) -> dict[str, str]:
    from wkflow.cli.env_file import env_file_variables  # noqa: PLC0415 -- not for `import wkflow`

    of_folder = env_file_variables(Path.cwd(), os.environ, names, token) if names else {}
    return os.environ | of_folder | ({TOKEN: token} if token else {})


def options_of(settings: "Settings") -> dict[str, object]:
    """Give the options as JSON writes them, with the run folder, wherever they are read."""
    has_place = settings.target and not settings.kind.has_remote_target
    return settings.to_dict() | ({} if has_place else {"work_dir": str(settings.run_folder)})


def _read(
    where: str, given: Mapping[str, object], fixed: Mapping[str, object]
) -> tuple["Settings", dict[str, str], tuple[str, ...]]:
    """Give the options of a call, and the environment of its process: tokens are nowhere else.

    The last are notes: what was taken from a file `.env`, as the command line does.
    """
    from wkflow.cli.env_file import NAME, env_file_variables, names_for  # noqa: PLC0415 -- not for `import wkflow`
    from wkflow.options.sharing_token import parted  # noqa: PLC0415
    from wkflow.planning.run_folders import with_own_folder  # noqa: PLC0415

    options = {name: plain(value) for name, value in given.items() if name not in FURTHER}
    bare, shared = parted({**options, **fixed})
    settings, of_folder = _parsed(bare, where, os.environ), {}
    if settings.kind.has_server:
        token = cast("str | None", given["token"])
        of_folder = env_file_variables(Path.cwd(), os.environ, names_for([settings]), token)
        settings = _parsed(bare, where, os.environ | of_folder)
    notes = (f"{' and '.join(of_folder)} from {Path.cwd() / NAME}",) if of_folder else ()
    tokens = {TOKEN: given["token"], SHARING: shared}
    environment = os.environ | of_folder
    environment |= {name: str(value) for name, value in tokens.items() if value}
    return with_own_folder(settings), environment, notes


def _parsed(
    options: Mapping[str, object], where: str, environment: Mapping[str, str]
) -> "Settings":
    """Read options, some of whose defaults may stand in the environment."""
    from wkflow.cli.command_parser import VARIABLES  # noqa: PLC0415 -- not for `import wkflow`
    from wkflow.options.settings import Settings  # noqa: PLC0415

    told = {
        name: environment.get(variable)
        for name, variable in VARIABLES.items()
        if name in options and options[name] is None
    }
    remedy = f"`help({where})` explains every option."
    return Settings.parse({**options, **told}, where=where, remedy=remedy)


def plain(value: object) -> object:
    """Give a number or an array of numpy as Python has it, and a path as text."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value.tolist() if hasattr(value, "tolist") else value


def _words(given: object) -> list[str]:
    """Give options for Snakemake as words; one word is not its letters."""
    return [given] if isinstance(given, str) else [str(word) for word in cast("list[str]", given)]


def _ask(request: Mapping[str, object], environment: Mapping[str, str], display: Display) -> object:
    """Start the process, wait for its answer, and give or raise that."""
    question = json.dumps({**request, "caller": os.getpid()}).encode()
    try:
        with tempfile.TemporaryFile() as errors:
            process = started(environment, errors)
            answer = b""
            try:
                answer = answered(process, question, display)
                process.wait(PATIENCE_S[0])
            except subprocess.TimeoutExpired:  # it has answered, and does not end
                stop(process)
            except BaseException:
                stop(process)
                raise
            finally:
                close(process)
            errors.seek(0)
            told = errors.read().decode(errors="replace")
        return outcome_of(answer, process.returncode, told)
    except BaseException:
        display.close()
        raise
