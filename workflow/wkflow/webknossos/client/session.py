"""Requests to WEBKNOSSOS that are repeated while that may help, and tell no secret."""

import os
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn, Self, Unpack
from urllib.parse import urljoin

import requests
import urllib3

from wkflow import __version__
from wkflow.errors import ConfigError, ServerError, WkflowError
from wkflow.model.dataset_url import is_open
from wkflow.network.http_adapter import BLOCK, TOKEN_HEADER, Wire
from wkflow.network.network_errors import (
    NOT_BEGUN,
    RetryableError,
    is_passing,
    nonsense,
    understand,
)
from wkflow.network.retry import RetryBudget, Tries, retry_after
from wkflow.network.urls import shown
from wkflow.webknossos.client.error_messages import is_full, phrase, refused, words
from wkflow.webknossos.client.request import Options, Request, Response, origin

CONNECT_TIMEOUT_S = 30.0
READ_TIMEOUT_S = 120.0

FINISH_TIMEOUT_S = 7200.0
"""The server itself gives up after that."""

SHORTEST_SECRET = 8
"""Characters of a token that is looked for in what servers say; shorter ones are words."""

MOST_WORDS = 2**16
"""Bytes of a refusal that are read."""


class Session:
    """One token, some connections, one budget; used as a context and from several threads.

    Parameters
    ----------
    token
        Sent in the header X-Auth-Token and shown nowhere; None asks as nobody.
    connections
        How many are kept open: as many as there are threads.
    ca_bundle
        File or folder of certificates to trust instead of the usual ones.
    budget
        Repetitions; a fresh one by default.
    timeout
        Seconds to wait for an answer; by default WK_TIMEOUT of the environment, or 120.
    insecure
        Whether the token may travel over plain http to another machine.

    Raises
    ------
    ConfigError
        If the token or the timeout cannot be one, or the bundle is missing.
    """

    def __init__(
        self,
        token: str | None,
        *,
        connections: int = 4,
        ca_bundle: str | None = None,
        budget: RetryBudget | None = None,
        timeout: float | None = None,
        insecure: bool = False,
    ) -> None:
        self._token = _checked_token(token)
        self._ca_bundle = _checked_bundle(ca_bundle)
        self._timeout = timeout or _timeout_of_environment()
        self._insecure = insecure
        self.budget = budget or RetryBudget()
        self._wire = Wire(connections)
        self._wire.headers["User-Agent"] = f"wkflow/{__version__}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._wire.close()

    @property
    def retries(self) -> int:
        """Repetitions so far, of all requests."""
        return self.budget.spent

    @property
    def has_token(self) -> bool:
        return self._token is not None

    def request(self, method: str, url: str, **options: Unpack[Options]) -> Response:
        """Ask until there is an answer; `Request` tells of the options.

        A body that is read while it is sent can be sent once only: see `attempt`.

        Raises
        ------
        ConfigError
            If the URL is none.
        ServerError
            If the server refuses, or its certificate cannot be trusted.
        TransientError
            If no repetition is left.
        """
        call = Request(method, url, **options)
        tries = self.tries(call)
        while True:
            try:
                return self.attempt(call, tries.timeout_factor)
            except RetryableError as failure:
                tries.pause(failure)

    def json(self, method: str, url: str, **options: Unpack[Options]) -> Any:  # noqa: ANN401
        """Ask as `request` does, and give the document of the answer."""
        return self.request(method, url, **options).json()

    def tries(self, call: Request) -> Tries:
        """Begin to count the tries of a request."""
        return Tries(self.budget, call.where)

    def attempt(self, call: Request, timeout_factor: int = 1) -> Response:
        """Ask once; the timeouts are `timeout_factor` times as long.

        Raises
        ------
        RetryableError
            If a repetition may help.
        WkflowError
            As `request`.
        """
        origin(call.url)
        try:
            answer = self._send(call, timeout_factor)
        except _FOREIGN as error:
            found = understand(error, call.where, was_sent=call.was_sent)
        else:
            return self._judged(call, answer)
        return self._raise(found)  # out here, where no context of it holds the token

    def _judged(self, call: Request, answer: Response) -> Response:
        if answer.status_code not in call.ok:
            self.refuse(call, answer)
        if answer.is_torn:
            raise RetryableError("its JSON breaks off", is_unsure=True, is_nonsense=True)
        return answer

    def refuse(self, call: Request, answer: Response) -> NoReturn:
        """Raise what an answer with an unwelcome status means.

        Raises
        ------
        RetryableError, ServerError
        """
        status = answer.status_code
        sentence, chain = words(status, answer.content, answer.content_type)
        if is_full(status, answer.content):  # however long it asks to wait
            self._raise(RetryableError(sentence, is_unsure=False, is_full=True, detail=chain))
        if is_passing(status):
            wait = retry_after(answer.headers.get("Retry-After"))
            is_unsure = status not in NOT_BEGUN and call.was_sent
            said = sentence if str(status) in sentence else f"{sentence} (status {status})"
            self._raise(RetryableError(said, is_unsure=is_unsure, wait=wait, detail=chain))
        if 200 <= status < 300:
            self._raise(nonsense(f"it is {phrase(status)}, without a body", call.where))
        if 300 <= status < 400 and "Location" in answer.headers:
            self._raise(_moved(call, answer.headers["Location"]))
        error = refused(status, answer.content, answer.content_type, call.where)
        if status == 401 and not self.has_token:
            error = ServerError(error.what, error.where, "Give a token as WK_TOKEN.", error.detail)
        self._raise(error)

    def _send(self, call: Request, timeout_factor: int) -> Response:
        request = requests.Request(
            call.method,
            call.url,
            headers=self._headers(call),
            params=dict(call.params),
            data=call.body,
            json=call.json,
        )
        prepared = self._wire.prepare_request(request)
        options = self._wire.merge_environment_settings(
            url=call.url, proxies={}, stream=True, verify=self._ca_bundle, cert=None
        )
        if isinstance(options["verify"], str):  # the environment's, perhaps
            _checked_bundle(options["verify"])
        timeout = _longer(call.timeout or self._timeout, timeout_factor)
        response = self._wire.send(
            prepared,
            # the first of the two is the timeout while a body is sent as well
            timeout=(_longer(CONNECT_TIMEOUT_S, timeout_factor), timeout),
            allow_redirects=call.method in {"GET", "HEAD"},
            **options,
        )
        with closing(response):
            return _read(response, call)

    def require_private(self, url: str) -> None:
        """Refuse to send the token where others on the way could read it.

        Raises
        ------
        ConfigError
            If it would travel over plain http to another machine.
        """
        if is_open(url) and not self._insecure:
            raise ConfigError(
                "would get the token over plain http, where others can read it", shown(url),
                "Write https, or give --insecure if you trust the network.",
            )  # fmt: skip

    def _headers(self, call: Request) -> dict[str, str]:
        headers = dict(call.headers)
        if call.with_token and self._token is not None:
            self.require_private(call.url)
            headers[TOKEN_HEADER] = self._token
        return headers

    def _raise(self, found: RetryableError | WkflowError) -> NoReturn:
        """Raise without the token: servers and libraries repeat it."""
        if isinstance(found, RetryableError):
            found.cause, found.detail = self._masked(found.cause), self._masked(found.detail)
            raise found
        raise type(found)(*map(self._masked, found.args))

    def _masked(self, text: str) -> str:
        is_secret = self._token is not None and len(self._token) >= SHORTEST_SECRET
        return text.replace(self._token or "", "***") if is_secret else text


