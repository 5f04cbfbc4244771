"""Secrets stay at home, and large bodies are sent in large blocks."""

from pathlib import Path

import pytest
import requests
import urllib3
from wkflow.network.http_adapter import BLOCK, TOKEN_HEADER, Wire

HOME = "http://wk.example/api"


@pytest.mark.parametrize(
    ("target", "keeps"),
    [
        ("http://wk.example/other", True),
        ("http://wk.example:80/api", True),
        ("https://wk.example/api", True),
        ("https://wk.example:8443/api", False),
        ("http://wk.example:8080/api", False),
        ("http://other.example/api", False),
        ("http://sub.wk.example/api", False),
    ],
)
def test_the_token_travels_only_within_a_server(target: str, keeps: object) -> None:
    """Another host, port or scheme does not get it, but for encryption being added."""
    assert has_token_after(HOME, target) is keeps


def test_the_token_does_not_leave_encryption() -> None:
    """Not even on the same host."""
    assert not has_token_after("https://wk.example/api", HOME)


def has_token_after(start: str, target: str) -> bool:
    response = requests.Response()
    response.request = requests.Request("GET", start).prepare()
    redirected = requests.Request("GET", target, headers={TOKEN_HEADER: "x"}).prepare()
    with Wire(1) as wire:
        wire.rebuild_auth(redirected, response)
    return TOKEN_HEADER in redirected.headers


def test_netrc_adds_nothing(tmp_path: Path) -> None:
    """Passwords kept for other programs are not sent, neither at once nor after a redirect."""
    (tmp_path / ".netrc").write_text("machine wk.example login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    assert requests.utils.get_netrc_auth(HOME) == ("me", "secret")
    response = requests.Response()
    with Wire(1) as wire:
        response.request = prepared = wire.prepare_request(requests.Request("GET", HOME))
        wire.rebuild_auth(prepared, response)
    assert "Authorization" not in prepared.headers


@pytest.mark.parametrize("proxies", [{}, {"https": "http://proxy.example:3128"}])
def test_connections_are_kept_and_send_large_blocks(proxies: dict[str, str]) -> None:
    """One more than threads, and through proxies too."""
    request = requests.Request("GET", "https://wk.example/").prepare()
    with Wire(4) as wire:
        adapter = wire.get_adapter("https://wk.example/")
        assert isinstance(adapter, requests.adapters.HTTPAdapter)
        pool = adapter.get_connection_with_tls_context(request, verify=True, proxies=proxies)
        assert isinstance(pool, urllib3.HTTPConnectionPool)
        assert pool.pool
        assert pool.pool.maxsize == 5
        assert pool.conn_kw["blocksize"] == BLOCK
        assert len(pool.conn_kw["socket_options"]) > 1
