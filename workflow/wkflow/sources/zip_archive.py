"""Zip archives, unpacked once.

The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import calendar
import errno
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from threading import Event

from wkflow.atomic_files import PARTIAL
from wkflow.errors import ResourceError, SourceError
from wkflow.locks import file_lock
from wkflow.model.units import shown_bytes
from wkflow.sources.zip_members import blocks_of, fault_of_sizes

THREADS = 4
SLACK_BYTES = 2**12
"""Of the disk that a file takes besides its content, about."""

_ZIPS = frozenset({".zip", ".ozx"})
"""Zip archives; the second is OME-Zarr in one file."""

_OTHERS = frozenset({".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".7z", ".rar"})
_JUNK = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_ENCRYPTED = 0x1

_AGAIN = "Unpack it yourself, and give the folder."
_COPY = "Copy it here again; `unzip -t` shows what of it is whole."


@dataclass(frozen=True, slots=True)
class _Member:
    """One file of an archive, and where it goes below the archive's folder."""

    info: zipfile.ZipInfo
    place: PurePosixPath

    @property
    def mtime_ns(self) -> int:
        """The time that the archive states, in steps of 2 s, taken for UTC."""
        try:
            return calendar.timegm((*self.info.date_time, 0, 0, 0)) * 10**9
        except ValueError:  # month 0: whoever packed it had no clock
            return 0


def is_archive(name: str) -> bool:
    """Tell from its name an archive, which `unpack` unpacks or refuses in words.

    >>> is_archive("em.ZIP"), is_archive("em.tar.gz"), is_archive("brain.nii.gz")
    (True, True, False)
    """
    *before, last = PurePosixPath("a.a" + name.lower()).suffixes[-2:]
    return last in _ZIPS | _OTHERS or ".tar" in before


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a zip archive below `folder`, if that is not done yet, and give the folder to read.

    That has the name of the archive without its suffix; the archive's own folders are below it.
    Files have the times that the archive states: unpacked again, they are the same. What
    operating systems leave in archives is skipped; archives in it stay packed.

    Raises
    ------
    SourceError
        If it is no zip archive, is damaged or encrypted, or would write outside of its folder.
    ResourceError
        If the disk has no room for it; then nothing was written.
    """
    if archive.suffix.lower() not in _ZIPS:
        what = f"is packed as {archive.suffix}; only zip archives are unpacked"
        raise SourceError(what, str(archive), "Unpack it, and give the folder.")
    with _opened(archive) as (file, identity):
        members = _members(archive, file)
        home = folder / identity
        root = home / archive.stem
        with file_lock(folder / ".lock"):
            if not all(_is_whole(root / member.place, member) for member in members):
                _unpack(archive, file, members, root)
    return root


@contextmanager
def _opened(archive: Path) -> Iterator[tuple[zipfile.ZipFile, str]]:
    """Open an archive; give also a name for this state of it."""
    try:
        handle = archive.open("rb")
    except OSError as error:
        what = "does not exist" if isinstance(error, FileNotFoundError) else "may not be read"
        raise SourceError(what, str(archive), f"Look at it: ls -l {archive}") from error
    with handle:
        found = os.fstat(handle.fileno())
        state = f"{archive.absolute()}\n{found.st_size} {found.st_mtime_ns}"
        try:
            file = zipfile.ZipFile(handle)
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            what = "is no zip archive, or is cut short"
            raise SourceError(what, str(archive), _COPY) from error
        with file:
            yield file, blake2b(state.encode(), digest_size=8).hexdigest()


def _members(archive: Path, file: zipfile.ZipFile) -> list[_Member]:
    """List the files to unpack; two of one name are refused: one of them would be lost."""
    members: dict[PurePosixPath, _Member] = {}
    for info in file.infolist():
        place = PurePosixPath(info.filename.replace("\\", "/"))  # Windows packs so at times
        if place.name in _JUNK or place.name.startswith("._") or "__MACOSX" in place.parts:
            continue
        if fault := _fault(info, place):
            raise SourceError(f"holds {info.filename}, which {fault}", str(archive), _AGAIN)
        if not info.is_dir() and not info.filename.endswith("\\"):
            if place in members:
                what = f"holds {place} twice, so one of them would be lost"
                raise SourceError(what, str(archive), _AGAIN)
            members[place] = _Member(info, place)
    infos = [member.info for member in members.values()]
    if wrong := fault_of_sizes(infos, file.start_dir):
        raise SourceError(wrong, str(archive), _COPY)
    if not members:
        raise SourceError("holds no files", str(archive), "Check that it is the right one.")
    return list(members.values())


def _fault(info: zipfile.ZipInfo, place: PurePosixPath) -> str | None:
    """Say why a member cannot be unpacked."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if not place.parts:
        return "has no name"
    if place.is_absolute() or ".." in place.parts or place.parts[0][1:2] == ":":
        return "lies outside of the archive's own folder"
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "is a link or no file"
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted"
    return None


def _is_whole(path: Path, member: _Member) -> bool:
    """Whether a file was unpacked, and is what it was then."""
    try:
        found = path.stat()
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) == (member.info.file_size, member.mtime_ns)


def _unpack(archive: Path, file: zipfile.ZipFile, members: list[_Member], root: Path) -> None:
    """Unpack all members beside the folder that they will be in, then put it into its place."""
    home = root.parent
    partial = home.with_name(f"{home.name}{PARTIAL}")
    for left in home.parent.glob(f"*{PARTIAL}"):  # we hold the lock: who made it is dead
        shutil.rmtree(left)
    _require_room(archive, members, home.parent)
    stop = Event()
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            jobs = [
                pool.submit(_extract, archive, file, member, partial / root.name, stop)
                for member in members
            ]
            try:
                for job in jobs:
                    job.result()
            finally:
                stop.set()  # an interrupt or a fault ends the others, too
        if home.exists():
            shutil.rmtree(home)
        partial.rename(home)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _require_room(archive: Path, members: list[_Member], folder: Path) -> None:
    needed = sum(member.info.file_size + SLACK_BYTES for member in members)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise ResourceError(
            f"takes {shown_bytes(needed)} unpacked, {shown_bytes(free)} are free in {folder}",
            str(archive),
            "Free space there, or give --work-dir on another disk.",
        )  # fmt: skip


def _extract(
    archive: Path, file: zipfile.ZipFile, member: _Member, root: Path, stop: Event
) -> None:
    path = root / member.place
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:  # where letter case does not count, two may have one name
            for block in blocks_of(file, member.info):
                if stop.is_set():
                    return
                out.write(block)
        os.utime(path, ns=(member.mtime_ns, member.mtime_ns))
    except (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, ValueError) as error:
        what = f"is damaged at {member.info.filename} ({error})"
        raise SourceError(what, str(archive), _COPY) from error
    except NotImplementedError as error:  # Windows packs what is larger than 2 GiB by number 9
        what = f"holds {member.info.filename}, packed by method {member.info.compress_type}"
        raise SourceError(f"{what}, which is not known", str(archive), _AGAIN) from error
    except OSError as error:
        raise _understand(archive, member, root, error) from error


def _understand(
    archive: Path, member: _Member, root: Path, error: OSError
) -> SourceError | ResourceError:
    if error.errno == errno.EEXIST:
        what = f"holds {member.info.filename}, and another one of that name for this disk"
        return SourceError(what, str(archive), _AGAIN)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return ResourceError("the disk is full", str(root), "Free space there, and try again.")
    what = f"cannot be unpacked at {member.info.filename}: {error.strerror or error}"
    return SourceError(what, str(archive), _AGAIN)
