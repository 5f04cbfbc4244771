"""What a command was given: its flags, over a file of options, over the environment."""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from wkflow.cli.command_parser import VARIABLES
from wkflow.cli.commands import RUN, Command
from wkflow.errors import ConfigError
from wkflow.options.settings import Settings
from wkflow.options.sharing_token import without_token


def settings_of(options: argparse.Namespace) -> Settings:
    """Make settings of what a parser has read.

    Raises
    ------
    ConfigError
        If an option is wrong, here or in the file, or the file is one for another command.
    """
    command, file = options.command, _file(options)
    where = f"wkflow {command.name}"
    if file:
        where += f" {file}" if command is RUN else f" --config {file}"
    return Settings.parse(without_token(given_of(options)), where=where)


def given_of(options: argparse.Namespace) -> dict[str, object]:
    """Give all options that have values.

    Raises
    ------
    ConfigError
        If the file cannot be read, or is one for another command.
    """
    command: Command = options.command
    typed = {name: getattr(options, name) for name in command.options}
    given = merged(command, typed, _file(options))
    for name, variable in VARIABLES.items():
        if name in command.options and name not in given and variable in os.environ:
            given[name] = os.environ[variable]
    return given


def _file(options: argparse.Namespace) -> Path | None:
    return Path(options.config) if options.config else None


def merged(command: Command, typed: Mapping[str, object], file: Path | None) -> dict[str, object]:
    """Lay what was typed, and what a command stands for, over a file of options.

    Raises
    ------
    ConfigError
        If the file cannot be read, or its command is another one.
    """
    given: dict[str, object] = {}
    if file:
        from wkflow.options.config_file import read_config  # noqa: PLC0415 -- most runs have none

        given = read_config(file)
        meant, said = command.fixed.get("command"), given.get("command")
        if meant and said and said != meant:
            raise ConfigError(
                f"command: {said!r} is not what `wkflow {command.name}` does", str(file),
                f"`wkflow run {file}` does what the file says.",
            )  # fmt: skip
    return (
        given | {name: value for name, value in typed.items() if value is not None} | command.fixed
    )
