"""The token: handed from the command's environment to those jobs that need it, and to no file.

Jobs inherit the environment of Snakemake. So it is taken out of there, and a job that needs it
looks it up in the environment in which Snakemake was started, which the system lets the same user
read and no one else.
"""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from wkflow.errors import ServerError

TOKEN = "WK_TOKEN"  # noqa: S105 -- the name of the variable
SHARING = "WK_SHARING_TOKEN"
"""The token of a link that somebody shared: it lets read one dataset."""

_HOLDER = "WKFLOW_TOKEN_HOLDER"
"""The process that was started with the token, and its machine: jobs may run on others."""


def hide() -> None:
    """Let processes that are started from now on not inherit the token, but know who has it."""
    if any([os.environ.pop(TOKEN, None), os.environ.pop(SHARING, None)]):
        os.environ[_HOLDER] = f"{os.getpid()}@{platform.node()}"


@contextmanager
def without_tokens() -> Iterator[None]:
    """Let processes that the block starts not inherit the tokens."""
    tokens = {name: os.environ.pop(name) for name in (TOKEN, SHARING) if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(tokens)


def find_token() -> str:
    """Give the token of this process, or of the one that hid it.

    Raises
    ------
    ServerError
        If there is none.
    """
    token = _find(TOKEN)
    if not token:
        raise ServerError(
            "no token was given, and WEBKNOSSOS takes uploads from its users only", TOKEN,
            "Copy yours from WEBKNOSSOS (account, auth token) into WK_TOKEN, or give --token.",
        )  # fmt: skip
    return token


def reading_token() -> str | None:
    """Give what a dataset is read with: the token of a shared link, else the user's, or none."""
    return shared_token() or user_token()


def user_token() -> str | None:
    """Give the user's token, if there is one."""
    return _find(TOKEN)


def shared_token() -> str | None:
    """Give the token of a shared link, if there is one."""
    return _find(SHARING)


def _find(name: str) -> str | None:
    token = os.environ.get(name)
    process, _, machine = os.environ.get(_HOLDER, "").partition("@")
    if not token and process and machine == platform.node():
        with suppress(OSError, ValueError):
            token = _environment_of(int(process)).get(name)
    return token or None


def is_inherited() -> bool:
    """Whether this process was started with its tokens: then its forks can be asked for them.

    What is set later stands in no environment that the system shows.
    """
    tokens = {name: os.environ[name] for name in (TOKEN, SHARING) if name in os.environ}
    return not tokens or tokens.items() <= _environment_of(os.getpid()).items()


def _environment_of(process: int) -> dict[str, str]:
    """Give the environment that a process was started with; nothing if it is another user's."""
    import psutil  # noqa: PLC0415 -- it takes a while, and most runs have no token

    with suppress(psutil.Error):
        return dict(psutil.Process(process).environ())
    return {}
