"""What a web server and the network answer in place of content: for now, or for good."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

import requests
import urllib3

from wkflow.errors import SourceError
from wkflow.network.network_errors import PASSING, NetworkFault, RetryableError, fault_kind
from wkflow.network.retry import retry_after
from wkflow.network.urls import shown


def has_suffix(url: str) -> bool:
    """Tell whether the last part of a URL looks like the name of a file."""
    return "." in urlsplit(url).path.rpartition("/")[2]


def require(answer: requests.Response, url: str) -> None:
    """Refuse an answer that is not the content.

    Raises
    ------
    SourceError
        If no repetition helps.
    RetryableError
        If one may.
    """
    status = answer.status_code
    if status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        return
    if status in PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wait = retry_after(answer.headers.get("Retry-After"))
        raise RetryableError(f"the server has trouble (HTTP {status})", wait=wait)
    what, remedy = _REFUSALS.get(status, ("is refused", "Check the URL."))
    if "?" in url and status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        remedy = "Links that are signed end some day: ask for a new one."
    elif not has_suffix(url):
        remedy += " A folder can be read if the server lists its files."
    raise SourceError(f"{what} (HTTP {status})", shown(url), remedy)


_AUTHORISE = "Check who may read it; user and password of a host go into ~/.netrc."
_GONE = "Check the URL; was the file moved?"
_REFUSALS: dict[int, tuple[str, str]] = {
    HTTPStatus.UNAUTHORIZED: ("asks for a user and a password", _AUTHORISE),
    HTTPStatus.FORBIDDEN: ("may not be read", _AUTHORISE),
    HTTPStatus.NOT_FOUND: ("is not there", _GONE),
    HTTPStatus.GONE: ("is not there any more", _GONE),
}


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Raise what the network raises as RetryableError, or SourceError where no try helps."""
    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        fault, _ = fault_kind(error)
        if fault in _LASTING:
            what, remedy = _LASTING[fault]
            raise SourceError(what, shown(url), remedy) from error
        raise RetryableError(_PASSING.get(fault, "the connection broke")) from error


_LASTING: dict[NetworkFault, tuple[str, str]] = {
    NetworkFault.UNTRUSTED: (
        "has a certificate that cannot be trusted",
        "If it is your institute's own, set REQUESTS_CA_BUNDLE to the file that signs it.",
    ),
    NetworkFault.NO_TLS: ("speaks no TLS", "Such a URL begins with http://."),
    NetworkFault.CIRCLES: ("is redirected in circles", "Check the URL."),
    NetworkFault.NO_URL: ("is no URL", "Check how it is spelled."),
}
_PASSING: dict[NetworkFault, str] = {
    NetworkFault.UNKNOWN_HOST: "the name of the host is unknown",
    NetworkFault.REFUSED: "the connection was refused",
    NetworkFault.CONNECT_TIMEOUT: "no answer came in time",
    NetworkFault.READ_TIMEOUT: "no answer came in time",
    NetworkFault.TOO_SLOW: "no answer came in time",
    NetworkFault.CUT_SHORT: "came cut short",
}
