"""Who began a dataset, and where it is built."""

from pathlib import Path

import pytest
from wkflow.model.claim import Claim, new_of, old_of, place_of
from wkflow.run_folder import CLAIM


def test_a_claim_survives_its_file(tmp_path: Path) -> None:
    """What is written is read."""
    claim = Claim("/data/t", "/data/em", beside=True, before="/data/old")
    claim.write(tmp_path)
    assert Claim.read(tmp_path) == claim
    assert Claim.read(tmp_path / "nowhere") is None


@pytest.mark.parametrize("content", ["", "{", "\0\xff", "[1]", '{"source": 7}', '"logs/a.log"'])
def test_one_that_cannot_be_read_knows_no_source(tmp_path: Path, content: str) -> None:
    """It still says that a run began."""
    (tmp_path / CLAIM).write_text(content, encoding="latin-1")
    assert Claim.read(tmp_path) == Claim("", None)


def test_an_earlier_version_noted_the_dataset(tmp_path: Path) -> None:
    """As a text."""
    (tmp_path / CLAIM).write_text('"/data/t"')
    assert Claim.read(tmp_path) == Claim("/data/t", None)


def test_what_replaces_a_dataset_is_written_beside_it(tmp_path: Path) -> None:
    """Until it is swapped: then the old one is what lies beside it."""
    dataset = tmp_path / "t"
    assert place_of(dataset, tmp_path) == dataset
    Claim(str(dataset), "/data/em", beside=True).write(tmp_path)
    assert place_of(dataset, tmp_path) == new_of(dataset) == tmp_path / ".t.wkflow-new"
    old_of(dataset).mkdir()
    assert place_of(dataset, tmp_path) == dataset
    new_of(dataset).mkdir()
    assert place_of(dataset, tmp_path) == new_of(dataset)
