"""The Snakemake command that a run means, spelled out."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from wkflow.cli import local_snakemake
from wkflow.cli.local_snakemake import PLUGIN, suffices
from wkflow.errors import ConfigError
from wkflow.locks import LOCKED
from wkflow.options.cluster_resources import JobResources
from wkflow.options.settings import Settings
from wkflow.planning.check_resources import memory_budget
from wkflow.process_limits import available_cores
from wkflow.rules.clusters import slurm
from wkflow.run_folder import CONFIG
from wkflow.workflow_files import snakefile

TRIGGERS = ("mtime", "params", "input")
"""A newer script is no reason to convert terabytes again; what voxels depend on is in params."""

FLAGS = ("--nolock", "--rerun-incomplete", "--keep-going", "--workflow-profile", "none")
"""Our own lock outlives no one; what a kill left is redone; all bad slices are found; a folder
`default` or `profiles/default` where the command is given belongs to something else."""

FLAGS_OF_KUBERNETES = {
    "namespace": "--wkflow-kubernetes-namespace",
    "image": "--container-image",
    "volumes": "--wkflow-kubernetes-persistent-volumes",
    "service_account": "--wkflow-kubernetes-service-account-name",
}
"""What --job-resources may say of all pods, and how Snakemake calls it."""


def snakemake_command(settings: Settings, extra: tuple[str, ...] = ()) -> list[str]:
    """Spell the command as a list, so that a blank in a path is just a character."""
    return [
        *(sys.executable, "-m", "snakemake"),
        *("--snakefile", str(snakefile())),
        *("--configfile", str(settings.run_folder / CONFIG)),
        *("--directory", str(settings.run_folder)),
        *(_on_cluster(settings) if settings.is_on_cluster else _here(settings)),
        *FLAGS,
        *extra,
    ]


def environment_of(
    settings: Settings, temporary: Path, extra: tuple[str, ...] = ()
) -> dict[str, str]:
    """Give the environment of the command, which need not lock the dataset itself.

    `temporary` is a folder of this machine, in which nodes of a cluster can put nothing.
    """
    places = _cache(temporary) | ({"TMPDIR": str(temporary)} if suffices(settings, extra) else {})
    return os.environ | places | {LOCKED: str(settings.place)}


def process_command(settings: Settings, extra: tuple[str, ...] = ()) -> list[str]:
    """Spell what is started for `snakemake_command`: without plugins that are of no use."""
    python, _, _, *options = snakemake_command(settings, extra)
    name = local_snakemake.__name__ if suffices(settings, extra) else "snakemake"
    return [python, "-m", name, *options]


def _cache(temporary: Path) -> dict[str, str]:
    """Say where Snakemake may keep its cache, if there is no place in the home."""
    try:
        usual = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
        folder = usual / "snakemake"
        folder.mkdir(parents=True, exist_ok=True)
        if usual.is_absolute() and os.access(folder, os.W_OK | os.X_OK):
            return {}
    except (OSError, RuntimeError):  # this user has no home
        pass
    return {"XDG_CACHE_HOME": str(temporary / "cache")}


def _here(settings: Settings) -> tuple[str, ...]:
    return (
        *("--cores", str(_cores(settings))),
        *("--resources", f"mem_mb={memory_budget(settings) // 2**20}"),
        *("--rerun-triggers", *TRIGGERS),
        *("--scheduler", "greedy"),
    )


def _on_cluster(settings: Settings) -> tuple[str, ...]:
    """Use the profile of the cluster that Snakemake's users take as well."""
    name = settings.distribution_strategy.partition("+")[0]
    profile = snakefile().parent / "workflow" / "profiles" / name
    jobs = ("--jobs", str(settings.jobs)) if settings.jobs else ()
    pods = _on_kubernetes(settings.resources) if name == "kubernetes" else ()
    return ("--profile", str(profile), *jobs, *pods)


def _on_kubernetes(given: JobResources) -> list[str]:
    """Spell what is the same for all pods."""
    flags = []
    for name, flag in FLAGS_OF_KUBERNETES.items():
        if name in given.others:
            flags += [flag, *given.others[name].split(",")]
    return flags


def _cores(settings: Settings) -> int:
    if settings.distribution_strategy == "sequential":
        return 1
    if settings.jobs:
        return settings.jobs
    return available_cores()


def require_means(settings: Settings) -> None:
    """Make sure that Snakemake can start scripts, and send jobs where they are to run.

    Raises
    ------
    ConfigError
        If the path of the interpreter holds a blank, or a plugin or SLURM itself is missing.
    """
    cluster = settings.distribution_strategy.partition("+")[0]
    if settings.is_on_cluster and not find_spec(PLUGIN + cluster):
        raise ConfigError(
            f"Snakemake's plugin for {cluster} is not installed", "--distribution-strategy",
            f"pip install 'wkflow[{cluster}]'",
        )  # fmt: skip
    if cluster == "slurm":
        slurm.require_installed()
    if " " in sys.executable:
        raise ConfigError(
            "Snakemake cannot start scripts with an interpreter below a path with a blank",
            sys.executable,
            "Make the virtual environment in a folder without blanks in its path.",
        )
