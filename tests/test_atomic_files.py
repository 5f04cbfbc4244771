"""Files that are there whole or not at all, also when their writer is killed."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow import atomic_files
from wkflow.atomic_files import (
    PARTIAL,
    Handles,
    PartialFile,
    atomic_write,
    flush,
    sweep,
    write_json,
)
from wkflow.errors import ResourceError

PACKAGE_ROOT = Path(atomic_files.__file__).parents[1]

KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from wkflow.atomic_files import atomic_write
with atomic_write(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_file_appears_at_the_end(tmp_path: Path) -> None:
    """While it is being written nobody sees it; folders are made on the way."""
    path = tmp_path / "c" / "0" / "0"
    with atomic_write(path) as file:
        file.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert [one.name for one in path.parent.iterdir()] == ["0"]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    """The old file stays, the new one leaves no trace."""
    path = tmp_path / "plan.json"
    path.write_bytes(b"old")

    def fail() -> None:
        with atomic_write(path) as file:
            file.write(b"new")
            raise KeyError("why")

    with pytest.raises(KeyError, match="why"):
        fail()
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("plan.json", b"old")]


def test_a_killed_writer_leaves_no_file_under_the_name(tmp_path: Path) -> None:
    """Only something that is told from whole files by its name, and can be swept."""
    path = tmp_path / "deep" / "shard"
    command = [sys.executable, "-c", KILLED_WRITER, str(path)]
    done = subprocess.run(command, env={"PYTHONPATH": str(PACKAGE_ROOT)}, check=False)
    assert done.returncode == -signal.SIGKILL
    left = list(path.parent.iterdir())
    assert [one.name.endswith(PARTIAL) for one in left] == [True]
    assert left[0].read_bytes() == b"half"
    assert sweep(tmp_path) == 1
    assert not list(path.parent.iterdir())


def test_two_writers_do_not_mix_their_bytes(tmp_path: Path) -> None:
    """An orphan and its successor may write one file: the last to end has it."""
    path = tmp_path / "shard"
    with atomic_write(path) as orphan, atomic_write(path) as successor:
        orphan.write(b"orphan")
        successor.write(b"successor")
        orphan.flush()
        assert len(list(tmp_path.iterdir())) == 2
    assert path.read_bytes() == b"orphan"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_foreseen(tmp_path: Path, number: int) -> None:
    """It is no bug: the person is told where, and that the run can go on."""
    full = OSError(number, os.strerror(number))
    with (
        pytest.raises(ResourceError, match="the disk is full") as caught,
        atomic_write(tmp_path / "shard"),
    ):
        raise full
    assert caught.value.where == str(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
def test_what_is_written_late_is_told_too(tmp_path: Path) -> None:
    """A disk that is found full when the buffer is flushed is as full."""
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(ResourceError), atomic_write(tmp_path / "shard"):
        (tmp_path / "full").write_bytes(b"x")


def test_other_failures_of_the_system_stay_what_they_are(tmp_path: Path) -> None:
    """A target below a file is no full disk."""
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError), atomic_write(tmp_path / "file" / "shard"):
        pass


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(document=documents, indent=st.sampled_from([None, 1, 4]))
def test_json_is_kept(
    tmp_path_factory: pytest.TempPathFactory, document: object, indent: int | None
) -> None:
    """What is read is what was written, and the last line ends."""
    path = tmp_path_factory.getbasetemp() / "document.json"
    write_json(path, document, indent=indent)
    text = path.read_text()
    assert json.loads(text) == document
    assert text.endswith("\n")


def test_what_is_flushed_must_be_there(tmp_path: Path) -> None:
    """A shard that vanished is noticed before its receipt is written."""
    (tmp_path / "shard").write_bytes(b"1")
    flush([tmp_path / "shard"])
    with pytest.raises(FileNotFoundError, match="other"):
        flush([tmp_path / "shard", tmp_path / "other"])


def test_sweeping_leaves_whole_files(tmp_path: Path) -> None:
    """However deep; and a second time there is nothing left to sweep."""
    kept = [tmp_path / "a" / "zarr.json", tmp_path / "partial", tmp_path / "a" / "b" / "0"]
    swept = [tmp_path / f".x.1{PARTIAL}", tmp_path / "a" / "b" / f".0.2{PARTIAL}"]
    for path in kept + swept:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert (sweep(tmp_path), sweep(tmp_path)) == (2, 0)
    assert all(path.exists() for path in kept)
    assert sweep(tmp_path / "not there") == 0


def test_an_idle_flusher_flushes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one waits at its end until all files are on the disk."""
    flushed: list[Path] = []
    monkeypatch.setattr(atomic_files, "_sync", flushed.append)
    for is_idle in (False, True):
        with atomic_files.Flusher(is_idle=is_idle) as flusher:
            flusher.flush(tmp_path / "a")
            flusher.flush(tmp_path / "b")
    assert sorted(flushed) == [tmp_path, tmp_path / "a", tmp_path / "b"]


