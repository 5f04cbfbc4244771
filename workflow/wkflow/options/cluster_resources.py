"""What a cluster's job gets: the values of `--job-resources`, in Snakemake's units and names."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

MIB_PER = {"": 1, "K": 1 / 1024, "M": 1, "G": 1024, "T": 1024**2}
"""As sbatch reads memory: a number alone is MiB."""

MINUTES_PER = {"s": 1 / 60, "m": 1, "h": 60, "d": 1440}

SYNONYMS = {
    "memory": "mem",
    "cpu": "cpus_per_task",
    "cpus": "cpus_per_task",
    "p": "partition",
    "A": "account",
    "t": "time",
    "c": "cpus_per_task",
    "C": "constraint",
    "mounts": "volumes",
}

OF_SLURM = {
    "partition": "slurm_partition",
    "account": "slurm_account",
    "qos": "qos",
    "constraint": "constraint",
    "clusters": "clusters",
    "gres": "gres",
}
"""Options of sbatch for which Snakemake's plugin has a resource; others are passed as they are."""

OF_KUBERNETES = {"machine_type": "machine_type"}

SETTINGS_OF_KUBERNETES = frozenset({"namespace", "image", "volumes", "service_account"})
"""What is the same for all jobs: options of the executor, not resources."""

OURS = frozenset({
    *("array", "chdir", "comment", "error", "export", "job_name", "nodes", "ntasks", "output"),
    *("parsable", "wait", "wrap", "mem_per_cpu", "requeue", "no_requeue", "test_only"),
})  # fmt: skip
"""Options of sbatch that would change what a job is: one process, on one node, with one log."""

_AMOUNT = re.compile(r"(?i)([0-9.]+)\s*([KMGT]?)(i?)B?")
_SHORT = re.compile(r"([0-9.]+)\s*([smhd])")
_CLOCK = re.compile(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class JobResources:
    """What every job of a cluster gets; None leaves it to the plan's own estimate.

    `mem_mb` is in MiB, `minutes` is the time limit, `cpus` are threads; `others` are named as in
    sbatch or Kubernetes, with underscores.
    """

    mem_mb: int | None = None
    minutes: int | None = None
    cpus: int | None = None
    others: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, given: Mapping[str, object]) -> Self:
        """Read names and values as sbatch or Kubernetes spell them.

        Raises
        ------
        ValueError
            With a few words that name what is wrong.
        """
        found = {_name(key): _text(value) for key, value in given.items()}
        if ours := sorted(OURS & found.keys()):
            raise ValueError(f"must not hold {ours[0].replace('_', '-')}: wkflow sets it")
        mem, time, cpus = (found.pop(name, None) for name in ("mem", "time", "cpus_per_task"))
        return cls(
            None if mem is None else _mebibytes(mem),
            None if time is None else _minutes(time),
            None if cpus is None else _count(cpus),
            found,
        )

    def on_slurm(self) -> dict[str, str]:
        """Give what is left, as resources of Snakemake's SLURM plugin."""
        known = {OF_SLURM[key]: value for key, value in self.others.items() if key in OF_SLURM}
        extra = [_option(key, self.others[key]) for key in self.others if key not in OF_SLURM]
        return known | ({"slurm_extra": " ".join(extra)} if extra else {})

    def on_kubernetes(self) -> dict[str, str]:
        """Give what is left, as resources of Snakemake's Kubernetes plugin."""
        return {
            OF_KUBERNETES[key]: value for key, value in self.others.items() if key in OF_KUBERNETES
        }

    def require_known_to_kubernetes(self) -> None:
        """Refuse what means nothing there.

        Raises
        ------
        ValueError
            With the name that is not known, and those that are.
        """
        known = SETTINGS_OF_KUBERNETES | OF_KUBERNETES.keys()
        if foreign := sorted(self.others.keys() - known):
            names = ", ".join(sorted(known | {"memory", "cpu", "time"}))
            raise ValueError(f"must not hold {foreign[0]} on Kubernetes, which knows {names}")


def _text(value: object) -> str:
    """Write a value as it stands on a command line: several of them with commas between."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value).strip()


def _name(key: str) -> str:
    name = key.strip().lstrip("-").replace("-", "_")
    if not _NAME.fullmatch(name):
        raise ValueError(f"must hold names such as mem or cpus-per-task, and not {key!r}")
    return SYNONYMS.get(name, name)


def _mebibytes(text: str) -> int:
    match = _AMOUNT.fullmatch(text)
    try:
        count = float(match[1]) * MIB_PER[match[2].upper()] if match else 0.0
    except ValueError:
        count = 0.0
    if count < 1:
        raise ValueError(f"must give memory such as 32G or 500M, and not {text!r}")
    return int(count)


def _minutes(text: str) -> int:
    """Read MINUTES, MM:SS, HH:MM:SS, D-HH, D-HH:MM, D-HH:MM:SS as sbatch does, or 90m, 2h, 1d."""
    if short := _SHORT.fullmatch(text):
        seconds = float(short[1]) * MINUTES_PER[short[2]] * 60
    elif clock := _CLOCK.fullmatch(text):
        seconds = _seconds(*clock.groups())
    else:
        seconds = 0
    if seconds <= 0:
        raise ValueError(f"must give time such as 02:00:00, 1-12:00:00 or 90, and not {text!r}")
    return max(1, round(-(-seconds // 60)))


def _seconds(days: str | None, first: str, second: str | None, third: str | None) -> int:
    numbers = [int(part) for part in (first, second, third) if part is not None]
    is_from_hours = days is not None or len(numbers) == 3
    units = (3600, 60, 1) if is_from_hours else (60, 1, 0)
    within = sum(number * unit for number, unit in zip(numbers, units, strict=False))
    return int(days or 0) * 86400 + within


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"must give cpus as a whole number above zero, and not {text!r}")
    return int(text)


def _option(key: str, value: str) -> str:
    """Spell an option of sbatch; one that is just set has no value."""
    name = f"--{key.replace('_', '-')}" if len(key) > 1 else f"-{key}"
    if value in {"", "True", "true", "None"}:
        return name
    return f"{name}={shlex.quote(value)}" if len(key) > 1 else f"{name} {shlex.quote(value)}"
