"""The command line: flags become Settings, Settings become config.yaml, Snakemake does the rest."""

import argparse
import atexit
import gc
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path

from wkflow.access_token import TOKEN
from wkflow.cli.arguments import PASSED_ON, command_in, flags_of
from wkflow.cli.batch.command import BATCH, run_command
from wkflow.cli.command_parser import COMPLETION, build_parsers
from wkflow.cli.commands import Command
from wkflow.cli.completion import completion_script
from wkflow.cli.config_template import INIT, init
from wkflow.cli.env_file import NAME, NAMES, names_for, read_env_file
from wkflow.cli.given_options import given_of, settings_of
from wkflow.cli.inspect import inspect
from wkflow.cli.messages import Messages, only_saying, say
from wkflow.cli.process import mute_if_unread, open_closed_streams
from wkflow.cli.show import show
from wkflow.cli.summary import Summary
from wkflow.errors import ConfigError, SourceError, WkflowError
from wkflow.model.run_kind import RunKind
from wkflow.network.urls import is_url
from wkflow.options.settings import Settings
from wkflow.process_limits import raise_open_files
from wkflow.rules.closing_lines import address_of

INTERRUPTED = 130

UTF8 = "PYTHONUTF8"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give the exit status."""
    if arguments is None:
        open_closed_streams()
        _require_utf8()
    atexit.register(gc.freeze)  # else a fifth of a second of looking for garbage before the exit
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name may be in no encoding, or not in this one
        sys.stdout.reconfigure(errors="backslashreplace")
    own, extra = _split(sys.argv[1:] if arguments is None else list(arguments))
    summary = Summary()
    return guarded(lambda: _main(own, extra, summary), Messages(), summary)


def _main(own: list[str], extra: tuple[str, ...], summary: Summary) -> int:
    parser, parsers = build_parsers()
    if not own:
        with redirect_stdout(sys.stderr):  # which so decides about colours
            parser.print_help()
        return ConfigError.exit_status
    usage = parser.usage
    try:
        with only_saying():
            command = summary.command = command_in(own, parser, parsers)
        usage = parsers[command].usage
        words = flags_of(command, parsers).in_order(own[1:])
    except ConfigError as error:
        summary.is_wanted = "--json" in own
        messages = Messages(as_events="--log-format=json" in "=".join(own))
        if not messages.as_events:
            say(f"usage: {usage}", sys.stderr)
        return _fail(error, messages, summary)
    with only_saying():
        options = parsers[command].parse_args(words)
    if command == COMPLETION:
        say(completion_script(options.shell, parser, parsers), sys.stdout)
        return 0
    return _do(options, extra, summary, is_init=command == INIT)


def _do(
    options: argparse.Namespace, extra: tuple[str, ...], summary: Summary, *, is_init: bool
) -> int:
    """Do what the command is for, whichever kind of command it is."""
    if is_init:
        return guarded(lambda: init(options, extra), Messages(), summary)
    if not isinstance(options.command, Command):
        return guarded(lambda: _inspect(options, extra), Messages(), summary)
    messages = Messages(options.quiet, options.verbose, options.log_format == "json")
    summary.is_wanted = options.json
    if options.command is BATCH:
        return guarded(lambda: _batch(options, extra, messages), messages, summary)
    status = guarded(lambda: _run(options, extra, messages, summary), messages, summary)
    if options.on_finish and not options.dry_run:
        from wkflow.cli.finish_commands import FinishCommands  # noqa: PLC0415 -- most runs have none

        commands = FinishCommands(messages)
        commands.start(options.on_finish, summary.to_dict())
        commands.wait()
    return status


def _require_utf8() -> None:
    """Start again in Python's UTF-8 mode where the locale would keep names from being written."""
    is_utf8 = sys.getfilesystemencoding().lower().replace("-", "") == "utf8"
    if not is_utf8 and os.environ.get(UTF8) != "1":
        os.environ[UTF8] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 -- it is this one


def guarded(run: Callable[[], int], messages: Messages, summary: Summary) -> int:
    """Turn what we foresaw into a few lines on stderr; let bugs keep their traceback."""
    try:
        return run()
    except WkflowError as error:
        return _fail(error, messages, summary)
    except (OSError, MemoryError) as error:
        if mute_if_unread():  # as when `| head` has seen enough
            return INTERRUPTED
        from wkflow.rules.job import foresee  # noqa: PLC0415 -- as above

        foreseen = foresee(error)
        if foreseen is None:
            raise
        return _fail(foreseen, messages, summary)
    except KeyboardInterrupt:
        summary.end, summary.exit_status = "interrupted", INTERRUPTED
        words = "interrupted; the same command goes on from here"
        return _end(messages, summary, words, is_needed=True)


def _fail(error: WkflowError, messages: Messages, summary: Summary) -> int:
    messages.fail(error)
    summary.fail(error)
    return _end(messages, summary, is_needed=True)


