"""A try that failed and may be repeated; the one place that knows the exceptions of `requests`."""

import ssl
from collections.abc import Iterator

import requests
import urllib3

from wkflow.errors import ServerError, TransientError, WkflowError
from wkflow.network.deadlines import TooSlowError

LONGEST_CHAIN = 4000
"""Characters of what `--verbose` shows."""


PASSING = frozenset({408, 425, 429})
"""Statuses below 500 that say: later."""

LASTING = frozenset({501, 505})
"""Statuses from 500 on that no repetition changes."""

NOT_BEGUN = frozenset({408, 425, 429, 503})
"""Statuses that a server gives before it does any work."""

_HOPELESS_TLS = frozenset({"CERTIFICATE_VERIFY_FAILED", "NO_CERTIFICATE_OR_CRL_FOUND"})
_NO_TLS = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"}
)


class RetryableError(Exception):
    """A try that failed for now.

    Attributes
    ----------
    cause
        What happened, in words.
    is_unsure
        Whether the server may have done the work all the same.
    timed_out
        Whether more patience might have helped.
    wait
        The pause that the server asks for, in seconds, or None.
    detail
        What `--verbose` shows.
    is_nonsense
        Whether the server answered, and what it answered makes no sense: so it may do for ever.
    is_slow
        Whether the answer came so slowly that it was given up.
    is_full
        Whether the server says that its disk is full.
    """

    def __init__(  # noqa: PLR0913 -- what is known of a try
        self,
        cause: str,
        *,
        is_unsure: bool,
        timed_out: bool = False,
        wait: float | None = None,
        detail: str = "",
        is_nonsense: bool = False,
        is_slow: bool = False,
        is_full: bool = False,
    ) -> None:
        super().__init__(cause)
        self.is_nonsense, self.is_slow, self.is_full = is_nonsense, is_slow, is_full
        self.cause, self.is_unsure, self.timed_out = cause, is_unsure, timed_out
        self.wait, self.detail = wait, detail


def is_passing(status: int) -> bool:
    """Tell whether the same request may succeed later."""
    return status in PASSING or (status >= 500 and status not in LASTING)


def understand(error: Exception, where: str, *, was_sent: bool) -> RetryableError | WkflowError:
    """Translate what the network or `requests` raised.

    Parameters
    ----------
    where
        Method and URL without its query.
    was_sent
        Whether the whole request went out, so that the server may have done the work.

    Returns
    -------
    a setback where a repetition may help, else the error
    """
    causes = list(_causes(error))
    if slow := next((cause for cause in causes if isinstance(cause, TooSlowError)), None):
        said = f"the answer comes too slowly: {slow}"
        return RetryableError(said, is_unsure=was_sent, is_slow=True)
    detail = f"{type(error).__name__}: {error}"[:LONGEST_CHAIN]
    for cause in causes:
        if isinstance(cause, ssl.SSLError) and cause.reason in _HOPELESS_TLS:
            return ServerError(_verdict(cause), where, _CERTIFICATE_REMEDY, detail)
        if isinstance(cause, ssl.SSLError) and cause.reason in _NO_TLS:
            return ServerError("speaks no TLS", where, _TLS_REMEDY, detail)
    for kind, said, is_unsure in _TABLE:
        if any(isinstance(cause, kind) for cause in causes):
            timed_out = kind in _PATIENCE_HELPS
            return RetryableError(
                said, is_unsure=is_unsure and was_sent, timed_out=timed_out, detail=detail
            )
    is_circle = isinstance(error, requests.TooManyRedirects)
    if is_circle or isinstance(error, ValueError):  # InvalidURL and its kin
        said = "is redirected in circles" if is_circle else f"cannot be asked: {error}"
        return ServerError(said, where, _URL_REMEDY, detail)
    return RetryableError("the connection broke", is_unsure=was_sent, detail=detail)


def _verdict(error: ssl.SSLError) -> str:
    why = getattr(error, "verify_message", "") or "the bundle holds no certificate"
    return f"the certificate cannot be trusted ({why})"


_CERTIFICATE_REMEDY = (
    "If the server is your institute's own, give the certificate that signs its as --ca-bundle."
)
_TLS_REMEDY = "Check the URL: a server without encryption begins with http://."
_URL_REMEDY = "Check the URL of WEBKNOSSOS, and HTTPS_PROXY if it is set."

_TABLE: tuple[tuple[type[BaseException], str, bool], ...] = (
    # kind, in words, whether the server may have done the work
    (urllib3.exceptions.NameResolutionError, "the name of the host is unknown", False),
    (ConnectionRefusedError, "the connection was refused", False),
    (urllib3.exceptions.ConnectTimeoutError, "no connection came about in time", False),
    (requests.ConnectTimeout, "no connection came about in time", False),
    (urllib3.exceptions.ReadTimeoutError, "no answer came in time", True),
    (requests.ReadTimeout, "no answer came in time", True),
    (urllib3.exceptions.NewConnectionError, "no connection came about", False),
    (urllib3.exceptions.ProxyError, "the proxy cannot be reached", False),
    (requests.exceptions.ProxyError, "the proxy cannot be reached", False),
    (TimeoutError, "the connection stalled", True),
    (requests.exceptions.ChunkedEncodingError, "the answer broke off", True),
    (requests.exceptions.ContentDecodingError, "the answer is garbled", True),
)

_PATIENCE_HELPS = (urllib3.exceptions.ReadTimeoutError, requests.ReadTimeout, TimeoutError)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk through everything an exception is made of; libraries keep causes in `args` as well."""
    queue, seen = [error], set[int]()
    while queue:
        one = queue.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        queue += [each for each in inner if isinstance(each, BaseException)]


def full_disk(said: str, where: str, detail: str = "") -> TransientError:
    """Make the error of a server whose disk is full, which lasts until somebody makes room."""
    remedy = "Ask its administrator to make room; then give the same command: it resumes."
    return TransientError(f"the server's disk is full: {said}", where, remedy, detail)


def nonsense(what: str, where: str) -> ServerError:
    """Make the error of an answer that is none of the protocol's.

    >>> nonsense("it is empty", "GET https://wk.example/api/user").what
    "the server's answer makes no sense: it is empty"
    """
    remedy = "Check the URL, and whether a proxy answers in place of WEBKNOSSOS."
    return ServerError(f"the server's answer makes no sense: {what}", where, remedy)
