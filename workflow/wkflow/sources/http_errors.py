"""What a web server and the network answer in place of content: a setback, or an error for good."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

import requests
import urllib3

from wkflow.errors import SourceError
from wkflow.network.patience import RetryableError
from wkflow.network.urls import shown

_LATER = frozenset({408, 425, 429})


def has_suffix(url: str) -> bool:
    """Tell whether the last part of a URL looks like the name of a file."""
    return "." in urlsplit(url).path.rpartition("/")[2]


def require(answer: requests.Response, url: str) -> None:
    """Refuse an answer that is not the content.

    Raises
    ------
    SourceError
        If no repetition helps.
    Setback
        If one may.
    """
    status = answer.status_code
    if status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        return
    if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wait = answer.headers.get("Retry-After", "")
        raise RetryableError(
            f"the server has trouble (HTTP {status})", float(wait) if wait.isdecimal() else 0.0
        )
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
    """Turn what the network raises into a setback, or an error where no repetition helps."""
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise _distrust(url, str(error)) from error
    except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
        raise RetryableError("no answer came in time") from error
    except requests.TooManyRedirects as error:
        raise SourceError("is redirected in circles", shown(url), "Check the URL.") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        if isinstance(error, ValueError):  # InvalidURL and its kin
            raise SourceError("is no URL", shown(url), "Check how it is spelled.") from error
        raise RetryableError(_cause(error)) from error


def _distrust(url: str, words: str) -> SourceError | RetryableError:
    """Tell what is wrong for good with the encryption from a line that broke."""
    if "CERTIFICATE_VERIFY_FAILED" in words:
        remedy = "If it is your institute's own, set REQUESTS_CA_BUNDLE to the file that signs it."
        return SourceError("has a certificate that cannot be trusted", shown(url), remedy)
    if "WRONG_VERSION_NUMBER" in words:
        return SourceError("speaks no TLS", shown(url), "Such a URL begins with http://.")
    return RetryableError("the connection broke")


def _cause(error: Exception) -> str:
    words = str(error)
    for sign, cause in _CAUSES:
        if sign in words:
            return cause
    return "the connection broke"


_CAUSES = (
    ("NameResolutionError", "the name of the host is unknown"),
    ("Connection refused", "the connection was refused"),
    ("IncompleteRead", "came cut short"),
)
