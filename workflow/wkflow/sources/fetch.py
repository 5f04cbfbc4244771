"""Remote files, as files on this machine."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from wkflow import atomic_files
from wkflow.errors import ResourceError, SourceError, several
from wkflow.locks import file_lock, is_locked
from wkflow.network.retry import SOURCE_RETRIES, RetryPolicy
from wkflow.network.urls import file_name, folder_name, shown
from wkflow.sources.fingerprint import Mark
from wkflow.sources.remote_folder import THREADS, Origin, origin_of

LOANS = "loan-"
"""Begins the names of the folders whose files go at the end of a block."""


@contextmanager
def fetch(
    urls: Sequence[str],
    folder: Path,
    *,
    threads: int = THREADS,
    policy: RetryPolicy = SOURCE_RETRIES,
) -> Iterator[dict[str, str]]:
    """Give the paths of remote files by their URLs; they are gone at the end of the block.

    The files have the names of the remote ones, and are whole. What a killed process left in
    `folder` is removed first. All URLs have one scheme.

    Raises
    ------
    SourceError
        Naming every file that is not there or may not be read.
    TransientError
        If the server gave up for now.
    ResourceError
        If the disk is full.
    """
    if not urls:
        yield {}
        return
    with _loan(folder) as loan:
        paths = {url: loan / folder_name(url) / file_name(url) for url in urls}
        with (
            origin_of(urls[0], threads=threads, policy=policy) as origin,
            ThreadPoolExecutor(threads) as pool,
        ):
            try:
                jobs = [pool.submit(_download, origin, url, path) for url, path in paths.items()]
                faults = [fault for job in jobs if (fault := job.result())]
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        if faults:
            raise several(faults)
        yield {url: str(path) for url, path in paths.items()}


def keep(url: str, folder: Path, *, policy: RetryPolicy = SOURCE_RETRIES) -> str:
    """Give the path of a remote file, downloaded if it is not there yet or was replaced since.

    Several processes may want it at once: one downloads, the others wait. The file's time is made
    of its mark, so that it is the same file after another download. Files of one remote folder
    lie in one folder.

    Raises
    ------
    SourceError
        If it is not there or may not be read.
    TransientError
        If the server gave up for now.
    ResourceError
        If it does not fit onto the disk.
    """
    path = folder / folder_name(url) / file_name(url)
    note = path.with_name(f".{path.name}.mark")
    with (
        origin_of(url, threads=1, policy=policy) as origin,
        file_lock(path.with_name(f".{path.name}.lock")),
    ):
        mark = origin.look(url)
        if _is_whole(path, note, mark):
            return str(path)
        note.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        _require_room(url, mark, path.parent)
        if fault := _download(origin, url, path):
            raise fault
        os.utime(path, ns=(mark[1], mark[1]))
        atomic_files.flush([path])
        atomic_files.write_json(note, mark)
    return str(path)


def _is_whole(path: Path, note: Path, mark: Mark) -> bool:
    """Whether the file on this machine is the remote one."""
    if not path.exists() or not note.exists():
        return False
    return note.read_text().split() == f"[ {mark[0]}, {mark[1]} ]".split()


def _require_room(url: str, mark: Mark, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if mark[0] > free:
        raise ResourceError(
            f"has {mark[0] / 2**30:.1f} GiB, {free / 2**30:.1f} are free in {folder}", shown(url),
            "Free space there, or give --work-dir on another disk.",
        )  # fmt: skip


def _download(origin: Origin, url: str, path: Path) -> SourceError | None:
    """Download a file; give back what is wrong with it."""
    try:
        with atomic_files.atomic_write(path) as file:
            origin.download(url, file)
    except SourceError as fault:
        return fault
    return None


@contextmanager
def _loan(folder: Path) -> Iterator[Path]:
    """Give a folder that is gone at the end of the block; those of the dead are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        with file_lock(folder / ".lock"):
            for left in folder.glob(f"{LOANS}*"):
                if not is_locked(left / ".lock"):
                    shutil.rmtree(left, ignore_errors=True)
            loan = Path(tempfile.mkdtemp(prefix=LOANS, dir=folder))
            stack.enter_context(file_lock(loan / ".lock"))
        try:
            yield loan
        finally:
            shutil.rmtree(loan, ignore_errors=True)
