"""What holds for all tests."""

import os
import signal


def pytest_configure() -> None:
    """Let interrupts be heard: a shell's background jobs, and all they start, ignore them.

    Runs start quickly.
    """
    # else each start of Snakemake would compile all of it again, in 9 seconds instead of 2
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # else every start of Snakemake would look for a controller, wherever SLURM is installed
    os.environ.setdefault("SLURM_CONF", os.devnull)