_FOREIGN = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)
"""What `requests` raises and lets through."""


def _read(response: requests.Response, call: Request) -> Response:
    """Read the answer, of a refusal only the beginning."""
    is_ok = response.status_code in call.ok
    limit = call.limit if is_ok else MOST_WORDS
    content = bytearray()
    for block in response.iter_content(BLOCK):
        content += block
        if len(content) > limit:
            break
    if is_ok and len(content) > limit:
        raise nonsense(f"it has more than {limit} bytes", call.where)
    where, url = call.where, response.url or call.url
    return Response(where, url, response.status_code, response.headers, bytes(content[:limit]))


def _moved(call: Request, location: str) -> ServerError:
    """Say where a request leads that must not be redirected, since its body would be lost."""
    new = shown(urljoin(call.url, location))
    path = shown(call.url).partition("://")[2].partition("/")[2]
    base = new.removesuffix(path).rstrip("/") if path else new
    return ServerError(f"is redirected to {new}", call.where, f"Give {base} as the URL instead.")


def _longer(timeout: float, factor: int) -> float:
    return min(timeout * factor, max(timeout, FINISH_TIMEOUT_S))


def _checked_token(token: str | None) -> str | None:
    bare = (token or "").strip()
    if not bare:
        return None
    if not (bare.isascii() and bare.isprintable() and " " not in bare):
        raise ConfigError(
            "holds characters that no token has", "the token", "Copy it anew from WEBKNOSSOS."
        )
    return bare


def _checked_bundle(path: str | None) -> str | None:
    if path is not None and not Path(path).exists():
        raise ConfigError("is missing", path, "Give --ca-bundle a file of certificates.")
    return path


def _timeout_of_environment() -> float:
    text = os.environ.get("WK_TIMEOUT", "").strip()
    if not text:
        return READ_TIMEOUT_S
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e6:
        raise ConfigError(f"{text!r} is no number of seconds", "WK_TIMEOUT", "Write like 300.")
    return seconds
