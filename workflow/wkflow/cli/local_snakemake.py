"""Snakemake for runs of this machine: `python -m wkflow.cli.local_snakemake` in its place.

Much of Snakemake's start is the import of what a run of ours has no use for: here it is not found,
or only when it is used. SLURM's plugin, for one, asks its controller while it is imported, and
waits ten seconds for one that is down. And jobs are forks.
"""

import atexit
import gc
import os
import pkgutil
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pkgutil import ModuleInfo
from types import ModuleType
from typing import TYPE_CHECKING, Any

from wkflow.cli import job_forks

if TYPE_CHECKING:
    from wkflow.options.settings import Settings

PLUGIN = "snakemake_executor_plugin_"
"""Begins the names of Snakemake's plugins for clusters."""

CLIENTS = (*("google.cloud.exceptions", "boto3", "azure.core.exceptions", "paramiko", "requests"),)
"""What `smart_open` looks for, of which Snakemake wants to know what an URL is."""

TABLES = ("pandas", "polars")
"""What Snakemake looks for to see whether a parameter of a rule is a table."""

REPORT = "snakemake.report"
"""A plugin as well, for what nobody asks for but by `-- --report`."""

NOTEBOOKS = "nbformat"
"""Imported whenever a script's language is looked up."""

_iter_modules = pkgutil.iter_modules


def suffices(settings: "Settings", extra: tuple[str, ...]) -> bool:
    """Whether a run needs no plugin for a cluster; `extra` is what a person tells Snakemake."""
    named = any(re.match("-e|--(executor|profile|workflow-profile)", word) for word in extra)
    return not (settings.is_on_cluster or named or "SNAKEMAKE_PROFILE" in os.environ)


def without_clusters(path: Any = None, prefix: str = "") -> Iterator[ModuleInfo]:  # noqa: ANN401
    """List modules as `pkgutil.iter_modules` does, without the plugins for clusters."""
    found = _iter_modules(path, prefix)
    return (module for module in found if not module.name.startswith(PLUGIN))


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """Let modules that are not imported yet seem to be not installed in the block."""
    hidden = _hide(names)
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def _hide(names: Sequence[str]) -> list[str]:
    """Let modules seem to be not installed; give those that were not imported before."""
    modules: dict[str, Any] = sys.modules
    hidden = [name for name in names if name not in modules]
    modules.update(dict.fromkeys(hidden))  # None says it
    return hidden


def import_when_used(name: str) -> None:
    """Let a module be imported when an attribute of it is asked for.

    `importlib.util.LazyLoader` imports it at the second `import` of its name, which asks for its
    specification.
    """

    def attribute(wanted: str) -> object:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        return getattr(import_module(name), wanted)

    if name not in sys.modules and find_spec(name):
        sys.modules[name] = stand_in = ModuleType(name)
        stand_in.__getattr__ = attribute  # type: ignore[method-assign]  # PEP 562


def without_plugins(path: Any = None, prefix: str = "") -> Iterator[ModuleInfo]:  # noqa: ANN401
    """List modules as `pkgutil.iter_modules` does, and none of those that are just installed.

    Snakemake goes four times through all of them to look for plugins.
    """
    return iter(()) if path is None else _iter_modules(path, prefix)


def prepare(extra: Sequence[str] = (), settings: "Settings | None" = None) -> None:
    """Import Snakemake, as it is here; `extra` is what a person tells it, and of what run."""
    pkgutil.iter_modules = without_clusters if extra else without_plugins
    with uncollected():
        _import(extra, settings)


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage in the block, and later not among what was made in it.

    A fifth of the time of Snakemake's import is a search for garbage that is none.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def import_for_forks(modules: Sequence[str]) -> None:
    """Import Snakemake and what jobs need, so that each fork of this process has it."""
    pkgutil.iter_modules = without_plugins
    with uncollected():
        _import_snakemake(())
        job_forks.import_for_forks(modules)


def _import(extra: Sequence[str], settings: "Settings | None") -> None:
    has_forks = job_forks.begin(job_forks.modules_for(settings) if settings else ())
    _import_snakemake(extra)
    if has_forks:
        from snakemake import workflow  # noqa: PLC0415 -- as below

        workflow.script = partial(job_forks.run_script, workflow.script)


def _import_snakemake(extra: Sequence[str]) -> None:
    with absent(*CLIENTS), suppress(ImportError):
        import smart_open  # noqa: F401, PLC0415 -- only now
    import_when_used(NOTEBOOKS)
    _hide(TABLES if extra else (*TABLES, REPORT))
    from snakemake import cli, workflow  # noqa: F401, PLC0415 -- they look for plugins at once


def main() -> None:
    """Run Snakemake's own command with the arguments of this one."""
    atexit.register(gc.freeze)
    prepare(sys.argv[1:])
    from snakemake.cli import main as snakemake  # noqa: PLC0415 -- as above

    try:
        snakemake(sys.argv[1:])
    finally:
        job_forks.end()


if __name__ == "__main__":
    main()
