"""An upload is taken up again while it holds the same and the server knows it, else begun anew."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.attempt import current, mark_lost, renewed, why_lost
from wkflow.delivery import UPLOAD

FILE = Path(UPLOAD, "attempt.json")


def test_there_is_none_before_the_first(tmp_path: Path) -> None:
    """Also where there is no run folder yet; looking makes nothing."""
    assert current(tmp_path / "run") is None
    assert not list(tmp_path.iterdir())


def test_the_same_recipe_is_the_same_upload(tmp_path: Path) -> None:
    """Its number and its name on the server: what was sent is not sent again."""
    first = renewed(tmp_path, "a")
    assert (first.number, first.recipe) == (1, "a")
    assert renewed(tmp_path, "a") == first == current(tmp_path)


def test_a_changed_recipe_is_a_new_upload(tmp_path: Path) -> None:
    """What a server has accepted it never takes again; going back to a recipe is a change, too."""
    attempts = [renewed(tmp_path, recipe) for recipe in ("a", "b", "a")]
    assert [attempt.number for attempt in attempts] == [1, 2, 3]
    assert len({attempt.upload_id for attempt in attempts}) == 3


def test_a_lost_upload_is_begun_anew(tmp_path: Path) -> None:
    """Why it was lost is kept with it; the next one is not lost."""
    first = renewed(tmp_path, "a")
    assert why_lost(tmp_path, first) is None
    mark_lost(first.folder(tmp_path), 'the "server" forgot it')
    assert why_lost(tmp_path, first) == 'the "server" forgot it'
    second = renewed(tmp_path, "a")
    assert (second.number, why_lost(tmp_path, second)) == (2, None)
    assert second.upload_id != first.upload_id
    assert renewed(tmp_path, "a") == second
    assert why_lost(tmp_path, first)


@given(
    steps=st.lists(
        st.tuples(st.sampled_from("ab"), st.booleans()),  # a recipe, and whether it gets lost
        min_size=1,
        max_size=8,
    )
)
def test_numbers_grow_by_one_for_each_new_upload(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, bool]]
) -> None:
    """Exactly when the recipe changed or the last one was lost, whatever came before."""
    folder = tmp_path_factory.mktemp("run")
    expected, held = 0, None
    for recipe, gets_lost in steps:
        expected += recipe != held
        attempt = renewed(folder, recipe)
        assert attempt.number == expected
        if gets_lost:
            mark_lost(attempt.folder(folder), "gone")
        held = None if gets_lost else recipe


@pytest.mark.parametrize(
    "text", ["", '{"number": 1, "upl', "[]", "7", '{"number": 1}', '{"number": 1, "era": 2}']
)
def test_a_damaged_note_counts_as_none(tmp_path: Path, text: str) -> None:
    """A power cut is no reason to stop: the server is asked anew."""
    first = renewed(tmp_path, "a")
    (tmp_path / FILE).write_text(text)
    assert current(tmp_path) is None
    again = renewed(tmp_path, "a")
    assert again.upload_id != first.upload_id
    assert current(tmp_path) == again


def test_a_torn_mark_is_no_loss(tmp_path: Path) -> None:
    """The server is asked, and says it again."""
    first = renewed(tmp_path, "a")
    mark_lost(first.folder(tmp_path), "gone")
    (first.folder(tmp_path) / "lost.json").write_text('"go')
    assert why_lost(tmp_path, first) is None


def test_the_server_gets_a_name_for_it_that_is_a_folder_anywhere(tmp_path: Path) -> None:
    """Time first, so that an administrator sees its age; then what no other upload has."""
    name = renewed(tmp_path, "a").upload_id
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d__[0-9a-f]{8}(-[0-9a-f]{4}){3}-\w{12}", name
    )
