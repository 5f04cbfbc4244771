"""Snakemake for runs of this machine: `python -m wkflow.cli.local_snakemake` in its place.

Snakemake imports every plugin that is installed. Those for clusters take a second, and SLURM's asks
its controller meanwhile, and waits ten seconds for one that is down: here they are not found. And
its jobs are forks.
"""

import os
import pkgutil
import re
import sys
from collections.abc import Iterator
from functools import partial
from pkgutil import ModuleInfo
from typing import TYPE_CHECKING, Any

from wkflow.cli import job_forks

if TYPE_CHECKING:
    from wkflow.options.settings import Settings

PLUGIN = "snakemake_executor_plugin_"
"""Begins the names of Snakemake's plugins for clusters."""

_iter_modules = pkgutil.iter_modules


def suffices(settings: "Settings", extra: tuple[str, ...]) -> bool:
    """Whether a run needs no plugin for a cluster; `extra` is what a person tells Snakemake."""
    named = any(re.match("-e|--(executor|profile|workflow-profile)", word) for word in extra)
    return not (settings.is_on_cluster or named or "SNAKEMAKE_PROFILE" in os.environ)


def without_clusters(path: Any = None, prefix: str = "") -> Iterator[ModuleInfo]:  # noqa: ANN401
    """List modules as `pkgutil.iter_modules` does, without the plugins for clusters."""
    found = _iter_modules(path, prefix)
    return (module for module in found if not module.name.startswith(PLUGIN))


def prepare() -> None:
    """Import Snakemake, as it is here."""
    pkgutil.iter_modules = without_clusters
    if job_forks.can_fork():
        job_forks.begin()
    from snakemake import cli, workflow  # noqa: F401, PLC0415 -- they look for plugins at once

    if job_forks.can_fork():
        workflow.script = partial(job_forks.run_script, workflow.script)


def main() -> None:
    """Run Snakemake's own command with the arguments of this one."""
    prepare()
    from snakemake.cli import main as snakemake  # noqa: PLC0415 -- as above

    snakemake(sys.argv[1:])


if __name__ == "__main__":
    main()
