"""Folders of killed runs go with the next run; nobody else's does."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from wkflow.errors import ResourceError
from wkflow.run_folder import TEMPORARY
from wkflow.temporary_folders import PREFIX, note, sweep, temporary_folder

KILLED = """
import sys, time
from pathlib import Path
from wkflow.temporary_folders import note, temporary_folder

with temporary_folder(Path(sys.argv[1])) as folder:
    (folder / "snakemakeabcdefgh").mkdir()
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder for temporary files of this test and its children."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def run_of(folder: Path) -> "tuple[subprocess.Popen[str], Path]":
    """Start a run that has made its folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def owned(place: Path, name: str, **owner: object) -> Path:
    """Make a folder of a process that is gone, and note it."""
    folder = place / name
    folder.mkdir(parents=True)
    run_folder = place.parent
    note(run_folder, folder)
    entries = json.loads((run_folder / TEMPORARY).read_text())
    entries[str(folder)] |= {"process": 2**22 - 3, "started": 1.0, **owner}
    (run_folder / TEMPORARY).write_text(json.dumps(entries))
    return folder


def test_a_good_end_leaves_nothing(tmp_path: Path, place: Path) -> None:
    """No folder, and no note of one."""
    with temporary_folder(tmp_path) as folder:
        assert folder.parent == place
        assert folder.name.startswith(PREFIX)
        (folder / "file").touch()
    assert not list(place.iterdir())
    assert not (tmp_path / TEMPORARY).exists()


def test_folders_of_a_killed_run_go_with_the_next(tmp_path: Path, place: Path) -> None:
    """With all that its jobs left there; those of a run that lives stay."""
    process, left = run_of(tmp_path)
    sweep(tmp_path)
    assert (left / "snakemakeabcdefgh").exists()
    with process:
        process.send_signal(signal.SIGKILL)
    assert left.exists()
    with temporary_folder(tmp_path):
        assert not left.exists()
    assert not list(place.iterdir())


def test_a_folder_that_a_job_still_uses_stays(tmp_path: Path, place: Path) -> None:
    """It may outlive its run; when it is gone, the folder goes."""
    folder = owned(place, "snakemakeabcdefgh")
    job = subprocess.Popen(["sleep", "600"], env=os.environ | {"TMPDIR": str(folder)})
    try:
        sweep(tmp_path)
        assert folder.exists()
    finally:
        job.kill()
        job.wait()
    sweep(tmp_path)
    assert not folder.exists()


@pytest.mark.skipif(os.name != "posix", reason="forks are POSIX")
def test_a_folder_that_a_fork_may_use_stays(tmp_path: Path, place: Path) -> None:
    """Its environment does not say it; in other folders, and in our own group, it is no matter."""
    code = "import multiprocessing.forkserver, time; time.sleep(600)"
    for where, is_alone, stays in ((tmp_path, True, True), (place, True, False),
                                   (tmp_path, False, False)):  # fmt: skip
        folder = owned(place, "snakemakeabcdefgh")
        job = subprocess.Popen([sys.executable, "-c", code], cwd=where, start_new_session=is_alone)
        try:
            sweep(tmp_path)
            assert folder.exists() == stays
        finally:
            job.kill()
            job.wait()
        sweep(tmp_path)
        assert not folder.exists()


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("thesis", {}),
        ("snakemakeabcdefgh", {"host": "elsewhere"}),
        ("snakemakeabcdefgh", {"process": os.getppid(), "started": "?"}),
        ("snakemake-runtime-cache/thesis", {}),
        ("snakemakeabcdefgh", {"process": "x"}),
    ],
)
def test_what_is_not_provably_of_a_killed_run_stays(
    tmp_path: Path, place: Path, name: str, owner: dict[str, object]
) -> None:
    """Another name, another machine, a note that makes no sense."""
    if owner.get("started") == "?":
        owner = {"process": os.getpid()}
        note(tmp_path, folder := place / name)
        folder.mkdir()
    else:
        folder = owned(place, name, **owner)
    sweep(tmp_path)
    assert folder.exists()


def test_a_link_is_not_followed(tmp_path: Path, place: Path) -> None:
    """What it points to is not of the run."""
    folder = owned(place, "snakemakeabcdefgh")
    folder.rmdir()
    (tmp_path / "data").mkdir()
    folder.symlink_to(tmp_path / "data")
    sweep(tmp_path)
    assert (tmp_path / "data").exists()


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '{"a": 1}', "\\x00\\xff"])
def test_a_note_that_cannot_be_read_counts_as_none(tmp_path: Path, text: str) -> None:
    """It is a cache like all others."""
    (tmp_path / TEMPORARY).write_bytes(text.encode("latin-1"))
    with temporary_folder(tmp_path) as folder:
        assert folder.exists()
    assert not (tmp_path / TEMPORARY).exists()


def test_no_place_for_temporary_files_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 6, and what to do."""

    def full(**_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    with pytest.raises(ResourceError, match="no space left"), temporary_folder(tmp_path):
        pass
