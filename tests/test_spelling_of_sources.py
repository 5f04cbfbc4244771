"""How sources and their channels are spelled."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.options import parsers


@given(numbers=st.lists(st.integers(0, 9999), min_size=1))
def test_channels_are_numbers_however_they_are_written(numbers: list[int]) -> None:
    """A list of YAML, one number of YAML, or a text with commas and blanks."""
    text = ",".join(map(str, numbers))
    assert parsers.channels(numbers) == parsers.channels(text) == text
    assert parsers.channels(text.replace(",", " , ")) == text
    assert parsers.channels(numbers[0]) == str(numbers[0])


@pytest.mark.parametrize("word", ["rgb", "split"])
def test_channels_may_be_a_word(word: str) -> None:
    """The first three as one layer, or each as a layer."""
    assert parsers.channels(word) == parsers.channels([word]) == word


@pytest.mark.parametrize(
    "value", ["", "RGB", "0,", ",0", "-1", "1.5", "0;2", "rgb,0", [], [[0]], "12345"]
)
def test_other_channels_are_told(value: object) -> None:
    """With what would be right, and that counting begins at 0."""
    with pytest.raises(ValueError, match="the first is 0"):
        parsers.channels(value)


@pytest.mark.parametrize(
    "url",
    ["https://h/data?x=1", "s3://bucket/key", "gs://bucket/a b", "http://localhost:9000/a.tif"],
)
def test_a_source_may_be_a_url(url: str) -> None:
    """It is left as it is: query and blanks belong to it."""
    assert parsers.source(url) == url


def test_any_other_source_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made absolute where the command is given; a single letter and a colon are no URL."""
    monkeypatch.chdir(tmp_path)
    assert parsers.source("stack") == parsers.source(Path("stack")) == str(tmp_path / "stack")
    for odd in ("c://x", "x/s3://y", "://"):
        assert parsers.source(odd).startswith(str(tmp_path))
    with pytest.raises(ValueError, match="must be a path"):
        parsers.source("")
