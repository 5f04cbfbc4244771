"""Locks between processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from wkflow import sources
from wkflow.locks_download import held, is_held

HOLDER = """
import sys, time
from pathlib import Path
from wkflow.locks_download import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="locks are POSIX")
def test_the_dead_hold_nothing(tmp_path: Path) -> None:
    """A killed process frees its lock; a living one does not."""
    path = tmp_path / "deep" / "lock"
    environment = os.environ | {"PYTHONPATH": str(Path(sources.__file__).parents[2])}
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline()
        assert is_held(path)
        holder.kill()
        holder.wait()
    assert not is_held(path)
    with held(path):
        assert is_held(path)
