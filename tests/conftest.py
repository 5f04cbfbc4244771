"""What holds for all tests, and which of them `pytest` alone runs: see tests/README.md."""

import gc
import os
import signal
from typing import Any

import pytest
from hypothesis import settings


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let tests be asked for that take long."""
    parser.addoption("--all", action="store_true", help="run also what takes long (marker `long`)")
    parser.addoption("--rest", action="store_true", help="run only what `pytest` alone leaves out")


def pytest_configure(config: pytest.Config) -> None:
    """Let interrupts be heard: a shell's background jobs, and all they start, ignore them.

    Runs start quickly.
    """
    # else each start of Snakemake would compile all of it again, in 9 seconds instead of 2
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGHUP", "SIGQUIT"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    # else every start of Snakemake would look for a controller, wherever SLURM is installed
    os.environ.setdefault("SLURM_CONF", os.devnull)
    # no deadline: a test is not wrong because something else is running
    settings.register_profile("quick", max_examples=25, deadline=None)
    settings.register_profile("thorough", max_examples=100, deadline=None)
    settings.load_profile("quick" if asked_for(config) == "quick" else "thorough")


def asked_for(config: pytest.Config) -> str:
    """Say which tests are asked for: `quick`, the `rest`, or `all`.

    All are, where files or folders are named, or a marker is. The workers of xdist are told, as
    they are always given names.
    """
    if hasattr(config, "workerinput"):
        return str(config.workerinput["asked_for"])
    if config.getoption("--rest"):
        return "rest"
    is_named = config.args_source is pytest.Config.ArgsSource.ARGS
    return "all" if is_named or config.getoption("--all") or config.getoption("-m") else "quick"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 -- a part of xdist
    """Tell a worker what it cannot know."""
    node.workerinput["asked_for"] = asked_for(node.config)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not asked for."""
    asked = asked_for(config)
    if asked == "all":
        return
    left_out = [item for item in items if is_long(item) == (asked == "quick")]
    config.hook.pytest_deselected(items=left_out)
    gone = set(left_out)
    items[:] = [item for item in items if item not in gone]


def pytest_collection_finish() -> None:
    """Let no collection of garbage walk through all tests and imported modules again and again."""
    gc.collect()
    gc.freeze()


def is_long(item: pytest.Item) -> bool:
    """Whether a test, or all of its module, is marked so, but for those whose names are given."""
    return any(
        not any(name in item.nodeid for name in mark.kwargs.get("but", ()))
        for mark in item.iter_markers("long")
    )
