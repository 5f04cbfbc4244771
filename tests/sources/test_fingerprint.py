"""Marks tell that a remote file was replaced; doctests show the rest."""

import json

from wkflow.sources.fingerprint import number_of, web_mark


def test_a_mark_survives_json() -> None:
    """The plan keeps it; JSON of other languages has 53 bits for a number."""
    mark = web_mark(2**40, "", '"tag"')
    assert tuple(json.loads(json.dumps(mark))) == mark
    assert mark[1] < 2**53


def test_tags_have_the_same_number_everywhere() -> None:
    """In each process and on each machine: it is no hash of Python's."""
    assert number_of('"abc"') == 29383950729207  # b2sum -l 48


def test_nothing_known_is_a_mark_as_well() -> None:
    """A server that says neither time nor tag: the size is all there is."""
    assert web_mark(7, "", "") == (7, 0)
