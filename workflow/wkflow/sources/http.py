"""Files on a web server: listed from its index pages, downloaded with `requests`.

Proxies and `~/.netrc` count as they do for `requests`. Range requests follow RFC 9110, section 14:
https://www.rfc-editor.org/rfc/rfc9110#section-14
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any, Self

import requests
from requests.adapters import HTTPAdapter

from wkflow.errors import SourceError
from wkflow.network.deadlines import paced
from wkflow.network.network_errors import RetryableError
from wkflow.network.retry import RetryPolicy
from wkflow.network.urls import shown
from wkflow.sources.fingerprint import Mark, web_mark
from wkflow.sources.http_errors import has_suffix, require, translated
from wkflow.sources.index_page import links_below

CONNECT_S = 15.0
BLOCK_BYTES = 2**20
LONGEST_PAGE = 2**26
"""Bytes of an index: half a million files."""

LONGEST_NUMBER = 18
"""Digits of a size in bytes."""

FOLDERS_DEEP = 32
"""Beyond it, folders hold themselves."""

_NO_HEAD = frozenset({400, 401, 403, 404, 405, 501})
"""Answers to a HEAD that say little of a GET: links are signed for one method."""

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)$")


@dataclass(frozen=True, slots=True)
class Head:
    """What a server says of a URL before it sends the content; `url` is where it was found."""

    url: str
    mark: Mark
    is_page: bool


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        super().init_poolmanager(*arguments, **options)
        paced(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:  # noqa: ANN401
        manager = super().proxy_manager_for(proxy, **options)
        paced(manager)
        return manager


class Web:
    """A session with web servers; any thread may use it."""

    def __init__(self, policy: RetryPolicy, threads: int) -> None:
        self._policy, self._threads = policy, threads
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "wkflow"
        self._session.headers["Accept-Encoding"] = "identity"  # sizes and ranges are of the file
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter(pool_maxsize=threads))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._session.close()

    def list(self, url: str) -> list[tuple[str, Mark]]:
        """List the files below a folder, subfolders included, or give the one file."""
        head = self._head(url)
        if not _is_index(head):
            return [(url, head.mark)]
        files = sorted(set(self._walk(_as_folder(head.url), 0)))
        with ThreadPoolExecutor(self._threads) as pool:
            return list(zip(files, pool.map(self._mark, files), strict=True))

    def look(self, url: str) -> Mark:
        """Give the mark of a file."""
        return self._head(url).mark

    def download(self, url: str, file: IO[bytes]) -> None:
        """Write a file from its beginning; after an interruption go on where it broke off."""
        one = _Download(self, url, file)
        self._policy.repeat(shown(url), one.go_on, file.tell)

    @contextmanager
    def answer(
        self, method: str, url: str, headers: dict[str, str] | None = None
    ) -> Iterator[requests.Response]:
        """Ask once; the body of the answer is not read yet, and may be any."""
        with translated(url):
            answer = self._session.request(
                method, url, headers=headers, stream=True, allow_redirects=True,
                timeout=(CONNECT_S, self._policy.silence_s),
            )  # fmt: skip
        try:
            yield answer
        finally:
            answer.close()

    def _mark(self, url: str) -> Mark:
        """Give the mark of a listed file; one that may not be read need not be an image."""
        try:
            return self.look(url)
        except SourceError:
            return 0, 0

    def _walk(self, folder: str, depth: int) -> Iterator[str]:
        if depth > FOLDERS_DEEP:
            raise SourceError(
                f"has folders in folders, {FOLDERS_DEEP} and more deep", shown(folder),
                "Give the URL of a folder further down.",
            )  # fmt: skip
        page = self._policy.repeat(shown(folder), lambda: self._page(folder))
        for link in links_below(page, folder):
            if link.endswith("/"):
                yield from self._walk(link, depth + 1)
            else:
                yield link

    def _page(self, url: str) -> str:
        with self.answer("GET", url) as answer:
            require(answer, url)
            page = bytearray()
            for block in blocks(answer, url):
                page += block
                if len(page) > LONGEST_PAGE:
                    remedy = "Give the URL of a folder further down."
                    raise SourceError("lists more files than can be read", shown(url), remedy)
            return page.decode(errors="replace")

    def _head(self, url: str) -> Head:
        return self._policy.repeat(shown(url), lambda: self._ask_head(url))

    def _ask_head(self, url: str) -> Head:
        with self.answer("HEAD", url) as answer:
            if answer.status_code not in _NO_HEAD:
                require(answer, url)
                return _read_head(answer)
        with self.answer("GET", url, {"Range": "bytes=0-0"}) as answer:
            if answer.status_code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # an empty file
                require(answer, url)
            return _read_head(answer)


class _Download:
    """One file on its way, over several tries."""

    def __init__(self, web: Web, url: str, file: IO[bytes]) -> None:
        self._web, self._url, self._file = web, url, file
        self._version = ""

    def go_on(self) -> None:
        """Get what is missing; a server whose file is another one by now sends all of it."""
        at = self._file.tell()
        goes_on = at > 0 and self._version
        headers = {"Range": f"bytes={at}-", "If-Range": self._version} if goes_on else {}
        with self._web.answer("GET", self._url, headers) as answer:
            if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and goes_on:
                self._version = ""
                raise RetryableError("has another size by now")
            require(answer, self._url)
            at = self._begin(answer)
            length = answer.headers.get("Content-Length", "")
            for block in blocks(answer, self._url):
                self._file.write(block)
        if _is_size(length) and self._file.tell() != at + int(length):
            raise RetryableError("came cut short")

    def _begin(self, answer: requests.Response) -> int:
        """Go to where the answer's bytes belong."""
        at = 0
        if answer.status_code == HTTPStatus.PARTIAL_CONTENT:
            found = _RANGE.match(answer.headers.get("Content-Range", ""))
            if found is None or int(found[1]) != self._file.tell():
                self._version = ""
                raise RetryableError("sent another part than was asked for")
            at = int(found[1])
        self._file.seek(at)
        self._file.truncate()
        tag = answer.headers.get("ETag", "")
        is_strong = tag and not tag.startswith("W/")
        self._version = tag if is_strong else answer.headers.get("Last-Modified", "")
        return at


def blocks(answer: requests.Response, url: str) -> Iterator[bytes]:
    """Give the body as it was stored: what is compressed stays so."""
    stream = answer.raw.stream(BLOCK_BYTES, decode_content=False)
    while True:
        with translated(url):
            block = next(stream, None)
        if block is None:
            return
        yield block


def _is_index(head: Head) -> bool:
    """Whether a page lists a folder: one with a suffix is taken for a file."""
    return head.is_page and not has_suffix(head.url)


def _is_size(text: str) -> bool:
    return text.isdecimal() and len(text) <= LONGEST_NUMBER


def _as_folder(url: str) -> str:
    return f"{shown(url).rstrip('/')}/"


def _read_head(answer: requests.Response) -> Head:
    headers = answer.headers
    found = _RANGE.match(headers.get("Content-Range", ""))
    size = found[2] if found else headers.get("Content-Length", "")
    mark = web_mark(
        int(size) if _is_size(size) else 0,
        headers.get("Last-Modified", ""),
        headers.get("ETag", ""),
    )
    return Head(answer.url, mark, headers.get("Content-Type", "").startswith("text/html"))
