"""How the API server is asked: again where that helps; what it says is kept."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from kubernetes.client.exceptions import ApiException
from snakemake_interface_common.exceptions import WorkflowError
from urllib3.exceptions import HTTPError

T = TypeVar("T")

PAUSES_S = (1.0, 3.0, 10.0, 30.0)
TRANSIENT = frozenset({429, 500, 502, 503, 504})
REQUEST_S = 60
"""A connection that breaks silently, behind a proxy, would be waited for for ever."""

UNAUTHORIZED, CONFLICT, NOT_FOUND = 401, 409, 404


def passes(error: Exception) -> bool:
    """Whether asking again may help."""
    return not isinstance(error, ApiException) or error.status in {*TRANSIENT, UNAUTHORIZED}


def says(error: Exception) -> str:
    """Give the server's own words; a proxy before it may answer with a page."""
    with suppress(ValueError, TypeError, KeyError):
        return str(json.loads(getattr(error, "body", None) or "")["message"])
    status = getattr(error, "status", None)
    return f"HTTP status {status}" if status else str(error)


def ask(call: Callable[[], T], reconnect: Callable[[], None]) -> T | None:
    """Ask until there is an answer; a repeated creation that the server already has is None.

    Raises
    ------
    WorkflowError
        With the server's words, if it refuses, or gives no answer for long.
    """
    for tried, pause in enumerate((*PAUSES_S, None)):
        try:
            return call()
        except (ApiException, HTTPError) as error:
            status = getattr(error, "status", None)
            if status == CONFLICT and tried:
                return None
            if pause is None or not passes(error):
                raise WorkflowError(f"Kubernetes: {says(error)}") from None
            if status == UNAUTHORIZED:
                reconnect()
            time.sleep(pause)
    raise AssertionError
