"""Folders are found by paths with and without the root's name."""

import pytest
from wkflow.errors import ServerError
from wkflow.webknossos.client.folders import below, find, folders_of

TREE: list[dict[str, object]] = [
    {"id": "r", "name": "Datasets", "parent": None, "isEditable": False},
    {"id": "a", "name": "Alice", "parent": "r", "isEditable": True},
    {"id": "b", "name": "EM", "parent": "a", "isEditable": True},
    {"id": "c", "name": "Datasets", "parent": "r", "isEditable": True},
    {"id": "d", "name": "Locked", "parent": "r", "isEditable": False},
    {"id": "t1", "name": "Twin", "parent": "a", "isEditable": True},
    {"id": "t2", "name": "Twin", "parent": "a", "isEditable": True},
    {"id": "h1", "name": "Half", "parent": "a", "isEditable": False},
    {"id": "h2", "name": "Half", "parent": "a", "isEditable": True},
    {"id": "s", "name": "shared", "parent": "unseen", "isEditable": True},
]
URL = "https://wk.example"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("Datasets/Alice", "a"),
        ("Alice", "a"),
        ("Alice/", "a"),
        ("/Alice/EM/", "b"),
        ("Datasets/Alice/EM", "b"),
        ("Datasets/Datasets", "c"),
        ("Alice/Half", "h2"),
        ("shared", "s"),
    ],
)
def test_a_folder_is_found(path: str, key: str) -> None:
    """Of two with one name, the one that may be written to."""
    assert find(folders_of(TREE), path, URL) == key


@pytest.mark.parametrize(
    ("path", "what", "remedy"),
    [
        ("alice", "no folder 'alice'", "Did you mean Datasets/Alice"),
        ("Datasets/Alice/ME", "no folder", "Datasets/Alice/EM"),
        ("zzzz", "no folder", "There are Datasets, shared, Datasets/Alice ..."),
        ("Locked", "'Locked' is read-only", "another folder"),
        ("Datasets", "read-only", "another folder"),
        ("Alice/Twin", "2 folders are called", "Rename"),
    ],
)
def test_what_cannot_be_used_is_named(path: str, what: str, remedy: str) -> None:
    """With what may have been meant; an exact path goes before a shortened one."""
    with pytest.raises(ServerError, match=what) as caught:
        find(folders_of(TREE), path, URL)
    assert remedy in caught.value.remedy
    assert caught.value.where == URL


def test_circles_end() -> None:
    """Whatever a server says of parents."""
    circle: list[dict[str, object]] = [
        {"id": "a", "name": "A", "parent": "b"},
        {"id": "b", "name": "B", "parent": "a"},
    ]
    assert [one.path for one in folders_of(circle)] == ["B/A", "A/B"]


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("Alice", {"a", "b", "t1", "t2", "h1", "h2"}),
        ("Locked", {"d"}),
        ("Alice/Twin", {"t1", "t2"}),
    ],
)
def test_folders_below_one_are_found(path: str, keys: set[str]) -> None:
    """With it; to look into it nobody needs the right to write."""
    assert {one.id for one in below(folders_of(TREE), path, URL)} == keys
    with pytest.raises(ServerError, match="no folder"):
        below(folders_of(TREE), path[:-1], URL)