def open_below(folder: Path) -> int:
    """Count the files below a folder that this process holds open."""
    links = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return sum(link.is_relative_to(folder) for link in links)


def test_a_growing_file_appears_when_it_is_finished(tmp_path: Path) -> None:
    """Folders are made on the way; what was there before stays until then."""
    path = tmp_path / "c" / "0"
    file = PartialFile(path, Handles())
    file.append([b"one", memoryview(b"two")])
    file.append([])
    file.append([b"three"])
    assert not path.exists()
    assert file.size == 11
    file.finish()
    file.abandon()
    assert [(one.name, one.read_bytes()) for one in path.parent.iterdir()] == [
        ("0", b"onetwothree")
    ]


def test_a_growing_file_may_be_written_anywhere(tmp_path: Path) -> None:
    """Holes read as zeros, also at the end; what was written can be read."""
    file = PartialFile(tmp_path / "x", Handles())
    file.append([b"head"])
    file.put(8, b"late")
    file.put(6, b"!")
    assert file.read(6, 4) == b"!\0la"
    file.stretch(14)
    file.append([b"end"])
    file.finish()
    assert (tmp_path / "x").read_bytes() == b"head\0\0!\0late\0\0end"


def test_an_empty_growing_file_is_a_file(tmp_path: Path) -> None:
    """Whether anything was written or not."""
    PartialFile(tmp_path / "x", Handles()).finish()
    assert (tmp_path / "x").read_bytes() == b""


def test_files_that_grow_side_by_side_share_a_few_handles(tmp_path: Path) -> None:
    """Those that wait are closed, and go on where they were."""
    handles = Handles(3)
    files = [PartialFile(tmp_path / str(number), handles) for number in range(10)]
    for word in (b"a", b"bc", b"def"):
        for file in files:
            file.append([word])
            assert open_below(tmp_path) <= 3
    for file in files:
        file.finish()
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"abcdef"}
    assert open_below(tmp_path) == 0


def test_an_abandoned_file_leaves_nothing(tmp_path: Path) -> None:
    """Nor does what lies beside it; and the old file stays."""
    (tmp_path / "x").write_bytes(b"old")
    file = PartialFile(tmp_path / "x", Handles())
    beside = file.beside()
    file.append([b"new"])
    beside.append([b"spool"])
    assert len([path for path in tmp_path.iterdir() if path.name.endswith(PARTIAL)]) == 2
    beside.abandon()
    file.abandon()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("x", b"old")]
    assert open_below(tmp_path) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
@pytest.mark.parametrize("length", [1, 100_000])
def test_a_disk_that_fills_while_a_file_grows_is_foreseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    """At once, or when what waits in a buffer is written because another file takes the handle."""
    monkeypatch.setattr(
        atomic_files, "_partial", lambda path: path.parent / f"{path.name}{PARTIAL}"
    )
    (tmp_path / f"shard{PARTIAL}").symlink_to("/dev/full")
    handles = Handles(1)
    file, other = PartialFile(tmp_path / "shard", handles), PartialFile(tmp_path / "other", handles)

    def grow() -> None:
        file.append([b"x" * length])
        other.append([b"x"])

    with pytest.raises(ResourceError, match="the disk is full") as caught:
        grow()
    assert caught.value.where == str(tmp_path)
    file.abandon()
    other.abandon()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("most", [1, 5, 10**6, None])
def test_pieces_are_written_whole_whatever_the_system_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int | None
) -> None:
    """Few bytes at once, few pieces, or, as on Windows, one piece at a time."""
    pieces = [bytes([n % 256]) * (n % 7) for n in range(3000)]
    if most is None:
        monkeypatch.delattr(os, "pwritev")
    else:
        write = os.pwritev

        def short(number: int, parts: list[memoryview], place: int) -> int:
            assert len(parts) <= atomic_files.MOST_PIECES
            kept = [part[:most] for part in parts] if most > 5 else [parts[0][:most]]
            return write(number, kept, place)

        monkeypatch.setattr(os, "pwritev", short)
    file = PartialFile(tmp_path / "x", Handles())
    file.append([b"head"])
    file.append(pieces)
    file.put(1, b"EA")
    file.finish()
    assert (tmp_path / "x").read_bytes() == b"hEAd" + b"".join(pieces)
    assert file.size == (tmp_path / "x").stat().st_size
