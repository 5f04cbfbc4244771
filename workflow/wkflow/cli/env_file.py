"""Token and server from a file `.env` in the folder of the command, as the official tool has it.

Nothing else is taken from there: whoever can write a file into that folder should not steer the
interpreter, the libraries or the cluster of whoever runs a command in it.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from wkflow.access_token import TOKEN
from wkflow.cli.command_parser import VARIABLES
from wkflow.errors import ConfigError

NAME = ".env"

NAMES = (TOKEN, *VARIABLES.values())
"""The variables that are looked for."""


def read_env_file(folder: Path) -> list[str]:
    """Put what a folder's `.env` holds into the environment, where that has none; give the names.

    The token goes on as one that was given with `--token` does: in no file, and in the environment
    of no job.

    Raises
    ------
    ConfigError
        If the file is no text in UTF-8.
    """
    taken = env_file_variables(folder, os.environ)
    os.environ.update(taken)
    return list(taken)


def env_file_variables(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Give what a folder's `.env` adds to an environment.

    Raises
    ------
    ConfigError
        As `read_env_file`.
    """
    path = folder / NAME
    if not path.is_file():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 -- few folders have such a file

    try:
        found = dotenv_values(path, encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError(
            "is no text in UTF-8", str(path), "Mend it, or start the command in another folder."
        ) from None
    return {name: value for name in NAMES if (value := found.get(name)) and name not in environment}
