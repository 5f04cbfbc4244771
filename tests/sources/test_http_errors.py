"""What servers and the network answer in place of content."""

import pytest
import requests
import urllib3
from wkflow.errors import SourceError
from wkflow.network.network_errors import RetryableError
from wkflow.sources.http_errors import has_suffix, require, translated

from tests.network.test_network_errors import tls

URL = "http://127.0.0.1/a.tif"


def answer(status: int, **headers: str) -> requests.Response:
    found = requests.Response()
    found.status_code = status
    found.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return found


@pytest.mark.parametrize("status", [200, 206])
def test_content_is_no_error(status: int) -> None:
    """Whole or a part."""
    require(answer(status), URL)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_what_may_pass_is_tried_again(status: int) -> None:
    """After the time that the server asks for."""
    with pytest.raises(RetryableError) as failure:
        require(answer(status, Retry_After="7"), URL)
    assert failure.value.wait == 7


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451])
def test_what_stays_is_a_bad_source(status: int) -> None:
    """It names the status."""
    with pytest.raises(SourceError, match=f"HTTP {status}"):
        require(answer(status), URL)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.ConnectTimeout(), RetryableError),
        (urllib3.exceptions.ProtocolError("IncompleteRead"), RetryableError),
        (ConnectionResetError(), RetryableError),
        (requests.TooManyRedirects(), SourceError),
        (requests.exceptions.InvalidURL(), SourceError),
        (requests.exceptions.SSLError(tls("CERTIFICATE_VERIFY_FAILED")), SourceError),
        (requests.exceptions.SSLError(tls("WRONG_VERSION_NUMBER")), SourceError),
        (requests.exceptions.SSLError("EOF"), RetryableError),
    ],
)
def test_no_foreign_error_escapes(error: Exception, kind: type[Exception]) -> None:
    """Each is one that may pass, or one of the source."""
    with pytest.raises(kind), translated(URL):
        raise error


def test_a_last_part_with_a_dot_is_a_file() -> None:
    """Hosts and folders may hold dots, too."""
    assert has_suffix("http://a.b/c/d.tif?x=1")
    assert not has_suffix("http://a.b/c.d/e")
