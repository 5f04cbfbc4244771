"""Files below an URL: ranges as WEBKNOSSOS takes them, from servers that do what they like."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from wkflow.errors import ServerError, TransientError
from wkflow.webknossos.client.dataset_files import WHOLE_FILE, RemoteFiles
from wkflow.webknossos.client.session import Session

from tests.standin.conftest import Served
from tests.standin.sender import BODY, Sender
from tests.webknossos.client.listener import (
    TOKEN,
    Answering,
    Asked,
    Listener,
    Reply,
    asking,
    hasty,
    in_turn,
)

CONTENT = bytes(range(256)) * 10
SIZE = len(CONTENT)


@contextmanager
def reading(answer: Answering) -> Iterator[tuple[Listener, RemoteFiles]]:
    with asking(answer) as (listener, session):
        yield listener, RemoteFiles(session, listener.url + "/data/")


def ranged(asked: Asked) -> Reply:
    """Answer the two kinds of ranges as RFC 9110 has them."""
    header = asked.headers.get("range")
    if header is None:
        return Reply(200, CONTENT)
    found = re.fullmatch(r"bytes=(\d*)-(\d+)", header)
    assert found, header
    begin = int(found[1]) if found[1] else max(0, SIZE - int(found[2]))
    end = min(SIZE, int(found[2]) + 1) if found[1] else SIZE
    if begin >= end:
        return Reply(416, headers={"Content-Range": f"bytes */{SIZE}"})
    return Reply(206, CONTENT[begin:end], {"Content-Range": f"bytes {begin}-{end - 1}/{SIZE}"})


IGNORING = in_turn(Reply(200, CONTENT))


@pytest.mark.parametrize("answer", [ranged, IGNORING], ids=["206", "200"])
def test_all_parts_are_read(answer: Answering) -> None:
    """Also from servers that ignore ranges; ends lie behind the last byte."""
    with reading(answer) as (listener, files):
        for begin, end in ((0, 1), (7, 300), (SIZE - 1, SIZE), (SIZE - 9, SIZE + 9), (SIZE, 9999)):
            assert files.part("./ö/a b", begin, end) == CONTENT[begin:end]
        for count in (1, 300, SIZE, SIZE + 1):
            assert files.tail("a", count) == CONTENT[-count:]
        assert files.whole("a") == CONTENT
        assert files.size("a") == SIZE
        assert listener.asked[0].path == "/data/%C3%B6/a%20b"
        assert {asked.token for asked in listener.asked} == {TOKEN}
        assert {asked.headers["accept-encoding"] for asked in listener.asked} == {"identity"}


def test_nothing_is_not_asked_for() -> None:
    """There is no range of no bytes."""
    with reading(in_turn(Reply(500))) as (listener, files):
        assert files.part("a", 5, 5) == b""
        assert files.tail("a", 0) == b""
        assert not listener.asked


def test_missing_files_are_none() -> None:
    """As in a sparse array."""
    with reading(in_turn(Reply(404))) as (_, files):
        assert files.whole("a") is None
        assert files.part("a", 0, 9) is None
        assert files.tail("a", 9) is None
        assert files.size("a") is None


def test_empty_files_are_empty() -> None:
    """No range of them can be satisfied."""
    with reading(in_turn(Reply(416, headers={"Content-Range": "bytes */0"}))) as (_, files):
        assert files.part("a", 0, 9) == b""
        assert files.tail("a", 9) == b""
        assert files.size("a") == 0


@pytest.mark.parametrize(
    ("header", "length"),
    [
        ("bytes 5-14/2560", 10),  # elsewhere
        ("bytes 10-20/2560", 11),  # too long
        ("bytes 10-14/2560", 5),  # too short, and not at the end
        ("bytes 10-19/2560", 9),  # not what it says
        ("pages 1-2/3", 10),
    ],
)
def test_another_part_is_an_error(header: str, length: int) -> None:
    """Wrong bytes must not pass for damaged ones."""
    reply = Reply(206, b"x" * length, {"Content-Range": header})
    with reading(in_turn(reply)) as (_, files), pytest.raises(ServerError, match="another range"):
        files.part("a", 10, 20)


@pytest.mark.parametrize(
    ("header", "length"),
    [
        ("bytes 0-9/2560", 10),  # a beginning
        ("bytes 2551-2559/2560", 9),  # too short
        ("bytes 2549-2559/2560", 11),  # too long
        ("bytes 2550-2559/2560", 9),  # not what it says
        ("bytes", 10),
    ],
)
def test_another_tail_is_an_error(header: str, length: int) -> None:
    """An index of a shard that is shifted would be taken for one."""
    reply = Reply(206, b"x" * length, {"Content-Range": header})
    with reading(in_turn(reply)) as (_, files), pytest.raises(ServerError, match="another range"):
        files.tail("a", 10)


def test_an_untold_size_is_put_up_with() -> None:
    """Some proxies leave it, or the whole header, out."""
    told = {"Content-Range": "bytes 9-18/*"}
    with reading(in_turn(Reply(206, CONTENT[9:19], told))) as (_, files):
        assert files.part("a", 9, 19) == CONTENT[9:19]
        assert files.tail("a", 10) == CONTENT[9:19]
    with reading(in_turn(Reply(206, CONTENT[9:19]))) as (_, files):
        assert files.part("a", 9, 19) == CONTENT[9:19]
        assert files.tail("a", 10) == CONTENT[9:19]
        with pytest.raises(ServerError, match="none is named"):
            files.size("a")
    with reading(in_turn(Reply(206, b"x", {"Content-Range": "bytes 99-99/*"}))) as (_, files):
        assert files.size("a") == 100


def test_memory_is_bounded() -> None:
    """A server that ignores ranges sends no shard of a gigabyte."""
    with reading(in_turn(Reply(200, b"x" * (WHOLE_FILE + 1)))) as (_, files):
        for ask in (lambda: files.part("a", 0, 9), lambda: files.tail("a", 9)):
            with pytest.raises(ServerError, match="more than"):
                ask()
        assert files.part("a", 0, WHOLE_FILE + 1) is not None
        with pytest.raises(ServerError, match="more than 99 bytes"):
            files.whole("a", limit=99)


def test_hiccups_are_passed_over() -> None:
    """And in the end it is told which file could not be read."""
    replies = (Reply(503), Reply(206, CONTENT[:10], cut=3), Reply(206, CONTENT[:10]))
    with reading(in_turn(*replies)) as (_, files):
        assert files.part("a", 0, 10) == CONTENT[:10]
    with asking(in_turn(Reply(502)), budget=hasty(per_request=1)) as (listener, session):
        files = RemoteFiles(session, listener.url)
        with pytest.raises(TransientError, match="2 tries") as caught:
            files.whole("lay/1/zarr.json")
        assert caught.value.where.endswith("/lay/1/zarr.json")


def test_refusals_are_told() -> None:
    """In the server's words, with the place but no token."""
    with reading(in_turn(Reply(403, f"Denied to {TOKEN}".encode()))) as (listener, files):
        with pytest.raises(ServerError, match="Denied") as caught:
            files.whole("a")
        assert TOKEN not in str(caught.value)
        assert files.where("a?b") == f"{listener.url}/data/a%3Fb"


@pytest.mark.parametrize("api", [13, 14, 15, 16])
def test_a_server_gives_what_it_has(served: Served, api: int) -> None:
    """From many threads."""
    sender = Sender(served(api), api)
    key = sender.publish()
    with Session(sender.token) as session:
        root = f"{sender.data_url}/datasets/{key}/proxy/layers/color/mags/1"
        files = RemoteFiles(session, root)
        name = "c/0/0/0/0"
        asks = [
            lambda: files.whole(name) == BODY,
            lambda: files.part(name, 2, 99) == BODY[2:],
            lambda: files.tail(name, 5) == BODY[-5:],
            lambda: files.size(name) == len(BODY),
            lambda: files.whole("c/1/0/0/0") is None,
            lambda: files.tail("c/1/0/0/0", 5) is None,
        ]
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(lambda ask: ask(), asks * 5))
        files.close()


@pytest.mark.parametrize("name", ["../x", "em/../../x", "em/%2e%2e/x"])
def test_paths_that_lead_up_are_refused(name: str) -> None:
    """The server named them; they are not asked for."""
    with reading(IGNORING) as (listener, files):
        with pytest.raises(ServerError, match="makes no sense"):
            files.whole(name)
        assert not listener.asked
