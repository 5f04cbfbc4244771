"""What the network raises, told apart in one place; a request that failed and may be repeated."""

import ssl
from collections.abc import Iterator
from enum import Enum, auto
from http.client import IncompleteRead

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
        Whether the server may have done the work all the same; of no matter where it only reads.
    timed_out
        Whether a longer timeout might have helped.
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
        is_unsure: bool = False,
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


class NetworkFault(Enum):
    """What the network and the libraries below may raise, by kind."""

    TOO_SLOW = auto()
    UNTRUSTED = auto()
    NO_TLS = auto()
    UNKNOWN_HOST = auto()
    REFUSED = auto()
    CONNECT_TIMEOUT = auto()
    READ_TIMEOUT = auto()
    NO_CONNECTION = auto()
    NO_PROXY = auto()
    STALLED = auto()
    CUT_SHORT = auto()
    GARBLED = auto()
    CIRCLES = auto()
    NO_URL = auto()
    BROKEN = auto()


_KINDS: tuple[tuple[type[BaseException], NetworkFault], ...] = (
    (urllib3.exceptions.NameResolutionError, NetworkFault.UNKNOWN_HOST),
    (ConnectionRefusedError, NetworkFault.REFUSED),
    (urllib3.exceptions.ConnectTimeoutError, NetworkFault.CONNECT_TIMEOUT),
    (requests.ConnectTimeout, NetworkFault.CONNECT_TIMEOUT),
    (urllib3.exceptions.ReadTimeoutError, NetworkFault.READ_TIMEOUT),
    (requests.ReadTimeout, NetworkFault.READ_TIMEOUT),
    (urllib3.exceptions.NewConnectionError, NetworkFault.NO_CONNECTION),
    (urllib3.exceptions.ProxyError, NetworkFault.NO_PROXY),
    (requests.exceptions.ProxyError, NetworkFault.NO_PROXY),
    (TimeoutError, NetworkFault.STALLED),
    (requests.exceptions.ChunkedEncodingError, NetworkFault.CUT_SHORT),
    (IncompleteRead, NetworkFault.CUT_SHORT),
    (requests.exceptions.ContentDecodingError, NetworkFault.GARBLED),
)
"""The first that is among the causes counts."""


def fault_kind(error: BaseException) -> tuple[NetworkFault, BaseException]:
    """Tell what kind of fault an exception of `requests` or below is, and which cause says so."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, TooSlowError):
            return NetworkFault.TOO_SLOW, cause
    for cause in causes:
        if isinstance(cause, ssl.SSLError) and cause.reason in _HOPELESS_TLS:
            return NetworkFault.UNTRUSTED, cause
        if isinstance(cause, ssl.SSLError) and cause.reason in _NO_TLS:
            return NetworkFault.NO_TLS, cause
    for kind, fault in _KINDS:
        for cause in causes:
            if isinstance(cause, kind):
                return fault, cause
    if isinstance(error, requests.TooManyRedirects):
        return NetworkFault.CIRCLES, error
    is_no_url = isinstance(error, ValueError)  # InvalidURL and its kin
    return (NetworkFault.NO_URL if is_no_url else NetworkFault.BROKEN), error


def understand(error: Exception, where: str, *, was_sent: bool) -> RetryableError | WkflowError:
    """Translate what the network or `requests` raised while the server was asked.

    Parameters
    ----------
    where
        Method and URL without its query.
    was_sent
        Whether the whole request went out, so that the server may have done the work.

    Returns
    -------
    a RetryableError where a repetition may help, else the error
    """
    fault, cause = fault_kind(error)
    if fault is NetworkFault.TOO_SLOW:
        said = f"the answer comes too slowly: {cause}"
        return RetryableError(said, is_unsure=was_sent, is_slow=True)
    detail = f"{type(error).__name__}: {error}"[:LONGEST_CHAIN]
    if fault is NetworkFault.UNTRUSTED:
        return ServerError(_verdict(cause), where, _CERTIFICATE_REMEDY, detail)
    if fault is NetworkFault.NO_TLS:
        return ServerError("speaks no TLS", where, _TLS_REMEDY, detail)
    if fault is NetworkFault.CIRCLES:
        return ServerError("is redirected in circles", where, _URL_REMEDY, detail)
    if fault is NetworkFault.NO_URL:
        return ServerError(f"cannot be asked: {error}", where, _URL_REMEDY, detail)
    said, is_unsure = _SAID[fault]
    timed_out = fault in {NetworkFault.READ_TIMEOUT, NetworkFault.STALLED}
    is_unsure = is_unsure and was_sent
    return RetryableError(said, is_unsure=is_unsure, timed_out=timed_out, detail=detail)


def _verdict(error: BaseException) -> str:
    why = getattr(error, "verify_message", "") or "the bundle holds no certificate"
    return f"the certificate cannot be trusted ({why})"


_CERTIFICATE_REMEDY = (
    "If the server is your institute's own, give the certificate that signs its as --ca-bundle."
)
_TLS_REMEDY = "Check the URL: a server without encryption begins with http://."
_URL_REMEDY = "Check the URL of WEBKNOSSOS, and HTTPS_PROXY if it is set."

_SAID: dict[NetworkFault, tuple[str, bool]] = {
    # in words, whether the server may have done the work
    NetworkFault.UNKNOWN_HOST: ("the name of the host is unknown", False),
    NetworkFault.REFUSED: ("the connection was refused", False),
    NetworkFault.CONNECT_TIMEOUT: ("no connection came about in time", False),
    NetworkFault.READ_TIMEOUT: ("no answer came in time", True),
    NetworkFault.NO_CONNECTION: ("no connection came about", False),
    NetworkFault.NO_PROXY: ("the proxy cannot be reached", False),
    NetworkFault.STALLED: ("the connection stalled", True),
    NetworkFault.CUT_SHORT: ("the answer broke off", True),
    NetworkFault.GARBLED: ("the answer is garbled", True),
    NetworkFault.BROKEN: ("the connection broke", True),
}


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
