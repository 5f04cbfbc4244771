"""What is kept for the page of slices that a person should look at."""

from pathlib import Path

import pytest
from wkflow.model.doubtful_slices import DoubtfulSlices, keep_doubtful, read_doubtful
from wkflow.run_folder import DOUBTFUL

FOUND = {"em": (DoubtfulSlices("are smaller", (2, 5)),), "sound": ()}


def test_what_is_kept_is_read(tmp_path: Path) -> None:
    """Of layers of which there is something to be said."""
    keep_doubtful(tmp_path, FOUND)
    assert read_doubtful(tmp_path) == {"em": FOUND["em"]}


def test_what_is_true_no_more_goes(tmp_path: Path) -> None:
    """The next plan may find nothing; without a folder nothing is kept, and none is made."""
    keep_doubtful(tmp_path, FOUND)
    keep_doubtful(tmp_path, {"em": ()})
    assert list(tmp_path.iterdir()) == []
    keep_doubtful(tmp_path / "none", FOUND)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "[]", '{"em": 3}', '{"em": [["a", ["b"]]]}'])
def test_what_is_damaged_says_nothing(tmp_path: Path, content: str) -> None:
    """No page fails for it."""
    (tmp_path / DOUBTFUL).write_text(content)
    assert read_doubtful(tmp_path) == {}
