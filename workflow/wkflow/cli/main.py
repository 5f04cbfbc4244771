"""The command line: flags become Settings, Settings become config.yaml, Snakemake does the rest."""

import argparse
import atexit
import gc
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Any, get_args

from pydantic.fields import FieldInfo

from wkflow import __version__
from wkflow.access_token import TOKEN
from wkflow.cli.arguments import PASSED_ON, command_in, flags_of, usage_of
from wkflow.cli.commands import COMMANDS, Command
from wkflow.cli.inspect import add_inspections, inspect
from wkflow.cli.process import mute_if_unread
from wkflow.errors import ConfigError, SourceError, WkflowError
from wkflow.model.run_kind import RunKind
from wkflow.options.settings import Settings
from wkflow.options.sharing_token import without_token
from wkflow.process_limits import raise_open_files

INTERRUPTED = 130

UTF8 = "PYTHONUTF8"

ALIASES = {
    "name": ("--dataset-name",),
    "max_mag": ("--coarsest-mag",),
    "assume_yes": ("--yes",),
}
"""What the official commands call an option besides."""

VARIABLES = {"webknossos_url": "WK_URL"}
"""Options whose default may stand in the environment."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give the exit status."""
    if arguments is None:
        _require_utf8()
    atexit.register(gc.freeze)  # else a fifth of a second of looking for garbage before the exit
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name may be in no encoding, or not in this one
        sys.stdout.reconfigure(errors="backslashreplace")
    own, extra = _split(sys.argv[1:] if arguments is None else list(arguments))
    parser, parsers = build_parsers()
    usage = parser.usage
    try:
        command = command_in(own, parser, parsers)
        usage = parsers[command].usage
        words = flags_of(command, parsers).in_order(own[1:])
    except ConfigError as error:
        _say(f"usage: {usage}")
        return _tell(error, verbose=False)
    options = parsers[command].parse_args(words)
    run = _run if isinstance(options.command, Command) else inspect
    return guarded(lambda: run(options, extra), verbose=options.verbose)


def _require_utf8() -> None:
    """Start again in Python's UTF-8 mode where the locale would keep names from being written."""
    is_utf8 = sys.getfilesystemencoding().lower().replace("-", "") == "utf8"
    if not is_utf8 and os.environ.get(UTF8) != "1":
        os.environ[UTF8] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 -- it is this one


def guarded(run: Callable[[], int], *, verbose: bool = False) -> int:
    """Turn what we foresaw into a few lines on stderr; let bugs keep their traceback."""
    try:
        return run()
    except WkflowError as error:
        return _tell(error, verbose=verbose)
    except (OSError, MemoryError) as error:
        if mute_if_unread():  # as when `| head` has seen enough
            return INTERRUPTED
        from wkflow.rules.job import foresee  # noqa: PLC0415 -- as above

        foreseen = foresee(error)
        if foreseen is None:
            raise
        return _tell(foreseen, verbose=verbose)
    except KeyboardInterrupt:
        _say("wkflow: interrupted; the same command goes on from here")
        return INTERRUPTED


def _tell(error: WkflowError, *, verbose: bool) -> int:
    _say(f"wkflow: {error}")
    if verbose and error.detail:
        _say(f"wkflow: {error.detail}")
    return error.exit_status


def _say(words: str, *, is_result: bool = False) -> None:
    """Print a line; that nobody reads it is no failure any more when the work is done."""
    try:
        print(words, file=sys.stdout if is_result else sys.stderr, flush=True)
    except OSError:
        if not mute_if_unread():
            raise


