"""One request as it is meant, and what came back."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Protocol, TypedDict
from urllib.parse import urlsplit

from wkflow.errors import ConfigError
from wkflow.network.network_errors import nonsense
from wkflow.network.urls import shown

LONGEST_NUMBER = 20
"""Digits of an integer of 64 bits."""

LONGEST_ANSWER = 2**26
"""Bytes that an answer may have, unless the caller says otherwise."""


class Body(Protocol):
    """A body that is read while it is sent."""

    def __len__(self) -> int: ...

    def read(self, size: int, /) -> bytes: ...

    @property
    def is_whole(self) -> bool:
        """Whether its last byte was read."""


class Options(TypedDict, total=False):
    """What may be said of a request besides method and URL; see `Request`."""

    json: object
    params: Mapping[str, str]
    body: bytes | Body | None
    headers: Mapping[str, str]
    with_token: bool
    ok: Collection[int]
    timeout: float | None
    limit: int


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Parameters
    ----------
    method, url
        `url` has no query; that is in `params`.
    json, body
        What is sent: a JSON document, or bytes; at most one of them.
    with_token
        Whether the server shall know who asks.
    ok
        The statuses that are an answer; any other is an error.
    timeout
        Seconds of silence until the answer, where it is not the session's.
    limit
        Bytes that the answer may have.
    """

    method: str
    url: str
    json: object = None
    params: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Body | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    with_token: bool = True
    ok: Collection[int] = (200,)
    timeout: float | None = None
    limit: int = LONGEST_ANSWER

    @property
    def where(self) -> str:
        """Method and URL as they may be shown: no query, no password."""
        return f"{self.method} {shown(self.url)}"

    @property
    def was_sent(self) -> bool:
        """Whether all of the body was handed to the network."""
        return self.body is None or isinstance(self.body, bytes) or self.body.is_whole


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, read to its end.

    `url` is where it came from after redirects; `headers` are found in any case of letters.
    """

    where: str
    url: str
    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type") or ""

    @property
    def is_torn(self) -> bool:
        """Whether it says to be a JSON document and is none."""
        if self.status_code != 200 or "json" not in self.content_type or not self.content:
            return False
        try:
            json.loads(self.content, parse_int=str, parse_float=str)  # numbers are not torn
        except ValueError:
            return True
        except RecursionError:
            return False
        return False

    def json(self) -> Any:  # noqa: ANN401 -- whatever a server makes of it
        """Give the document.

        Raises
        ------
        ServerError
            If it is no JSON.
        """
        try:
            return json.loads(
                self.content, parse_int=_whole, parse_float=_finite, parse_constant=_finite
            )
        except _RangeError as error:
            what = f"the number {error} is out of range"
        except RecursionError:
            what = "its JSON is nested too deeply"
        except ValueError:
            what = f"it is {self.content_type or 'something'} where JSON was due"
        raise nonsense(what, self.where)


class _RangeError(ValueError):
    """A number that no value of the protocol has."""


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise _RangeError(f"{text[:LONGEST_NUMBER]}...")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise _RangeError(text[:LONGEST_NUMBER])
    return number


def origin(url: str) -> tuple[str, str, int]:
    """Give scheme, host and port of an URL, by which servers are told apart.

    Raises
    ------
    ConfigError
        If it is no URL of the web, or holds a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80}.get(parts.scheme, 443)
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError("is no URL", shown(url), "Write it like https://webknossos.org.")
    if "@" in parts.netloc:
        raise ConfigError(
            "holds a user name or a password", shown(url), "Leave it out; a token says who you are."
        )
    return parts.scheme, parts.hostname, port
