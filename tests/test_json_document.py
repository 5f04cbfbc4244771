"""Documents are read by the types of their fields, as strictly as they are written."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from wkflow import json_document
from wkflow.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Part:
    """A document in a document."""

    name: str
    place: tuple[int, int, int] = (0, 0, 0)
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """One field of each kind."""

    parts: tuple[Part, ...]
    pairs: tuple[tuple[str, int], ...] = ()
    best: Part | None = None
    window: tuple[float, float] | None = None
    words: tuple[str, ...] = ()
    digests: dict[str, str] | None = None
    count: int = 0
    newer: Part | None = field(default=None, metadata=json_document.LATER)


@dataclass(frozen=True, slots=True)
class Grown:
    """A document that a later version gave a field."""

    name: str
    added: str = field(default="", metadata=json_document.LATER)


@dataclass(frozen=True, slots=True)
class Holder:
    """A document of such documents."""

    one: Grown
    more: tuple[Grown, ...]
    count: int = 0


def test_what_an_earlier_version_had_not_is_left_out_of_what_it_would_write(tmp_path: Path) -> None:
    """Where it has its default, wherever the field is; and it is read again."""
    whole = Holder(Grown("a"), (Grown("b"), Grown("c", "new")))
    assert json_document.told(whole) == {
        "one": {"name": "a"},
        "more": ({"name": "b"}, {"name": "c", "added": "new"}),
        "count": 0,
    }
    json_document.write(tmp_path / "x.json", whole)
    assert json_document.read(Holder, tmp_path / "x.json") == whole


WHOLE = Whole((Part("a", (1, 2, 3)), Part("b", note="n")), (("t", 2),), Part("c"), (0.5, 1.0),
              ("x", "y"), {"f": "0"}, 7)  # fmt: skip


@pytest.mark.parametrize("whole", [WHOLE, Whole(())], ids=["full", "empty"])
@pytest.mark.parametrize("indent", [None, 1])
def test_what_is_read_is_what_was_written(tmp_path: Path, whole: Whole, indent: int | None) -> None:
    """Tuples, classes in tuples, what may be None, and all else as it is."""
    json_document.write(tmp_path / "whole.json", whole, indent=indent)
    assert json_document.read(Whole, tmp_path / "whole.json") == whole


@pytest.mark.parametrize(
    "document",
    [
        {"parts": []},
        {"pairs": [["t", 2]]},
        {"parts": [{"name": "a", "place": [1, 2]}]},
        {"parts": [{"name": "a", "place": [1, 2, 3], "more": 1}]},
        {"parts": 5},
        [],
        None,
    ],
)
def test_another_document_is_refused_by_name(tmp_path: Path, document: Any) -> None:  # noqa: ANN401 -- JSON
    """A list that is missing, one too short, a field too many, and what is no object."""
    with pytest.raises(json_document.WRONG):
        json_document.parsed(Whole, document)
    path = tmp_path / "whole.json"
    path.write_bytes(b"{")
    with pytest.raises(ConfigError, match="is no whole of this version"):
        json_document.read_own(Whole, path, called="whole", remedy="Remove it.")


def test_a_scalar_with_a_default_may_be_missing() -> None:
    """As of a version before the field was there."""
    document = {"parts": [{"name": "a", "place": [0, 0, 0]}], "pairs": [], "best": None,
                "window": None, "words": []}  # fmt: skip
    assert json_document.parsed(Whole, document) == Whole((Part("a"),))


def test_a_later_field_is_written_only_where_it_says_something(tmp_path: Path) -> None:
    """So a document, and its digest, is what an earlier version made; it may have any type."""
    assert "newer" not in json_document.told(WHOLE)
    newer = replace(WHOLE, newer=Part("d"))
    assert json_document.told(newer)["newer"] == {"name": "d", "place": (0, 0, 0), "note": None}
    json_document.write(tmp_path / "whole.json", newer)
    assert json_document.read(Whole, tmp_path / "whole.json") == newer
