"""A layer of one dataset becomes one of another: asked for once, recognised, never replaced."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from wkflow.errors import ServerError, VerificationError
from wkflow.webknossos.client.compose import add_layer, is_same_layer, layers_of, obstacle_of
from wkflow.webknossos.client.dataset import RemoteDataset
from wkflow.webknossos.client.server import Server
from wkflow.webknossos.client.session import Session

from tests.standin.sender import LAYER, Sender, source

Pair = tuple[RemoteDataset, RemoteDataset]

ROUTE = ["catalog.compose_add_layer"]


def sent(sender: Sender, layer: str, **reserved: object) -> str:
    """Send a dataset of one layer; give its id."""
    one = Sender(sender.standin, sender.api)
    document = source(name=layer, mags=[{"mag": [1, 1, 1], "path": f"./{layer}/1"}])
    files = {f"{layer}/1/zarr.json": b"{}", "datasource-properties.json": document}
    one.reserve(len(files), size=None, **reserved)
    for path, content in files.items():
        assert one.send(path, content).status_code == 200
    (key,) = one.finish().json().values()
    return str(key)


def pair_on(sender: Sender) -> Iterator[Pair]:
    """Give two datasets of a server: one to change, one that has a layer for it."""
    keys = sent(sender, "em"), sent(sender, "nuclei")
    with Session(sender.standin.token) as session:
        server = Server.connect(session, sender.standin.url)
        target, other = (RemoteDataset.read(server, key) for key in keys)
        yield target, other


@pytest.fixture
def any_pair(any_sender: Sender) -> Iterator[Pair]:
    """Give them on a server of each version."""
    yield from pair_on(any_sender)


@pytest.fixture
def pair(sender: Sender) -> Iterator[Pair]:
    """Give them on a server of the newest version."""
    yield from pair_on(sender)


def test_it_is_added_once(any_pair: Pair) -> None:
    """Its mags are where they were; asked for again, nothing changes."""
    target, other = any_pair
    before = layers_of(target)
    for _ in range(2):
        add_layer(target.again(), other, "nuclei", was_asked=False)
    after = layers_of(target.again())
    assert list(after) == ["em", "nuclei"]
    assert after["em"] == before["em"]
    assert is_same_layer(after["nuclei"], layers_of(other)["nuclei"])


def test_another_one_of_that_name_stays(sender: Sender) -> None:
    """It is told, and nothing is changed: also if the server was asked before."""
    keys = sent(sender, "em"), sent(sender, "em")
    with Session(sender.standin.token) as session:
        server = Server.connect(session, sender.standin.url)
        target, other = (RemoteDataset.read(server, key) for key in keys)
        with pytest.raises(ServerError, match="has got another layer em meanwhile"):
            add_layer(target, other, "em", was_asked=False)
        assert layers_of(target.again()) == layers_of(target)
        add_layer(target, other, "em", was_asked=True)  # of the same kind and box: taken for it


@pytest.mark.parametrize(
    "faults",
    [{"lost": {"times": 1}}, {"lost": {"times": 1, "status": 400}}, {"status": {"times": 1}}],
)
def test_a_lost_answer_is_looked_for(pair: Pair, sender: Sender, faults: dict[str, Any]) -> None:
    """The server may have done it."""
    target, other = pair
    sender.standin.faults(**{kind: {**one, "routes": ROUTE} for kind, one in faults.items()})
    add_layer(target, other, "nuclei", was_asked=False)
    assert list(layers_of(target.again())) == ["em", "nuclei"]


@pytest.mark.parametrize(("status", "words"), [(404, "cannot add layers"), (403, "no")])
def test_a_refusal_is_told(pair: Pair, sender: Sender, status: int, words: str) -> None:
    """In the server's words; where it has no such route, with what was sent."""
    target, other = pair
    sender.standin.faults(status={"routes": ROUTE, "status": status, "said": "no"})
    with pytest.raises(ServerError, match=words) as caught:
        add_layer(target, other, "nuclei", was_asked=False)
    assert (other.url in caught.value.remedy) == (status == 404)
    sender.standin.faults()
    assert list(layers_of(target.again())) == ["em"]


def test_what_the_server_only_says_is_noticed(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers that it did it, and shows no such layer."""
    target, other = pair
    monkeypatch.setattr(type(target.server.session), "request", lambda *_, **__: None)
    monkeypatch.setattr(RemoteDataset, "again", lambda self: self)
    with pytest.raises(VerificationError, match="added layer nuclei, and does not show it"):
        add_layer(target, other, "nuclei", was_asked=False)


def test_what_can_get_no_layers(sender: Sender) -> None:
    """What the server found by itself, and what the user may not change."""
    keys = sent(sender, "em"), sent(sender, "em", isVirtual=False)
    with Session(sender.standin.token) as session:
        server = Server.connect(session, sender.standin.url)
        usual, found = (RemoteDataset.read(server, key) for key in keys)
        assert obstacle_of(usual) == ""
        assert "found it as a folder" in obstacle_of(found)
        foreign = RemoteDataset(server, usual.id, usual.info | {"isEditable": False})
        assert "may not change it" in obstacle_of(foreign)


@pytest.mark.parametrize(
    "change",
    [
        {"category": "segmentation"},
        {"elementClass": "uint16"},
        {"mags": [{"mag": [2, 2, 1], "path": "./color/1"}]},
        {"mags": [{"mag": [1, 1, 1], "path": "./elsewhere/1"}]},
        {"boundingBox": LAYER["boundingBox"] | {"width": 9}},
    ],
)
def test_layers_are_told_apart(change: dict[str, Any]) -> None:
    """By kind, box, mags and where those lie; a largest id that a user set counts for nothing."""
    one = json.loads(json.dumps(LAYER))
    assert not is_same_layer(one, one | change)
    assert is_same_layer(one, one | {"largestSegmentId": 7, "name": "other"})
