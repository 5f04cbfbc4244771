"""Files below a folder: whole, in part, and those that are not there."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from wkflow.errors import SourceError
from wkflow.formats.dataset_files import LocalFiles


def handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_files_are_read_whole_and_in_part(tmp_path: Path) -> None:
    """Fewer bytes come where a file ends sooner."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"0123456789")
    files = LocalFiles(tmp_path)
    assert files.whole("a/b") == b"0123456789"
    assert files.part("a/b", 2, 5) == b"234"
    assert files.part("a/b", 8, 2**62) == b"89"
    assert files.part("a/b", 11, 12) == b""
    assert files.tail("a/b", 3) == b"789"
    assert files.tail("a/b", 30) == b"0123456789"
    assert files.size("a/b") == 10
    assert files.where("a/b") == str(tmp_path / "a" / "b")
    assert LocalFiles("/nowhere").whole(str(tmp_path / "a" / "b")) == b"0123456789"


@pytest.mark.parametrize("name", ["gone", "gone/b", "a/b"])
def test_what_is_not_there_is_none(tmp_path: Path, name: str) -> None:
    """Neither is what would lie below a file."""
    (tmp_path / "a").write_bytes(b"")
    files = LocalFiles(tmp_path)
    assert files.whole(name) is None
    assert files.part(name, 0, 1) is None
    assert files.tail(name, 1) is None
    assert files.size(name) is None


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A folder is no file."""
    (tmp_path / "a").mkdir()
    for read in (LocalFiles(tmp_path).whole, lambda name: LocalFiles(tmp_path).part(name, 0, 1)):
        with pytest.raises(SourceError) as failure:
            read("a")
        assert failure.value.where == str(tmp_path / "a")


def test_few_files_stay_open(tmp_path: Path) -> None:
    """The others are opened again, by any thread, also while another reads them."""
    names = [str(number) for number in range(20)]
    for name in names:
        (tmp_path / name).write_text(name * 1000)
    files = LocalFiles(tmp_path, handles=3)
    before = handles()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda name: files.part(name, 0, 2), names * 50))
    assert found == [(name * 2)[:2].encode() for name in names] * 50
    assert handles() == before + 3
    files.close()
    assert handles() == before


def test_absent_files_are_told_by_their_first_name(tmp_path: Path) -> None:
    """A file under another of its names is there."""
    for name in ("a/0", "a/1.gz", "b/0"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = [(f"{folder}/{at}", f"{folder}/{at}.gz") for folder in "abc" for at in range(2)]
    assert list(LocalFiles(tmp_path).absent(names)) == ["b/1", "c/0", "c/1"]
    many = [(f"{folder}/0",) for folder in range(200)] * 2
    assert list(LocalFiles(tmp_path).absent(many)) == [name for (name,) in many]
