"""Every exception of the libraries below has a translation."""

import ssl

import pytest
import requests
import urllib3
from requests import exceptions
from wkflow.errors import ServerError
from wkflow.network.network_errors import RetryableError, is_passing, understand

WHERE = "POST https://wk.example/data"

KINDS = [
    kind
    for kind in vars(exceptions).values()
    if isinstance(kind, type) and issubclass(kind, exceptions.RequestException)
]
POOL = urllib3.HTTPConnectionPool("wk.example")
CONNECTION = urllib3.connection.HTTPConnection("wk.example")


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] {reason.lower()}")
    error.reason = reason
    return error


def wrapped(inner: Exception) -> requests.ConnectionError:
    """Wrap an error as `requests` does."""
    return requests.ConnectionError(urllib3.exceptions.MaxRetryError(POOL, "/data?x=1", inner))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_none_of_requests_is_unknown(kind: type[Exception]) -> None:
    """Whatever it raises becomes a setback or an error of ours."""
    error = kind("x", "", 0) if kind is exceptions.JSONDecodeError else kind("x")
    assert isinstance(understand(error, WHERE, was_sent=True), RetryableError | ServerError)


UNSURE, SURE = True, False

SETBACKS = [
    (wrapped(urllib3.exceptions.NewConnectionError(CONNECTION, "x")), "no connection", SURE, False),
    (requests.ConnectTimeout("x"), "no connection came about in time", SURE, False),
    (requests.ReadTimeout("x"), "no answer", UNSURE, True),
    (requests.ConnectionError(urllib3.exceptions.ReadTimeoutError(POOL, "/", "x")), "no answer",
        UNSURE, True),
    (requests.ConnectionError(urllib3.exceptions.ProtocolError("x", TimeoutError("x"))), "stalled",
        UNSURE, True),
    (requests.ConnectionError(urllib3.exceptions.ProtocolError("x", ConnectionResetError())),
        "broke", UNSURE, False),
    (requests.exceptions.ChunkedEncodingError("x"), "answer broke off", UNSURE, False),
    (requests.exceptions.ProxyError("x"), "proxy", SURE, False),
    (wrapped(urllib3.exceptions.SSLError(tls("UNEXPECTED_EOF_WHILE_READING"))), "broke",
        UNSURE, False),
    (ConnectionResetError(104, "x"), "broke", UNSURE, False),
]  # fmt: skip


@pytest.mark.parametrize(("error", "said", "is_unsure", "timed_out"), SETBACKS)
def test_setbacks_say_what_is_known(
    error: Exception,
    said: str,
    is_unsure: bool,  # noqa: FBT001 -- a row of the table
    timed_out: bool,  # noqa: FBT001
) -> None:
    """In words, and whether the server may have done the work."""
    found = understand(error, WHERE, was_sent=True)
    assert isinstance(found, RetryableError)
    assert said in found.cause
    assert (found.is_unsure, found.timed_out) == (is_unsure, timed_out)
    half = understand(error, WHERE, was_sent=False)
    assert isinstance(half, RetryableError)
    assert not half.is_unsure


@pytest.mark.parametrize(
    ("error", "said", "remedy"),
    [
        (tls("CERTIFICATE_VERIFY_FAILED"), "certificate", "--ca-bundle"),
        (tls("NO_CERTIFICATE_OR_CRL_FOUND"), "certificate", "--ca-bundle"),
        (tls("WRONG_VERSION_NUMBER"), "no TLS", "http://"),
    ],
)
def test_encryption_does_not_mend_itself(error: Exception, said: str, remedy: str) -> None:
    """Certificates that cannot be trusted now will not be in a minute."""
    found = understand(exceptions.SSLError(wrapped(error)), WHERE, was_sent=False)
    assert isinstance(found, ServerError)
    assert said in found.what
    assert remedy in found.remedy
    assert found.where == WHERE


@pytest.mark.parametrize(
    ("status", "passing"),
    [
        *[(status, True) for status in (408, 425, 429, 500, 502, 503, 504, 507, 524)],
        *[(status, False) for status in (302, 400, 401, 403, 404, 409, 413, 501, 505)],
    ],
)
def test_statuses_that_pass(status: int, passing: object) -> None:
    """Overload and faults may; refusals do not."""
    assert is_passing(status) is passing
