"""What a dataset says of itself: set on a server and read back from it."""

from collections.abc import Iterator
from typing import Any

import pytest
from wkflow.errors import ServerError, VerificationError
from wkflow.model.dataset_details import DatasetDetails
from wkflow.webknossos.client.api_versions import Dialect
from wkflow.webknossos.client.details import set_details, team_ids
from wkflow.webknossos.client.server import Server
from wkflow.webknossos.client.session import Session

from tests.standin.sender import Sender, source
from tests.webknossos.client.listener import asking, document, in_turn


@pytest.fixture
def dataset(any_sender: Sender) -> Iterator[tuple[Server, str]]:
    """Give a dataset of a server of each version, as its administrator sees it."""
    files = {"color/1/zarr.json": b"{}", "datasource-properties.json": source()}
    any_sender.reserve(len(files), size=None)
    for path, content in files.items():
        assert any_sender.send(path, content).status_code == 200
    (key,) = any_sender.finish().json().values()
    with Session(any_sender.standin.token) as session:
        yield Server.connect(session, any_sender.standin.url), key


def test_all_of_it_is_set_and_read_back(dataset: tuple[Server, str]) -> None:
    """Twice as well; what is not said stays."""
    server, key = dataset
    said = DatasetDetails(
        ("em", "retina"), ("Lab Birch",), "A *retina*",
        {"animal": "M007", "age": 12, "dose": 2.5, "dyes": ["a", "b"]}, public=True,
    )  # fmt: skip
    assert set_details(server, key, said) == said
    assert set_details(server, key, said) == said
    fewer = DatasetDetails(tags=("em",), public=False)
    assert set_details(server, key, fewer) == fewer
    found = server.dataset(key)
    assert (found["tags"], found["isPublic"], found["description"]) == (["em"], False, "A *retina*")
    kinds = {row["key"]: row["type"] for row in found["metadata"]}
    assert kinds == {"animal": "string", "age": "number", "dose": "number", "dyes": "string[]"}
    none = DatasetDetails((), (), "", {})
    assert set_details(server, key, none) == none


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("lab alder", "Did you mean Lab Alder"), ("xyz", "There are Default, Lab Alder, Lab Birch.")],
)
def test_a_team_that_does_not_exist_is_told(sender: Sender, name: str, remedy: str) -> None:
    """With the nearest names, or those that there are; nothing is changed."""
    with Session(sender.standin.token) as session:
        server = Server.connect(session, sender.standin.url)
        assert len(team_ids(server, ["Lab Alder", "Default"])) == 2
        with pytest.raises(ServerError, match=f"no team '{name}'") as caught:
            team_ids(server, ["Default", name])
    assert remedy in caught.value.remedy


def test_who_leads_no_team_cannot_choose_one(sender: Sender) -> None:
    """The server would leave it out without a word; a dataset manager may choose any."""
    with Session(sender.standin.manager_token) as session:
        server = Server.connect(session, sender.standin.url)
        assert len(team_ids(server, ["Lab Birch"])) == 1
    with Session(sender.standin.member_token) as session:
        server = Server.connect(session, sender.standin.url)
        with pytest.raises(ServerError) as caught:
            team_ids(server, ["Lab Birch"])
    assert "make you lead a team" in caught.value.remedy


@pytest.mark.parametrize(
    ("said", "has", "words"),
    [
        (DatasetDetails(tags=("a",)), {"tags": ["b"]}, "set tags to a, and has b"),
        (DatasetDetails(description="x"), {"description": None}, "set description to x"),
        (DatasetDetails(public=True), {"isPublic": False}, "set public to yes, and has no"),
        (
            DatasetDetails(metadata={"a": 1}),
            {"metadata": []},
            "set metadata to a = 1, and has none",
        ),
    ],
)
def test_a_server_that_keeps_something_else_is_told(
    said: DatasetDetails, has: dict[str, Any], words: str
) -> None:
    """Whatever it answered: the dataset itself is whole, and the error says so."""
    with asking(in_turn(document({}), document(has))) as (listener, session):
        server = Server(session, listener.url, Dialect(16))
        with pytest.raises(VerificationError, match=words) as caught:
            set_details(server, "a" * 24, said)
    assert "the dataset itself is whole" in caught.value.remedy
    assert [asked.method for asked in listener.asked] == ["PATCH", "GET"]
