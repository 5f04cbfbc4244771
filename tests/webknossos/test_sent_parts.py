"""What the server has of a batch outlives the job that sent it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import TransientError
from wkflow.webknossos.sent_parts import BEGUN, ChangedError, Journal

PATH, CRC = "em/1/c/0/0/0/0", "0a1b2c3d"


def begun(path: Path) -> Journal:
    journal = Journal(path)
    journal.begin(PATH, CRC)
    return journal


def test_a_first_job_goes_on_from_nothing(tmp_path: Path) -> None:
    """Its folder is made on the way; the next job is told that there was one."""
    path = tmp_path / "upload" / "1" / "convert_slab" / "em" / "z0.jsonl"
    first = Journal(path)
    assert not first.is_resumed
    first.begin(PATH, CRC)
    assert Journal(path).is_resumed


def test_a_file_on_its_way_is_noted_before_its_first_piece(tmp_path: Path) -> None:
    """A kill during that piece: the server may have it, so it has to be asked."""
    begun(tmp_path / "j")
    again = Journal(tmp_path / "j")
    assert again.has(PATH, BEGUN)
    assert not again.has(PATH, 1)


@given(notes=st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 4), st.booleans())))
def test_what_was_noted_is_known_later(
    tmp_path_factory: pytest.TempPathFactory, notes: list[tuple[str, int, bool]]
) -> None:
    """And nothing else; of a piece that was noted twice the first word counts, also when read."""
    path = tmp_path_factory.mktemp("journal") / "j"
    journal = Journal(path)
    told: dict[tuple[str, int], bool] = {}
    for name, number, certain in notes:
        journal.begin(name, CRC)
        journal.note(name, number, certain=certain)
        told.setdefault((name, number), certain)
    for one in (journal, Journal(path)):
        for piece in [(name, number) for name in "abc" for number in range(1, 5)]:
            assert one.has(*piece) == (piece in told)
            assert one.is_certain(*piece) == told.get(piece, False)


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_torn_last_line_counts_as_none(tmp_path: Path, cut: int) -> None:
    """However much of it reached the disk; the lines before it hold."""
    journal = begun(tmp_path / "j")
    journal.note(PATH, 1, certain=True)
    journal.note(PATH, 2, certain=True)
    text = (tmp_path / "j").read_bytes()
    (tmp_path / "j").write_bytes(text[: -cut - 1])
    again = Journal(tmp_path / "j")
    assert again.is_resumed
    assert again.has(PATH, 1)
    assert not again.has(PATH, 2)
    again.note(PATH, 2, certain=False)
    assert again.has(PATH, 2)


def test_what_follows_a_torn_line_is_kept(tmp_path: Path) -> None:
    """It begins on a line of its own."""
    begun(tmp_path / "j").note(PATH, 1, certain=True)
    text = (tmp_path / "j").read_bytes()
    (tmp_path / "j").write_bytes(text[:-5])
    Journal(tmp_path / "j").begin("other", CRC)
    assert Journal(tmp_path / "j").has("other", BEGUN)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    """The server would keep the old pieces beside the new ones; another file is no change."""
    journal = begun(tmp_path / "j")
    for one in (journal, Journal(tmp_path / "j")):
        one.begin(PATH, CRC)
        one.begin("other", "ffffffff")
        with pytest.raises(ChangedError) as caught:
            one.begin(PATH, "00000000")
        assert caught.value.where == PATH
    assert issubclass(ChangedError, TransientError)


def test_lines_of_threads_do_not_mix(tmp_path: Path) -> None:
    """Several connections note their pieces at once, some the same."""
    journal = begun(tmp_path / "j")
    with ThreadPoolExecutor(8) as threads:
        for number in range(400):
            threads.submit(journal.note, PATH, 1 + number // 2, certain=True)
    assert len((tmp_path / "j").read_text().splitlines()) == 201
    again = Journal(tmp_path / "j")
    assert all(again.is_certain(PATH, number) for number in range(1, 201))