def _end(messages: Messages, summary: Summary, words: str = "", *, is_needed: bool = False) -> int:
    """Tell how it ended: people in words, programs by an event and by what `--json` prints."""
    told = summary.to_dict()
    messages.tell("end", words, is_needed=is_needed, **told)
    if summary.is_wanted:
        say(json.dumps(told), sys.stdout)
    return summary.exit_status


def _split(arguments: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Cut off what follows `--`: that is Snakemake's."""
    if PASSED_ON not in arguments:
        return arguments, ()
    cut = arguments.index(PASSED_ON)
    return arguments[:cut], tuple(arguments[cut + 1 :])


def _run(
    options: argparse.Namespace, extra: tuple[str, ...], messages: Messages, summary: Summary
) -> int:
    raise_open_files()
    settings = _settings(options)
    if settings.kind.has_server and _read_env_file(messages, names_for([settings]), options.token):
        settings = _settings(options)
    summary.describe(settings)
    if options.token:
        os.environ[TOKEN] = options.token
    if options.dry_run and extra:
        raise ConfigError(
            "--dry-run asks Snakemake nothing", "what follows `--`",
            "Leave --dry-run away; `-- --dry-run` is Snakemake's own.",
        )  # fmt: skip
    if options.dry_run:
        return _dry_run(settings, messages, summary)
    from wkflow.cli.local_snakemake import suffices  # noqa: PLC0415
    from wkflow.cli.snakemake_process import forked  # noqa: PLC0415

    # it imports beside us
    with forked(extra, settings, is_wanted=suffices(settings, extra)) as forks:
        from wkflow.cli.outcome import End  # noqa: PLC0415
        from wkflow.cli.run import launch, notes  # noqa: PLC0415 -- not for --help

        end = launch(settings, extra, forks, quiet=options.quiet, messages=messages)
    summary.end = end.name.lower()
    sent_notes, url = (notes(settings), address_of(settings)) if end.is_complete else ([], None)
    if end.is_complete:
        summary.look_at_results(settings, url=url, notes=sent_notes)
    for note in sent_notes:
        messages.tell("warning", f"note: {note}", text=note)
    seconds = f" in {summary.to_dict()['seconds']:.1f} s" if end is End.DONE else ""
    lines = [f"{settings.dataset_name}: {end.value}{seconds}", *summary.closing_lines()]
    status = _end(messages, summary, "\n".join(lines))
    if url and not summary.is_wanted:
        say(url, sys.stdout)
    return status


def _batch(options: argparse.Namespace, extra: tuple[str, ...], messages: Messages) -> int:
    raise_open_files()
    if extra:
        raise ConfigError("passes nothing on to Snakemake", "wkflow batch", "Leave out `--`.")
    return run_command(
        options,
        lambda: given_of(options),
        lambda rows: _read_env_file(messages, names_for(rows), options.token),
        messages,
    )


def _inspect(options: argparse.Namespace, extra: tuple[str, ...]) -> int:
    raise_open_files()
    if is_url(getattr(options, "dataset", "http://")):  # `doctor` has none, and looks at the server
        asks = getattr(options, "webknossos_url", "") is None  # `doctor` alone has this option
        _read_env_file(Messages(), NAMES if asks else (TOKEN,), options.token)
    return inspect(options, extra)


def _read_env_file(messages: Messages, names: Sequence[str], token: str | None) -> bool:
    """Say what was found there, and whether anything was."""
    found = read_env_file(Path.cwd(), names, token)
    if found:
        words = f"{' and '.join(found)} from {Path.cwd() / NAME}"
        messages.tell("warning", f"note: {words}", text=words)
    return bool(found)


def _settings(options: argparse.Namespace) -> Settings:
    from wkflow.planning.run_folders import with_own_folder  # noqa: PLC0415 -- not for --help

    return with_own_folder(settings_of(options))


def _dry_run(settings: Settings, messages: Messages, summary: Summary) -> int:
    from wkflow.cli.plan_table import contents_table, plan_parts  # noqa: PLC0415
    from wkflow.planning.check_resources import check_room  # noqa: PLC0415 -- only a dry run opens images
    from wkflow.planning.check_target import check_target  # noqa: PLC0415
    from wkflow.planning.plan_conversion import plan_conversion  # noqa: PLC0415
    from wkflow.planning.plan_downsampling import plan_downsampling  # noqa: PLC0415
    from wkflow.rules.failure_report import shortened  # noqa: PLC0415

    check_target(settings)
    plan = None
    if settings.kind is not RunKind.UPLOAD:
        draw = plan_downsampling if settings.kind.downsamples else plan_conversion
        try:
            plan = draw(settings, is_trial=True)
        except SourceError as error:
            raise shortened(error, settings.run_folder) from error
    if not summary.is_wanted:
        show(plan_parts(plan, settings) if plan else [contents_table(settings)])
    if plan:
        check_room(plan, settings)
    summary.look_at_plan(plan, settings)
    return _end(messages, summary)


if __name__ == "__main__":
    sys.exit(main())
