"""Zip archives of every origin, whole and broken, written by `zipfile` and by Info-ZIP."""

import multiprocessing
import os
import shutil
import signal
import stat
import subprocess
import time
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest
from wkflow.errors import ResourceError, SourceError
from wkflow.sources.zip_archive import is_archive, unpack

SPAWN = multiprocessing.get_context("spawn")
WHEN = (2024, 5, 6, 7, 8, 10)


def member(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, WHEN)
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def packed(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(member(name), content)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("top", ["", "stack/", "other/deep/"])
def test_members_lie_below_a_folder_of_the_archives_name(tmp_path: Path, top: str) -> None:
    """Layers are named as in a folder of that name."""
    members = {f"{top}a {i}.tif": bytes([i]) * 1000 for i in range(9)}
    root = unpack(packed(tmp_path / "stack.zip", members), tmp_path / "u")
    assert root.name == "stack"
    assert tree(root) == members


def test_it_is_unpacked_once(tmp_path: Path) -> None:
    """Unpacked again after all is lost, the files have the same path, size and time."""
    archive = packed(tmp_path / "stack.zip", {"a.tif": b"1", "b/c.tif": b"2"})
    root = unpack(archive, tmp_path / "u")
    before = (root / "b" / "c.tif").stat()
    assert unpack(archive, tmp_path / "u") == root
    assert (root / "b" / "c.tif").stat().st_ino == before.st_ino
    shutil.rmtree(tmp_path / "u")
    assert unpack(archive, tmp_path / "u") == root
    assert (root / "b" / "c.tif").stat().st_mtime_ns == before.st_mtime_ns
    assert time.gmtime(before.st_mtime)[:6] == WHEN


def test_what_was_touched_is_unpacked_anew(tmp_path: Path) -> None:
    """A file cut short by a power failure, or taken away."""
    archive = packed(tmp_path / "stack.zip", {"a.tif": b"123", "b.tif": b"2"})
    root = unpack(archive, tmp_path / "u")
    (root / "a.tif").write_bytes(b"")
    (root / "b.tif").unlink()
    assert tree(unpack(archive, tmp_path / "u")) == {"a.tif": b"123", "b.tif": b"2"}


def test_a_replaced_archive_is_another_one(tmp_path: Path) -> None:
    """Its files have other paths."""
    first = unpack(packed(tmp_path / "stack.zip", {"a.tif": b"1"}), tmp_path / "u")
    second = unpack(packed(tmp_path / "stack.zip", {"a.tif": b"22"}), tmp_path / "u")
    assert first != second
    assert tree(second) == {"a.tif": b"22"}


def test_what_systems_leave_is_skipped(tmp_path: Path) -> None:
    """Hidden files that belong to stores of arrays stay, as do archives in archives."""
    junk = ["__MACOSX/._a.tif", "em/.DS_Store", "em/._a.tif", "em/Thumbs.db"]
    kept = {"em/a.tif": b"1", "em/.zarray": b"{}", "em/inner.zip": b"PK"}
    archive = packed(tmp_path / "em.ZIP", kept | dict.fromkeys(junk, b"x"))
    assert tree(unpack(archive, tmp_path / "u")) == kept


def test_windows_packs_backslashes(tmp_path: Path) -> None:
    """They part folders; an entry for a folder is none for a file."""
    archive = packed(tmp_path / "em.zip", {"em\\": b"", "em\\a.tif": b"1", "em/b/": b""})
    assert tree(unpack(archive, tmp_path / "u")) == {"em/a.tif": b"1"}


@pytest.mark.parametrize("name", ["../a.tif", "em/../../a.tif", "/etc/a.tif", "C:/a.tif", "..\\a"])
def test_members_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    """By name, and nothing is written."""
    archive = packed(tmp_path / "em.zip", {"b.tif": b"1", name: b"2"})
    with pytest.raises(SourceError, match="outside") as caught:
        unpack(archive, tmp_path / "u")
    assert caught.value.where == str(archive)
    assert tree(tmp_path) == {"em.zip": archive.read_bytes()}


def test_links_are_refused(tmp_path: Path) -> None:
    """They could lead anywhere."""
    with zipfile.ZipFile(tmp_path / "em.zip", "w") as file:
        file.writestr(member("a.tif", stat.S_IFLNK | 0o777), "/etc/passwd")
    with pytest.raises(SourceError, match="is a link"):
        unpack(tmp_path / "em.zip", tmp_path / "u")


@pytest.mark.skipif(shutil.which("zip") is None, reason="Info-ZIP is not installed")
def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    """As Info-ZIP writes them."""
    (tmp_path / "a.tif").write_bytes(b"secret")
    command = ["zip", "-q", "-P", "pw", "em.zip", "a.tif"]
    subprocess.run(command, cwd=tmp_path, check=True)
    with pytest.raises(SourceError, match="is encrypted"):
        unpack(tmp_path / "em.zip", tmp_path / "u")


def test_an_encrypted_flag_is_enough(tmp_path: Path) -> None:
    """Set by hand in both headers of the only member."""
    archive = packed(tmp_path / "em.zip", {"a.tif": b"1"})
    data = bytearray(archive.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    archive.write_bytes(data)
    with pytest.raises(SourceError, match="is encrypted"):
        unpack(archive, tmp_path / "u")


def test_an_unknown_method_is_refused(tmp_path: Path) -> None:
    """Deflate64, by which Windows packs large files."""
    archive = packed(tmp_path / "em.zip", {"a.tif": b"1"})
    data = bytearray(archive.read_bytes())
    data[8] = data[data.index(b"PK\1\2") + 10] = 9
    archive.write_bytes(data)
    with pytest.raises(SourceError, match="packed by method 9"):
        unpack(archive, tmp_path / "u")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_cut_archive_is_refused(tmp_path: Path, share: float) -> None:
    """Without its directory at the end nothing is certain."""
    archive = packed(tmp_path / "em.zip", {f"{i}.tif": os.urandom(500) for i in range(20)})
    data = archive.read_bytes()
    archive.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(SourceError, match="cut short"):
        unpack(archive, tmp_path / "u")


def test_a_damaged_member_is_named(tmp_path: Path) -> None:
    """Every byte of its voxels counts; nothing of the archive is kept."""
    archive = packed(tmp_path / "em.zip", {"a.tif": b"1", "b.tif": os.urandom(5000)})
    whole = archive.read_bytes()
    begin = whole.index(b"b.tif") + 15  # after bits of the first block's header that mean nothing
    for place in range(begin, begin + 4900, 617):
        data = bytearray(whole)
        data[place] ^= 0x40
        archive.write_bytes(data)
        with pytest.raises(SourceError, match=r"damaged at b\.tif") as caught:
            unpack(archive, tmp_path / "u")
        assert caught.value.where == str(archive)
        assert tree(tmp_path / "u").keys() <= {".lock"}


def test_a_bomb_is_refused_by_the_room_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first byte."""
    archive = packed(tmp_path / "em.zip", {"a.tif": bytes(10_000_000)})
    usage = namedtuple("usage", "total used free")(1, 0, 9_000_000)  # noqa: PYI024 -- as shutil's
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ResourceError, match="10 MB unpacked, 9 MB are free"):
        unpack(archive, tmp_path / "u")
    assert tree(tmp_path / "u").keys() <= {".lock"}


@pytest.mark.parametrize("members", [{}, {"em/": b""}, {"__MACOSX/a": b"1"}])
def test_an_empty_archive_is_refused(tmp_path: Path, members: dict[str, bytes]) -> None:
    """Folders alone are nothing."""
    with pytest.raises(SourceError, match="holds no files"):
        unpack(packed(tmp_path / "em.zip", members), tmp_path / "u")


@pytest.mark.parametrize("name", ["em.tar", "em.tar.gz", "em.7z"])
def test_other_archives_are_refused_in_words(tmp_path: Path, name: str) -> None:
    """They are known, and not unpacked."""
    assert is_archive(name)
    with pytest.raises(SourceError, match="only zip"):
        unpack(tmp_path / name, tmp_path / "u")


def test_a_missing_archive_is_said(tmp_path: Path) -> None:
    """And what lies under the name is looked at before it is believed."""
    with pytest.raises(SourceError, match="does not exist"):
        unpack(tmp_path / "em.zip", tmp_path / "u")
    (tmp_path / "em.zip").write_bytes(b"II*\0" * 100)
    with pytest.raises(SourceError, match="no zip archive"):
        unpack(tmp_path / "em.zip", tmp_path / "u")


def test_a_killed_one_begins_again(tmp_path: Path) -> None:
    """Whenever it is killed, nothing half unpacked is taken for the whole, and nothing is left."""
    members = {f"{i}.tif": bytes([i % 256]) * 200_000 for i in range(300)}
    archive = packed(tmp_path / "em.zip", members)
    for pause in (0.0, 0.02, 0.05, 0.1):
        job = SPAWN.Process(target=unpack, args=(archive, tmp_path / "u"))
        job.start()
        while not (tmp_path / "u" / ".lock").exists() and job.is_alive():
            time.sleep(0.002)
        time.sleep(pause)
        job.kill()
        job.join()
    root = unpack(archive, tmp_path / "u")
    assert tree(root) == members
    assert sorted(path.name for path in (tmp_path / "u").iterdir()) == [".lock", root.parent.name]


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_an_interrupt_ends_it_soon(tmp_path: Path) -> None:
    """Not when the large member under way is whole; what was written is removed."""
    archive = packed(tmp_path / "em.zip", {"a.raw": bytes(2**28)})
    job = SPAWN.Process(target=unpack, args=(archive, tmp_path / "u"))
    job.start()
    while not list((tmp_path / "u").rglob("a.raw")) and job.is_alive():
        time.sleep(0.002)
    assert job.pid
    os.kill(job.pid, signal.SIGINT)
    job.join(30)
    assert job.exitcode == 1
    assert [path.name for path in (tmp_path / "u").iterdir()] == [".lock"]


def test_several_at_once_unpack_once(tmp_path: Path) -> None:
    """All wait for the first; none sees half of it."""
    archive = packed(tmp_path / "em.zip", {f"{i}.tif": bytes(100_000) for i in range(50)})
    jobs = [SPAWN.Process(target=unpack, args=(archive, tmp_path / "u")) for _ in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(30)
    assert [job.exitcode for job in jobs] == [0, 0, 0]
    assert len(tree(unpack(archive, tmp_path / "u"))) == 50
