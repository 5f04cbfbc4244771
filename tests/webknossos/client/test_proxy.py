"""Files of a dataset are read back through the datastore."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from wkflow.errors import ServerError
from wkflow.webknossos.client.api_versions import Dialect
from wkflow.webknossos.client.dataset_files import WHOLE_FILE
from wkflow.webknossos.client.proxy import Proxy

from tests.webknossos.client.listener import (
    TOKEN,
    Answering,
    Asked,
    Listener,
    Reply,
    asking,
    document,
    in_turn,
)

CONTENT = bytes(range(256)) * 10
ROOT = "/data/v15/datasets/5/proxy"


@contextmanager
def reading(answer: Answering) -> Iterator[tuple[Listener, Proxy]]:
    with asking(answer) as (listener, session):
        yield listener, Proxy(session, listener.url + "/", Dialect(16), "5")


def ranged(asked: Asked) -> Reply:
    """Answer the one kind of range that servers of WEBKNOSSOS take besides suffixes."""
    found = re.fullmatch(r"bytes=(\d+)-(\d+)", asked.headers["range"])
    assert found
    begin, last = int(found[1]), int(found[2])
    if begin >= len(CONTENT):
        return Reply(416)
    headers = {"Content-Range": f"bytes {begin}-{last}/{len(CONTENT)}"}
    return Reply(206, CONTENT[begin : last + 1], headers)


@pytest.mark.parametrize(
    ("begin", "end"), [(0, 1), (0, 2560), (7, 300), (2559, 2560), (2500, 9999), (2560, 2570)]
)
@pytest.mark.parametrize("answer", [ranged, in_turn(Reply(200, CONTENT))], ids=["206", "200"])
def test_a_range_is_read(begin: int, end: int, answer: Answering) -> None:
    """The end is not part of it; servers that ignore ranges are put up with."""
    with reading(answer) as (listener, proxy):
        assert proxy.read("./layers/lä y/mags/1/c/0", begin, end) == CONTENT[begin:end]
    (asked,) = listener.asked
    assert asked.path == f"{ROOT}/layers/l%C3%A4%20y/mags/1/c/0"
    assert (asked.token, asked.headers["accept-encoding"]) == (TOKEN, "identity")


def test_a_missing_file_is_none() -> None:
    """As in a sparse array."""
    with reading(in_turn(Reply(404))) as (_, proxy):
        assert proxy.read("layers/a/mags/1/c/0", 0, 10) is None


@pytest.mark.parametrize(
    "reply",
    [
        Reply(206, CONTENT[:10], {"Content-Range": "bytes 5-14/2560"}),
        Reply(206, CONTENT[:11], {"Content-Range": "bytes 0-10/2560"}),
        Reply(200, b"x" * (WHOLE_FILE + 1)),
        Reply(403, b"Access forbidden: No read access on dataset"),
    ],
    ids=["elsewhere", "longer", "much too long", "forbidden"],
)
def test_another_answer_is_an_error(reply: Reply) -> None:
    """Wrong bytes must not pass for damaged ones."""
    with (
        reading(in_turn(reply)) as (_, proxy),
        pytest.raises(ServerError),
    ):
        proxy.read("layers/a/mags/1/c/0", 0, 10)


def test_a_hiccup_is_passed_over() -> None:
    """As with every other request."""
    with reading(
        in_turn(Reply(502), Reply(206, CONTENT[:10], cut=3), Reply(206, CONTENT[:10]))
    ) as (
        _,
        proxy,
    ):
        assert proxy.read("a", 0, 10) == CONTENT[:10]


def test_mags_are_where_the_server_says() -> None:
    """Written as one number or three."""
    layers = [
        {"name": "a", "mags": [{"mag": [1, 1, 1], "path": "./layers/a/mags/1"}]},
        {"name": "b", "mags": [{"mag": 2, "path": "./x"}, {"mag": [4, 4, 2], "path": "./y"}]},
        {"name": "c", "mags": []},
    ]
    with reading(in_turn(document({"dataLayers": layers}))) as (listener, proxy):
        assert proxy.mag_paths() == {
            ("a", (1, 1, 1)): "./layers/a/mags/1",
            ("b", (2, 2, 2)): "./x",
            ("b", (4, 4, 2)): "./y",
        }
        assert proxy.dataset_id == "5"
    assert listener.asked[0].path == f"{ROOT}/datasource-properties.json"


@pytest.mark.parametrize(
    "value", [{}, [], None, {"dataLayers": [{"name": "a", "mags": [{"mag": [1, 2], "path": ""}]}]}]
)
def test_other_descriptions_are_errors(value: object) -> None:
    """Of the server."""
    with (
        reading(in_turn(document(value))) as (_, proxy),
        pytest.raises(ServerError, match="describes no layers"),
    ):
        proxy.mag_paths()
