"""What the server granted is kept exactly: later requests are made of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.webknossos.reservation import Reservation

words = st.text(max_size=20)
reservations = st.builds(
    Reservation,
    upload_id=words,
    url=words,
    api=st.integers(13, 16),
    datastore=words,
    organization=words,
    folder_id=st.none() | words,
    name=words,
    file_count=st.integers(0, 2**40),
    known=st.lists(words, max_size=4).map(tuple),
    reserved_at=st.floats(0, 2e9),
)


@given(reservation=reservations)
def test_what_is_read_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, reservation: Reservation
) -> None:
    """The moment too: of two datasets of one name the one nearest to it is ours."""
    path = tmp_path_factory.getbasetemp() / "reservation.json"
    reservation.write(path)
    assert Reservation.read(path) == reservation


def test_it_is_written_where_snakemake_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the run folder by a relative name; nothing is left beside it."""
    monkeypatch.chdir(tmp_path)
    one = Reservation("u", "https://a", 16, "https://b", "o", None, "n", 3, ("x",), 1e9)
    name = "receipts/reserve_upload/1.json"
    one.write(name)
    assert Reservation.read(name) == one
    assert [path.name for path in (tmp_path / name).parent.iterdir()] == ["1.json"]
