"""The parsers of the command line, made from the fields of `Settings`."""

import argparse
from collections.abc import Iterator
from typing import Any, get_args

from pydantic.fields import FieldInfo

from wkflow import __version__
from wkflow.cli.arguments import usage_of
from wkflow.cli.commands import COMMANDS, Command
from wkflow.options.settings import Settings

ALIASES = {
    "name": ("--dataset-name",),
    "max_mag": ("--coarsest-mag",),
    "assume_yes": ("--yes",),
}
"""What the official commands call an option besides."""

VARIABLES = {"webknossos_url": "WK_URL"}
"""Options whose default may stand in the environment."""


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
    return parser, {command.name: _add_command(subparsers, command) for command in COMMANDS}


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
        "--verbose",
        action="store_true",
        help="Also print the command of Snakemake, and the server's chain of causes.",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="Print one JSON object at the end, on standard output: what was made, or what failed.",
    )
    parser.add_argument(
        "--log-format",
        choices=("text", "json"),
        default="text",
        metavar="text|json",
        help="How standard error is written: json is one object per event.",
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
