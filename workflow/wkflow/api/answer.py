"""In the process of a call: what the functions beside the runs ask for."""

import argparse
import io
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from wkflow.api.batch_result import BatchResult, finished_batch, planned_batch
from wkflow.cli.inspection_results import checks_of, info_of, served_view, verification_of
from wkflow.errors import ConfigError


def answer(task: str, options: dict[str, Any], stack: ExitStack) -> object:
    """Do what a function is for; a view is served as long as the `stack` is open.

    Raises
    ------
    WkflowError
        What was foreseen.
    """
    match task:
        case "info":
            return info_of(**options)
        case "verify":
            found = verification_of(**options, bar=lambda _: _ignore)
            found.require_sound()
            return found
        case "doctor":
            return checks_of(**options)
        case "view":
            return stack.enter_context(served_view(**options, say=_ignore))
        case "init":
            return _init(**options)
        case _:
            return _batch(**options)


def _ignore(_: object) -> None:
    """Tell nobody."""


def _init(folder: str, *, force: bool) -> Path:
    from wkflow.cli.config_template import write_template  # noqa: PLC0415 -- one of many

    return write_template(Path(folder), force=force).absolute()


def _batch(
    sheet: str,
    *,
    config: str | None,
    given: Mapping[str, object],
    batch_folder: str | None,
    on_dataset: str | None,
    on_finish: str | None,
    dry_run: bool,
) -> BatchResult:
    """Run a batch, or draw its plans."""
    from wkflow.cli.batch.command import BATCH, carry_out, rows_of  # noqa: PLC0415 -- one of many
    from wkflow.cli.env_file import names_for, read_env_file  # noqa: PLC0415
    from wkflow.cli.finish_commands import FinishCommands  # noqa: PLC0415
    from wkflow.cli.given_options import given_of  # noqa: PLC0415
    from wkflow.cli.messages import Messages  # noqa: PLC0415

    unknown = sorted(given.keys() - BATCH.options)
    if unknown:
        raise ConfigError(
            f"{unknown[0]}: no such option", "wkflow.batch",
            "`help(wkflow.convert)` explains the options; the sheet has source and target.",
        )  # fmt: skip
    nothing = dict.fromkeys(BATCH.options)
    words = argparse.Namespace(command=BATCH, config=config, **{**nothing, **given})
    rows: list[Any]
    place, rows = rows_of(
        sheet,
        lambda: given_of(words),
        lambda runs: bool(read_env_file(Path.cwd(), names_for(runs))),
    )
    if dry_run:
        from wkflow.cli.batch.dry_run import plan_rows  # noqa: PLC0415 -- one of the two

        return planned_batch(place, plan_rows(rows))
    messages = Messages(quiet=True, out=io.StringIO())
    results, was_stopped = carry_out(place, rows, batch_folder, on_dataset, messages)
    commands = FinishCommands(messages)
    commands.start(on_finish, results.to_dict())
    commands.wait()
    if was_stopped:
        raise KeyboardInterrupt
    return finished_batch(results)
