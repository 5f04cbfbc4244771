"""Folders for temporary files: those of a run that was killed go with the next one.

Snakemake makes some for itself and for each of its jobs, and removes them when it ends by itself.
So a run notes them in its run folder, with the process that they belong to.
"""

import json
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from wkflow import atomic_files
from wkflow.errors import ResourceError
from wkflow.run_folder import TEMPORARY

PREFIX = "snakemake-wkflow-"

OURS = re.compile(r"snakemake(-wkflow-)?[a-z0-9_]{8}|snakemake-runtime-cache/tmp[a-z0-9_]{8}")
"""How the paths of such folders end; what else a note may say is not removed."""


@contextmanager
def temporary_folder(run_folder: Path) -> Iterator[Path]:
    """Make a folder for the temporary files of Snakemake and its jobs, and remove it afterwards.

    Raises
    ------
    ResourceError
        If there is no place for it.
    """
    sweep(run_folder)
    try:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    except OSError as error:
        raise ResourceError(
            f"no temporary file can be made: {(error.strerror or str(error)).lower()}", "TMPDIR",
            "Free space there, or set TMPDIR to another folder.",
        ) from None  # fmt: skip
    note(run_folder, folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        sweep(run_folder)


def note(run_folder: Path, *folders: Path) -> None:
    """Write down that folders belong to this process."""
    me = psutil.Process()
    entries = _entries(run_folder)
    for folder in folders:
        entries[str(folder)] = {
            "host": platform.node(),
            "process": me.pid,
            "started": me.create_time(),
        }
    with suppress(OSError):  # nothing but space depends on it
        atomic_files.write_json(run_folder / TEMPORARY, entries)


def sweep(run_folder: Path) -> None:
    """Remove noted folders whose process is gone and which no other process uses."""
    entries = _entries(run_folder)
    left = {}
    for folder, owner in entries.items():
        if not Path(folder).exists():
            continue
        if _is_gone(owner) and _is_ours(Path(folder)) and not _is_used(folder, run_folder):
            shutil.rmtree(folder, ignore_errors=True)
        else:
            left[folder] = owner
    with suppress(OSError):
        if left and left != entries:
            atomic_files.write_json(run_folder / TEMPORARY, left)
        if not left:
            (run_folder / TEMPORARY).unlink(missing_ok=True)


def _entries(run_folder: Path) -> dict[str, dict[str, object]]:
    """Read the note; one that cannot be read counts as none."""
    try:
        found = json.loads((run_folder / TEMPORARY).read_bytes())
        return {str(folder): dict(owner) for folder, owner in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _is_gone(owner: dict[str, object]) -> bool:
    """Whether a process of this machine has ended; of others nothing is known."""
    if owner.get("host") != platform.node():
        return False
    try:
        process = psutil.Process(int(str(owner["process"])))
        is_zombie = process.status() == psutil.STATUS_ZOMBIE
        return is_zombie or process.create_time() != owner["started"]
    except psutil.NoSuchProcess:
        return True
    except (psutil.Error, KeyError, ValueError):
        return False


def _is_ours(folder: Path) -> bool:
    """Whether a folder is named as Snakemake or we name them, is no link, and is this user's."""
    ends = {folder.name, f"{folder.parent.name}/{folder.name}"}
    with suppress(OSError):
        is_mine = os.name != "posix" or folder.lstat().st_uid == os.getuid()
        is_named = any(map(OURS.fullmatch, ends))
        return is_mine and is_named and not folder.is_symlink()
    return False


def _is_used(folder: str, run_folder: Path) -> bool:
    """Whether a job that outlives its run may put temporary files there.

    It was told to when it was started; or it is a fork of a fork server that is not ours, of which
    only the folder shows where it belongs.
    """
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get("TMPDIR") == folder or _is_fork_in(process, run_folder):
                return True
    return False


def _is_fork_in(process: psutil.Process, run_folder: Path) -> bool:
    if os.name != "posix" or Path(process.cwd()) != run_folder.resolve():
        return False
    is_fork = any("multiprocessing.forkserver" in word for word in process.cmdline())
    return is_fork and os.getpgid(process.pid) != os.getpgid(0)
