"""The sharing token in a dataset's URL: taken out of what is written down, kept like a token."""

import os
from collections.abc import Mapping

from wkflow.access_token import SHARING
from wkflow.model.dataset_url import split_token
from wkflow.network.urls import is_url


def without_token(given: Mapping[str, object]) -> dict[str, object]:
    """Give the options with a bare target; its token goes into the environment.

    Raises
    ------
    ConfigError
        If the target is an URL that holds a password.
    """
    bare, token = parted(given)
    if token:
        os.environ[SHARING] = token
    return bare


def parted(given: Mapping[str, object]) -> tuple[dict[str, object], str | None]:
    """Give the options with a bare target, and the token that it held, if any.

    Raises
    ------
    ConfigError
        If the target is an URL that holds a password.
    """
    target = given.get("target")
    if not isinstance(target, str) or not is_url(target):
        return dict(given), None
    bare, token = split_token(target)
    return {**given, "target": bare}, token
