"""Whose a run folder and its target are: the source that began them, kept as `claim.json`.

A dataset that replaces another is built beside it, as `.NAME.wkflow-new`, and takes its place by
two renames, between which the old one is `.NAME.wkflow-old`. Which of the three are there says how
far a killed run came.
"""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from wkflow import atomic_files
from wkflow.run_folder import CLAIM


@dataclass(frozen=True, slots=True)
class Claim:
    """What a run folder is about: a target, and the source of which it is made.

    `source` is spelled as `origins.address.identity` does it, and is None where nobody noted it.
    `beside` says that the dataset is built beside the target, to replace it at the end; `before`
    is the source of what is replaced, if this run folder made that.
    """

    dataset: str
    source: str | None
    beside: bool = False
    before: str | None = None

    def write(self, run_folder: Path) -> None:
        """Keep it, whole or not at all."""
        atomic_files.write_json(run_folder / CLAIM, asdict(self))

    @classmethod
    def read(cls, run_folder: Path) -> Self | None:
        """Read what `write` wrote; None where there is none.

        Of one that cannot be read, and of one that an earlier version wrote, the source is unknown.
        """
        if not (run_folder / CLAIM).exists():
            return None
        with suppress(OSError, ValueError):
            document = json.loads((run_folder / CLAIM).read_bytes())
            if isinstance(document, str):
                return cls("" if document.startswith("logs/") else document, None)
            if isinstance(document, dict):
                source, before = document.get("source"), document.get("before")
                return cls(
                    str(document.get("dataset", "")),
                    source if isinstance(source, str) else None,
                    document.get("beside") is True,
                    before if isinstance(before, str) else None,
                )
        return cls("", None)


def new_of(dataset: Path) -> Path:
    """Give the folder in which a dataset is built that is to replace another."""
    return dataset.with_name(f".{dataset.name}.wkflow-new")


def old_of(dataset: Path) -> Path:
    """Give where the replaced dataset is until it is removed."""
    return dataset.with_name(f".{dataset.name}.wkflow-old")


def is_swapped(dataset: Path) -> bool:
    """Whether a new dataset has taken the place of an old one, which is not removed yet."""
    return os.path.lexists(old_of(dataset)) and not new_of(dataset).is_dir()


def claim_of(dataset: Path, run_folder: Path) -> Claim | None:
    """Give the claim of a run folder; of one that cannot be read, what the folders tell."""
    claim = Claim.read(run_folder)
    is_lost = claim is not None and not claim.dataset
    return replace(claim, beside=True) if claim and is_lost and new_of(dataset).is_dir() else claim


def place_of(dataset: Path, run_folder: Path) -> Path:
    """Give the folder that jobs write: the target, or the one beside it."""
    claim = claim_of(dataset, run_folder)
    is_beside = claim is not None and claim.beside
    return new_of(dataset) if is_beside and not is_swapped(dataset) else dataset
