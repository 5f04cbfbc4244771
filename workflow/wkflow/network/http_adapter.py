"""`requests`, made to keep secrets and to send large bodies in large blocks."""

import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

from wkflow.network.deadlines import paced

TOKEN_HEADER = "X-Auth-Token"  # noqa: S105 -- the name of the header

BLOCK = 2**17
"""Bytes that are read from a body and sent at a time."""

MOST_REDIRECTS = 5

_KEPT_ALIVE = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)] + [
    (socket.IPPROTO_TCP, getattr(socket, name), seconds)
    for name, seconds in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 10))
    if hasattr(socket, name)
]
"""The end of an upload may be silent for an hour: routers forget a connection that sleeps."""


class Wire(requests.Session):
    """A session of `requests` that adds no credentials of its own and keeps the token at home."""

    def __init__(self, connections: int) -> None:
        super().__init__()
        self.auth = _nobody  # else ~/.netrc would add an Authorization header
        self.max_redirects = MOST_REDIRECTS
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(connections))

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """Drop the token where a redirect leads to another host, port or scheme."""
        old, new = response.request.url or "", prepared_request.url or ""
        if self.should_strip_auth(old, new):  # type: ignore[no-untyped-call]  # in the stubs
            prepared_request.headers.pop(TOKEN_HEADER, None)


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _Adapter(HTTPAdapter):
    def __init__(self, connections: int) -> None:
        # one more than asked for: questions are asked while all others send
        super().__init__(pool_connections=connections + 1, pool_maxsize=connections + 1)

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 -- as the base has it
        **pool_kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **_SOCKETS, **pool_kwargs)
        paced(self.poolmanager)

    def close(self) -> None:
        """Close the connections now; else they wait until all exceptions are forgotten."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 -- no mapping that can be iterated
                manager.pools[key].close()
        super().close()

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:  # noqa: ANN401
        manager = super().proxy_manager_for(proxy, **_SOCKETS, **proxy_kwargs)
        paced(manager)
        return manager


_SOCKETS: dict[str, Any] = {
    "blocksize": BLOCK,
    "socket_options": HTTPConnection.default_socket_options + _KEPT_ALIVE,
}
