"""What `wkflow doctor` says of the machine."""

import os
import platform
import shutil
from pathlib import Path

import psutil
import pytest
from wkflow.inspection.check_machine import SLURM_COMMANDS, check_machine


def test_this_machine_can_run_its_tests(tmp_path: Path) -> None:
    """So nothing of it stops a conversion."""
    checks = {check.subject: check for check in check_machine(tmp_path)}
    assert list(checks) == ["python", "disk", "memory", "open files", "SLURM"]
    assert not any(check.status for check in checks.values())
    assert checks["python"].found.startswith(platform.python_version())
    assert str(tmp_path) in checks["disk"].found


def test_slurm_is_there_if_its_commands_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without them there is advice, and no fault: few have a cluster."""
    monkeypatch.setenv("PATH", str(tmp_path))
    *_, slurm = check_machine(tmp_path)
    assert (slurm.state, slurm.status) == ("absent", 0)
    assert "sbatch, sinfo, squeue, scancel not in PATH" in slurm.found
    for name in SLURM_COMMANDS:
        (tmp_path / name).touch(0o755)
    *_, slurm = check_machine(tmp_path)
    assert (slurm.state, slurm.found) == ("ok", str(tmp_path / "sbatch"))


@pytest.mark.skipif(os.name != "posix", reason="limits of files are posix's")
def test_too_few_open_files_are_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit that may not be raised is what counts."""
    import resource  # noqa: PLC0415 -- posix has it

    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, 64))
    (files,) = (one for one in check_machine(tmp_path) if one.subject == "open files")
    assert (files.state, files.status, files.found) == ("fault", 2, "64 at once")
    assert "ulimit -n" in files.advice


def test_a_full_disk_and_a_full_memory_are_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No test can fill them: the system's numbers are replaced."""
    usage, memory = shutil.disk_usage(tmp_path), psutil.virtual_memory()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=0))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory._replace(available=10**6))
    faults = [one for one in check_machine(tmp_path) if one.state == "fault"]
    assert [(one.subject, one.status) for one in faults] == [("disk", 2), ("memory", 2)]
