"""What a file says of itself becomes plain JSON, whatever libraries give."""

import json

import numpy as np
from wkflow.readers.base.source_metadata import MOST_ITEMS, SourceMetadata


def document(values: dict[str, object]) -> object:
    found = SourceMetadata.of_values("json", values)
    assert found is not None
    return json.loads(found.content)


def test_values_of_all_kinds_become_json() -> None:
    """Numbers of numpy, bytes, tuples, and what JSON has no word for."""
    values = {
        "number": np.float32(0.5), "table": np.arange(3), "text": b"abc\0", "pair": (1, None),
        "nan": float("nan"), "deep": {1: [True, object]}, "umlaut": "µm",
    }  # fmt: skip
    assert document(values) == {
        "number": 0.5, "table": [0, 1, 2], "text": "abc", "pair": [1, None], "nan": "nan",
        "deep": {"1": [True, "<class 'object'>"]}, "umlaut": "µm",
    }  # fmt: skip


def test_data_are_told_by_their_size() -> None:
    """A document stays small: no image hides in it."""
    many = MOST_ITEMS + 1
    values = {"array": np.zeros(many), "list": [0] * many, "bytes": b"a" * many}
    assert document(dict(values)) == {
        "array": f"{many} values", "list": f"{many} values", "bytes": f"{many} bytes",
    }  # fmt: skip


def test_nothing_is_no_document() -> None:
    """An empty file would say that something was lost."""
    assert SourceMetadata.of_values("json", {}) is None
    assert SourceMetadata.of_xml("xml", " \n") is None


def test_xml_stays_as_it_is() -> None:
    """Not parsed, not indented, in UTF-8."""
    found = SourceMetadata.of_xml("ome.xml", "<OME  a='µ'>\n</OME>")
    assert found == SourceMetadata("ome.xml", "<OME  a='µ'>\n</OME>".encode())
