"""Files below an URL of a datastore, as readers of arrays ask for them: whole, or in parts.

WEBKNOSSOS takes two kinds of ranges, `bytes=a-b` and `bytes=-n`, and refuses `bytes=a-`.
"""

import re
from urllib.parse import quote

from wkflow.errors import ServerError
from wkflow.network.network_errors import nonsense
from wkflow.network.urls import shown
from wkflow.path_safety import has_parent
from wkflow.webknossos.client.request import LONGEST_ANSWER, Response
from wkflow.webknossos.client.session import Session

WHOLE_FILE = 2**24
"""Bytes of a file that may come as a whole where ranges are ignored."""

LONGEST_WHOLE = 2**30
"""Bytes of a file that is asked for as a whole: a chunk of an array without shards."""

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")

_PLAIN = {"Accept-Encoding": "identity"}
"""A range of compressed bytes would be another range."""


class RemoteFiles:
    """The files below `root`; it may be used from several threads.

    Names are paths below `root`, with or without `./` before them. What is missing is None.

    Raises
    ------
    ServerError
        By each method, if the server refuses, or answers another range than was asked for.
    TransientError
        If it cannot be reached for long.
    """

    def __init__(self, session: Session, root: str) -> None:
        self._session, self._root = session, root.rstrip("/")

    def where(self, name: str) -> str:
        """Give the URL of a file, as it may be shown."""
        return shown(self._url(name))

    def whole(self, name: str, limit: int = LONGEST_WHOLE) -> bytes | None:
        """Read a file of at most `limit` bytes."""
        answer = self._ask(name, (200, 404), limit)
        return None if answer.status_code == 404 else answer.content

    def part(self, name: str, begin: int, end: int) -> bytes | None:
        """Read the bytes from `begin` to before `end`: fewer where the file ends sooner."""
        if begin >= end:
            return b""
        found = self._range(name, f"bytes={begin}-{end - 1}", end - begin)
        if found is None:
            return None
        if found.status_code != 206:
            return _content(found)[begin:end]
        first, size = _span(found, begin)
        stop = begin + len(found.content)
        if first != begin or stop > end or (size is not None and stop != min(end, size)):
            raise _other_range(found)
        return found.content

    def tail(self, name: str, count: int) -> bytes | None:
        """Read the last `count` bytes: fewer where the file is shorter."""
        if count <= 0:
            return b""
        found = self._range(name, f"bytes=-{count}", count)
        if found is None:
            return None
        if found.status_code != 206:
            return _content(found)[-count:]
        first, size = _span(found, 0)
        got = len(found.content)
        is_end = size is None or first == size - got == max(0, size - count)
        if got > count or not is_end:
            raise _other_range(found)
        return found.content

    def size(self, name: str) -> int | None:
        """Give the bytes of a file: of one byte of it, since some servers read all for a HEAD."""
        found = self._range(name, "bytes=-1", 1)
        if found is None:
            return None
        if found.status_code != 206:
            return len(_content(found))
        first, size = _span(found, None)
        return first + len(found.content) if size is None else size

    def close(self) -> None:
        """Close the session's idle connections."""
        self._session.close()

    def _url(self, name: str) -> str:
        if has_parent(name):
            raise nonsense(f"the path {name!r} holds `..`", shown(self._root))
        return f"{self._root}/{quote(name.removeprefix('./'))}"

    def _range(self, name: str, header: str, length: int) -> Response | None:
        """Ask for a range; None stands for a missing file, 200 for all of it, 416 for nothing."""
        ok, limit = (200, 206, 404, 416), max(WHOLE_FILE, length)
        answer = self._ask(name, ok, limit, {"Range": header})
        return None if answer.status_code == 404 else answer

    def _ask(
        self,
        name: str,
        ok: tuple[int, ...],
        limit: int = LONGEST_ANSWER,
        headers: dict[str, str] | None = None,
    ) -> Response:
        headers = _PLAIN | (headers or {})
        return self._session.request("GET", self._url(name), headers=headers, ok=ok, limit=limit)


def _content(answer: Response) -> bytes:
    """Give the bytes of an answer that is no part: all of a file, or nothing behind its end."""
    return answer.content if answer.status_code == 200 else b""


def _span(answer: Response, begin: int | None) -> tuple[int, int | None]:
    """Give the first byte of a part, and the size of its file if it is told.

    Where the header is missing, a part is taken to begin at `begin`, unless that is None.
    """
    header = answer.headers.get("Content-Range")
    if header is None and begin is not None:
        return begin, None
    found = _RANGE.fullmatch(header or "")
    if found is None:
        raise _other_range(answer)
    return int(found[1]), None if found[2] == "*" else int(found[2])


def _other_range(answer: Response) -> ServerError:
    found = answer.headers.get("Content-Range", "none is named")
    remedy = "A proxy before the server may be at fault: ask its administrator."
    return ServerError(f"answers another range ({found})", answer.where, remedy)
