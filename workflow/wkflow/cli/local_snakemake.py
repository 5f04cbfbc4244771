"""Snakemake for runs of this machine: `python -m wkflow.cli.local_snakemake` in its place.

Two things are quicker than in Snakemake's own command, and nothing is different:

* Snakemake imports every plugin that is installed. Those for clusters take a second, and SLURM's
  asks its controller meanwhile, and waits ten seconds for one that is down: here they are not
  found.
* Scripts that do little are run by a thread of this process. Snakemake starts an interpreter for
  each, which takes longer than they do.
"""

import os
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from pkgutil import ModuleInfo
from typing import Any

from wkflow.options.settings import Settings
from wkflow.workflow_files import snakefile

PLUGIN = "snakemake_executor_plugin_"
"""Begins the names of Snakemake's plugins for clusters."""

SMALL = frozenset({
    *("create_layer", "write_properties", "write_report", "extend_properties"),
    *("discard_shards", "discard_local"),
})  # fmt: skip
"""Rules whose scripts read and write some small files, and neither voxels nor a token."""

_iter_modules = pkgutil.iter_modules


def suffices(settings: Settings, extra: tuple[str, ...]) -> bool:
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
    from snakemake import cli, workflow  # noqa: F401, PLC0415 -- they look for plugins at once

    workflow.script = partial(run_script, workflow.script)


def run_script(start: Callable[..., None], path: object, basedir: object, *job: Any) -> None:  # noqa: ANN401 -- as Snakemake calls it
    """Run the script of a job here if it does little; else `start` runs it as Snakemake would.

    `job` is what `snakemake.script.script` takes besides.
    """
    from snakemake.iocontainers import Snakemake  # noqa: PLC0415 -- as above
    from snakemake.sourcecache import infer_source_file  # noqa: PLC0415

    *of_rule, rule, conda, _, container, _, modules, _, _, iteration, _, shadow = job[:19]
    place = infer_source_file(path, infer_source_file(basedir)).get_path_or_uri(secret_free=True)
    file = Path(place)
    is_elsewhere = conda or container or modules or shadow
    if is_elsewhere or file.stem not in SMALL or file.parent != snakefile().parent / "scripts":
        start(path, basedir, *job)
        return
    known = Snakemake(*of_rule, rule, iteration, str(file.parent))
    known.shares_process = True
    try:
        exec(compile(file.read_bytes(), file, "exec"), {"snakemake": known})  # noqa: S102 -- ours
    except SystemExit as end:  # it would end the thread that waits for the job
        raise RuntimeError(f"{file.name} ended with {end.code}") from end


def main() -> None:
    """Run Snakemake's own command with the arguments of this one."""
    prepare()
    from snakemake.cli import main as snakemake  # noqa: PLC0415 -- it looks for plugins at once

    snakemake(sys.argv[1:])


if __name__ == "__main__":
    main()
