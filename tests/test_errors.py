"""Errors say what, where and the remedy; they survive a process boundary and have a status."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow import errors
from wkflow.errors import WkflowError

KINDS = {
    "SnakemakeError": 1,
    "ConfigError": 2,
    "SourceError": 3,
    "ServerError": 4,
    "TransientError": 5,
    "ResourceError": 6,
    "VerificationError": 7,
}


def test_statuses_are_part_of_the_interface() -> None:
    """Scripts of users ask for them, so the table is written down here once more."""
    found = {kind.__name__: kind.exit_status for kind in WkflowError.__subclasses__()}
    assert found == KINDS


def test_the_docstring_lists_every_error() -> None:
    """Name and status, as `--help` and the tree of the module's first lines say."""
    for name, status in KINDS.items():
        assert any(line.split()[1:3] == [name, str(status)] for line in _tree()), name


def _tree() -> list[str]:
    return [line for line in (errors.__doc__ or "").splitlines() if "── " in line]


@pytest.mark.parametrize("name", [*KINDS, "WkflowError"])
@given(words=st.tuples(st.text(), st.text(), st.text()))
def test_an_error_survives_pickling(name: str, words: tuple[str, str, str]) -> None:
    """Jobs run in other processes, and what they raise must arrive whole."""
    error = getattr(errors, name)(*words)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own, a line ago
    assert type(copy) is type(error)
    assert (copy.what, copy.where, copy.remedy, copy.detail) == (*words, "")


@pytest.mark.parametrize("name", [*KINDS, "WkflowError"])
def test_a_detail_travels_along_unseen(name: str) -> None:
    """It is for `--verbose`: kept by pickling, no part of the sentence."""
    error = getattr(errors, name)("is full", "POST /data", "Ask for room.", "quota <~ chain")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own, a line ago
    assert copy.detail == "quota <~ chain"
    assert str(copy) == "POST /data: is full\n  Ask for room."


@given(whats=st.lists(st.text(), min_size=2, max_size=5))
def test_faults_of_several_files_are_one_error(whats: list[str]) -> None:
    """Of one folder: each with its name, and told apart whatever the words are."""
    faults = [
        errors.SourceError(what, f"/data/{number}.png", "Export it again.")
        for number, what in enumerate(whats)
    ]
    joined = errors.several(faults)
    assert (joined.where, joined.remedy) == ("/data", "Export it again.")
    parts = joined.what.split(errors.BETWEEN)
    assert [part.split(":")[0] for part in parts] == [f"{n}.png" for n in range(len(whats))]
    assert errors.several(faults[:1]) is faults[0]


def test_the_place_comes_first_and_the_remedy_last() -> None:
    """As compilers do, so that a terminal can make a link of it."""
    error = errors.SourceError("is empty (0 bytes)", "/data/7.png", "Export it again.")
    assert str(error) == "/data/7.png: is empty (0 bytes)\n  Export it again."
