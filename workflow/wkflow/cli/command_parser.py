"""The parsers of the command line, made from the fields of `Settings`, and their help."""

import argparse
from collections.abc import Iterator
from typing import Any, get_args

from pydantic.fields import FieldInfo

from wkflow import __version__
from wkflow.cli.arguments import FILE, REPEATED, usage_of
from wkflow.cli.batch.command import BATCH, PATHS, add_own_arguments
from wkflow.cli.commands import COMMANDS, CONFIG_FLAGS, RUN, Command
from wkflow.cli.config_template import INIT, add_init
from wkflow.cli.inspect import INSPECTIONS, add_inspections
from wkflow.cli.server_commands import SERVER_COMMANDS
from wkflow.options.option_help import GROUPS, group_of, help_of, is_switch
from wkflow.options.settings import Settings

ALIASES = {
    "name": ("--dataset-name",),
    "max_mag": ("--coarsest-mag",),
    "assume_yes": ("--yes",),
}
"""What the official commands call an option besides."""

VARIABLES = {"webknossos_url": "WK_URL"}
"""Options whose default may stand in the environment."""

COMPLETION, SHELLS = "completion", ("bash", "zsh", "fish")
"""The command that prints a script for a shell, and which shells."""

TERMINAL = "Terminal"
"""The group of what concerns no dataset."""


def _help_formatter(prog: str) -> argparse.HelpFormatter:
    """Make what draws a help, when one is asked for."""
    from wkflow.cli.help_formatter import help_for_terminal  # noqa: PLC0415 -- only help needs rich

    return help_for_terminal(prog)


def build_parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Make the parser of the program and those of its commands, from the fields of `Settings`."""
    parser = argparse.ArgumentParser(
        prog="wkflow",
        usage="wkflow COMMAND [OPTIONS] ...",
        description="Turn image stacks into WEBKNOSSOS datasets with their magnifications.",
        epilog="`wkflow COMMAND --help` explains a command. Exit status: 0 done, 2 wrong usage or "
        "config, 3 bad source, 4 refused by the server, 5 try again, 6 out of disk or memory, 7 "
        "verification failed, 130 interrupted.",
        add_help=False,
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND", title="Commands")
    group = parser.add_argument_group(TERMINAL)
    group.add_argument("-h", "--help", action="help", help="Show this and exit.")
    group.add_argument(
        "--version", action="version", version=f"wkflow {__version__}", help="Show the version."
    )
    commands = (*COMMANDS, RUN, BATCH)
    parsers = {command.name: _add_command(subparsers, command) for command in commands}
    add_own_arguments(parsers[BATCH.name])
    parsers[BATCH.name].usage = usage_of(BATCH.name, parsers[BATCH.name], behind="")
    parsers |= add_inspections(subparsers, (*INSPECTIONS, *SERVER_COMMANDS))
    parsers[INIT] = add_init(subparsers)
    parsers[COMPLETION] = _add_completion(subparsers)
    for one in (parser, *parsers.values()):
        one.formatter_class = _help_formatter  # not before: argparse makes one for each argument
    return parser, parsers


def _add_command(subparsers: Any, command: Command) -> argparse.ArgumentParser:  # noqa: ANN401 -- argparse hides its type
    parser: argparse.ArgumentParser = subparsers.add_parser(
        command.name, help=command.help, description=command.description, allow_abbrev=False,
        add_help=False,
    )  # fmt: skip
    parser.set_defaults(command=command)
    parser.add_argument_group("Example", command.example)
    paths = parser.add_argument_group(PATHS)
    groups = {group: parser.add_argument_group(group) for group in GROUPS}
    _add_config(paths, command)
    for name, option in Settings.model_fields.items():
        if name in command.positional:
            _add_path(paths, name, option, command)
        elif name in command.options:
            _add_option(groups[group_of(option)], name, option, command)
    groups["Server"].add_argument(
        "--token", metavar="TOKEN",
        help="Token of your account. WK_TOKEN is safer: others can read command lines.",
    )  # fmt: skip
    _add_flags(parser.add_argument_group(TERMINAL))
    parser.usage = usage_of(command.name, parser)
    return parser


def _add_completion(subparsers: Any) -> argparse.ArgumentParser:  # noqa: ANN401 -- argparse hides its type
    """Add the command that prints a script for a shell."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        COMPLETION, help="print a script by which a shell completes commands and options",
        usage=f"wkflow {COMPLETION} {'|'.join(SHELLS)}", allow_abbrev=False, add_help=False,
        description="Print a script that completes commands, options and their values. For bash: "
        "`source <(wkflow completion bash)` in ~/.bashrc; for zsh: into a file _wkflow in a folder "
        "of $fpath; for fish: into ~/.config/fish/completions/wkflow.fish.",
    )  # fmt: skip
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))
    parser.add_argument("-h", "--help", action="help", help="Show this and exit.")
    return parser


def _add_flags(group: Any) -> None:  # noqa: ANN401 -- as above
    """Add what concerns the terminal alone."""
    group.add_argument(
        "--dry-run", action="store_true", help="Show the plan as a table and write nothing."
    )
    group.add_argument("--quiet", action="store_true", help="Print errors only.")
    group.add_argument(
        "--verbose", action="store_true",
        help="Also print the command of Snakemake, and the server's chain of causes.",
    )  # fmt: skip
    group.add_argument(
        "--json", action="store_true",
        help="Print one JSON object at the end: what was made, or what failed.",
    )  # fmt: skip
    group.add_argument(
        "--on-finish", metavar="COMMAND",
        help="Run a command at the end, with the object of --json on its standard input.",
    )  # fmt: skip
    group.add_argument(
        "--log-format", choices=("text", "json"), default="text", metavar="text|json",
        help="How standard error is written: json is one object per event.",
    )  # fmt: skip
    group.add_argument("-h", "--help", action="help", help="Show this and exit.")


def _add_config(group: Any, command: Command) -> None:  # noqa: ANN401 -- as above
    """Add the file of options: what `run` is about, a flag of all others."""
    if command is RUN:
        text = "YAML file with options; those given here win over it."
        group.add_argument(FILE, metavar="CONFIG", help=text)
        return
    text = "YAML file with options and paths; those given here win over it."
    group.add_argument(*CONFIG_FLAGS, dest=FILE, metavar="CONFIG", help=text)


def _add_path(group: Any, name: str, option: FieldInfo, command: Command) -> None:  # noqa: ANN401 -- as above
    text = _escaped(help_of(option, command.name))
    group.add_argument(name, metavar=name.upper(), nargs="?", help=text)


def _add_option(group: Any, name: str, option: FieldInfo, command: Command) -> None:  # noqa: ANN401 -- as above
    """Add one field as a flag; pydantic checks the values."""
    flags = (f"--{name.replace('_', '-')}", *ALIASES.get(name, ()))
    text = _escaped(help_of(option, command.name))
    keywords: dict[str, Any] = {"dest": name, "default": None}
    if is_switch(option):
        keywords["action"] = argparse.BooleanOptionalAction
    else:
        keywords["metavar"] = _metavar(name, option)
        keywords |= {"action": "append"} if name in REPEATED else {}
    if option.default not in {None, "", False}:
        variable = f"${VARIABLES[name]}, else " if name in VARIABLES else ""
        text += f" [default: {variable}{spell(option.default)}]"
    group.add_argument(*flags, help=text, **keywords)


def _escaped(text: str) -> str:
    """Write a text so that argparse gives it back."""
    return text.replace("%", "%%")


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
