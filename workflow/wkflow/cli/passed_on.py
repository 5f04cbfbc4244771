"""What a person tells Snakemake behind `--`: whether it only looks, and what it cannot be told."""

import re
from collections.abc import Sequence
from pathlib import Path

from wkflow.errors import ConfigError
from wkflow.run_folder import PROOF, REPORT, RunFolder

LOOKING = re.compile(
    r"-[a-zA-Z]*n[a-zA-Z]*|-[hvlDSt]|--(dry-?run|help|version|unlock|touch|lint|dag|d3dag|rulegraph"
    r"|filegraph|summary|detailed-summary|list.*|lt|report.*|archive|containerize|cleanup.*|cm"
    r"|print-.*|export.*|delete.*|generate-unit-tests|(conda-)?create-envs-only|conda-cleanup-envs)(=.*)?"
)
"""What Snakemake is asked for without making anything."""

OWN = re.compile(r"(-[sd]|--(snakefile|directory|configfiles?))(=.*)?")
"""What the command tells Snakemake itself: another value would mean another run."""


def only_looks(extra: Sequence[str]) -> bool:
    """Whether Snakemake is asked for something without making anything.

    >>> only_looks(["--rulegraph", "dot"]), only_looks(["-np"]), only_looks(["--until", "all"])
    (True, True, False)
    """
    return any(map(LOOKING.fullmatch, extra))


def require_others(extra: Sequence[str]) -> None:
    """Refuse to tell Snakemake once more what the run is about.

    Raises
    ------
    ConfigError
        If what follows `--` names another workflow, folder or file of options.
    """
    for word in filter(OWN.fullmatch, extra):
        raise ConfigError(
            f"{word} is told to Snakemake by the command itself", "what follows `--`",
            "Give options before `--`, a file of them with --config, a folder with --work-dir.",
        )  # fmt: skip


def written_by_jobs(run_folder: Path) -> dict[str, int]:
    """Say when the files were written that jobs leave: so it shows whether any has run."""
    receipts = RunFolder(run_folder).receipts.rglob("*.json")
    places = [*receipts, *(run_folder / name for name in (REPORT, PROOF))]
    return {str(place): place.stat().st_mtime_ns for place in places if place.is_file()}
