"""`wkflow.doctor`: what of this machine, its packages and the server is there."""

from pathlib import Path
from typing import cast

from wkflow.access_token import TOKEN
from wkflow.api import call
from wkflow.cli.env_file import NAMES
from wkflow.inspection.check import Checks

__all__ = ["Checks", "doctor"]


def doctor(
    *,
    webknossos_url: str | None = None,
    ca_bundle: str | Path | None = None,
    insecure: bool = False,
    token: str | None = None,
) -> Checks:
    """Check this machine, its packages, and the server; say what to do about the rest.

    Parameters
    ----------
    webknossos_url : str
        Also ask this server, and whose the token is; by default that of WK_URL, if there is WK_URL
        or a token.
    ca_bundle : str or Path
        Certificates of a server to trust, as a PEM file.
    insecure : bool, default False
        Send the token over plain http, where others can read it.
    token : str
        Token of your WEBKNOSSOS account; by default WK_TOKEN of the environment.

    Returns
    -------
    Checks
        Each check, and whether this machine `can_convert`; faults are told, and not raised.

    Raises
    ------
    WkflowError
        ConfigError if a file `.env` names a server and holds no token for it.
    """
    options = {"webknossos_url": webknossos_url, "ca_bundle": ca_bundle, "insecure": insecure}
    names = [TOKEN] if webknossos_url else NAMES
    return cast("Checks", call.look("doctor", options, token=token, names=names))
