"""Token and server from a file `.env` in the folder of the command, as the official tool has it.

Nothing else is taken from there: whoever can write a file into that folder should not steer the
interpreter, the libraries or the cluster of whoever runs a command in it. Nor may a server that is
named there get a token that is not: it would be that of whoever runs the command.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from wkflow.access_token import TOKEN
from wkflow.cli.command_parser import VARIABLES
from wkflow.errors import ConfigError
from wkflow.options.settings import Settings

NAME = ".env"

SERVER = VARIABLES["webknossos_url"]

NAMES = (TOKEN, SERVER)
"""The variables that are looked for."""


def names_for(runs: Iterable[Settings]) -> tuple[str, ...]:
    """Say which variables runs have a use for: the server's, if one sends to one nobody named."""
    asks = any(
        one.kind.uploads and not one.target and "webknossos_url" not in one.model_fields_set
        for one in runs
    )
    return NAMES if asks else (TOKEN,)


def read_env_file(folder: Path, names: Sequence[str], token: str | None = None) -> list[str]:
    """Put what a folder's `.env` holds into the environment, where that has none; give the names.

    Only `names` are looked for; `token` is one that was given otherwise. The token goes on as one
    that was given with `--token` does: in no file, and in the environment of no job.

    Raises
    ------
    ConfigError
        If the file is no text in UTF-8, or names a server to which a token from elsewhere would go.
    """
    taken = env_file_variables(folder, os.environ, names, token)
    os.environ.update(taken)
    return list(taken)


def env_file_variables(
    folder: Path, environment: Mapping[str, str], names: Sequence[str], token: str | None = None
) -> dict[str, str]:
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
    taken = {
        name: value for name in names if (value := found.get(name)) and name not in environment
    }
    own = token or environment.get(TOKEN)
    if SERVER in taken and own and own != found.get(TOKEN):
        raise ConfigError(
            f"names the server {taken[SERVER]!r}, which would get a token that stands elsewhere",
            str(path),
            "Give --webknossos-url yourself if that server may have your token; else write its own "
            f"{TOKEN} into the same file, and give none besides.",
        )
    return taken
