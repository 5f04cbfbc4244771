"""Snakemake for runs of this machine: `python -m wkflow.cli.local_snakemake` in its place.

Snakemake imports every plugin that is installed. Those for clusters take a second, and SLURM's asks
its controller meanwhile, and waits ten seconds for one that is down: here they are not found.
"""

import pkgutil
import sys
from collections.abc import Iterator
from pkgutil import ModuleInfo
from typing import Any

PLUGIN = "snakemake_executor_plugin_"
"""Begins the names of Snakemake's plugins for clusters."""

_iter_modules = pkgutil.iter_modules


def without_clusters(path: Any = None, prefix: str = "") -> Iterator[ModuleInfo]:  # noqa: ANN401
    """List modules as `pkgutil.iter_modules` does, without the plugins for clusters."""
    found = _iter_modules(path, prefix)
    return (module for module in found if not module.name.startswith(PLUGIN))


def main() -> None:
    """Run Snakemake's own command with the arguments of this one."""
    pkgutil.iter_modules = without_clusters
    from snakemake.cli import main as snakemake  # noqa: PLC0415 -- it looks for plugins at once

    snakemake(sys.argv[1:])


if __name__ == "__main__":
    main()