def build_parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Make the parser of the program and those of its commands, from the fields of `Settings`."""
    parser = argparse.ArgumentParser(
        prog="wkflow",
        usage="wkflow COMMAND [OPTIONS] ...",
        description="Turn image stacks into WEBKNOSSOS datasets with their magnifications.",
        epilog="Exit status: 0 done, 2 wrong usage or config, 3 bad source, 4 refused by the "
        "server, 5 try again, 6 out of disk or memory, 7 verification failed, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"wkflow {__version__}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    commands = {command.name: _add_command(subparsers, command) for command in COMMANDS}
    return parser, commands | add_inspections(subparsers)


def _add_command(subparsers: Any, command: Command) -> argparse.ArgumentParser:  # noqa: ANN401 -- argparse hides its type
    parser = subparsers.add_parser(
        command.name, help=command.help, description=command.description, allow_abbrev=False
    )
    parser.set_defaults(command=command)
    for name, option in Settings.model_fields.items():
        if name in command.options:
            is_first = name == command.positional[0]
            is_positional = name in command.positional
            _add_option(parser, name, option, is_positional=is_positional, is_required=is_first)
    parser.add_argument(
        "--token",
        help="Token of your WEBKNOSSOS account; WK_TOKEN in the environment is safer, other "
        "users of this machine can read command lines.",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="Show the plan as a table and write nothing."
    )
    parser.add_argument("--quiet", action="store_true", help="Print errors only.")
    parser.add_argument(
        "--verbose", action="store_true", help="Also print the server's chain of causes."
    )
    parser.usage = usage_of(command.name, parser)
    made: argparse.ArgumentParser = parser
    return made


def _add_option(
    parser: argparse.ArgumentParser,
    name: str,
    option: FieldInfo,
    *,
    is_positional: bool,
    is_required: bool,
) -> None:
    """Add one field as a flag, or as a positional argument; pydantic checks the values."""
    help_text = (option.description or "").replace("%", "%%")
    if is_positional:
        nargs = None if is_required else "?"
        parser.add_argument(name, metavar=name.upper(), nargs=nargs, help=help_text)
        return
    flags = (f"--{name.replace('_', '-')}", *ALIASES.get(name, ()))
    keywords: dict[str, Any] = {"dest": name, "default": None}
    if option.annotation is bool:
        keywords["action"] = argparse.BooleanOptionalAction
    else:
        keywords["metavar"] = _metavar(name, option)
    if option.default not in {None, ""}:
        variable = f"${VARIABLES[name]}, else " if name in VARIABLES else ""
        help_text += f" [default: {variable}{spell(option.default)}]"
    parser.add_argument(*flags, help=help_text, **keywords)


def _metavar(name: str, option: FieldInfo) -> str:
    if choices := choices_of(name):
        return "|".join(choices)
    return str(option.examples[0]) if option.examples else name.upper()


def choices_of(name: str) -> list[str]:
    """List the values that an option allows, if they are few."""
    return list(_literals(Settings.model_fields[name].annotation))


def _literals(annotation: Any) -> Iterator[str]:  # noqa: ANN401 -- what types are made of
    """Give the strings of all `Literal` in a type: a JSON schema of all options takes too long."""
    for part in get_args(annotation):
        if isinstance(part, str):
            yield part
        else:
            yield from _literals(part)


def spell(value: object) -> str:
    """Write a value as a person would type it."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _split(arguments: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Cut off what follows `--`: that is Snakemake's."""
    if PASSED_ON not in arguments:
        return arguments, ()
    cut = arguments.index(PASSED_ON)
    return arguments[:cut], tuple(arguments[cut + 1 :])


def _run(options: argparse.Namespace, extra: tuple[str, ...]) -> int:
    raise_open_files()
    settings = _settings(options)
    if options.token:
        os.environ[TOKEN] = options.token
    if options.dry_run and extra:
        raise ConfigError(
            "--dry-run asks Snakemake nothing", "what follows `--`",
            "Leave --dry-run away; `-- --dry-run` is Snakemake's own.",
        )  # fmt: skip
    if options.dry_run:
        return _dry_run(settings)
    from wkflow.cli.local_snakemake import suffices  # noqa: PLC0415
    from wkflow.cli.snakemake_process import forked  # noqa: PLC0415

    started = monotonic()
    # it imports beside us
    with forked(extra, settings, is_wanted=suffices(settings, extra)) as forks:
        from wkflow.cli.outcome import End  # noqa: PLC0415
        from wkflow.cli.run import launch, notes, result  # noqa: PLC0415 -- not for --help

        end = launch(settings, extra, forks, quiet=options.quiet)
    if not options.quiet:
        for note in notes(settings) if end.is_complete else ():
            _say(f"wkflow: note: {note}")
        seconds = f" in {monotonic() - started:.1f} s" if end is End.DONE else ""
        _say(f"wkflow: {settings.dataset_name}: {end.value}{seconds}")
    for line in result(settings) if end.is_complete else ():
        _say(line, is_result=True)
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    command: Command = options.command
    given = {name: getattr(options, name) for name in command.options} | command.fixed
    for name, variable in VARIABLES.items():
        if name in command.options and given.get(name) is None:
            given[name] = os.environ.get(variable)
    settings = Settings.parse(without_token(given), where=f"wkflow {command.name}")
    from wkflow.planning.run_folders import with_own_folder  # noqa: PLC0415 -- not for --help

    return with_own_folder(settings)


def _dry_run(settings: Settings) -> int:
    from wkflow.cli.failure_report import shortened  # noqa: PLC0415
    from wkflow.cli.plan_table import contents_table, plan_table  # noqa: PLC0415
    from wkflow.planning.check_resources import check_room  # noqa: PLC0415 -- only a dry run opens images
    from wkflow.planning.check_target import check_target  # noqa: PLC0415
    from wkflow.planning.plan_conversion import plan_conversion  # noqa: PLC0415
    from wkflow.planning.plan_downsampling import plan_downsampling  # noqa: PLC0415

    check_target(settings)
    if settings.kind is RunKind.UPLOAD:
        print(contents_table(settings))
        return 0
    is_extension = settings.kind.downsamples
    draw = plan_downsampling if is_extension else plan_conversion
    try:
        plan = draw(settings, is_trial=True)
    except SourceError as error:
        raise shortened(error, settings.run_folder) from error
    print(plan_table(plan, settings), flush=True)
    check_room(plan, settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
