"""A dataset that was built beside another takes its place by renames; each may be the last.

Known to planning, which ends what a killed run began, and to the job that finds the new one whole.
"""

import os
from pathlib import Path

from wkflow import atomic_files
from wkflow.formats.dataset_contents import remove_dataset, require_dataset
from wkflow.model.claim import Claim, claim_of, new_of, old_of
from wkflow.model.plan import Plan
from wkflow.model.write_datasource import PROPERTIES


def settle(dataset: Path) -> None:
    """End what a run left between two renames: the target is there again, and whole."""
    old, new = old_of(dataset), new_of(dataset)
    if os.path.lexists(old) and not os.path.lexists(dataset):
        (new if (new / PROPERTIES).exists() else old).rename(dataset)


def finish_replacing(plan: Plan, run_folder: Path, *, is_whole: bool = True) -> None:
    """Put the dataset that was built beside the target in its place, and remove the old one.

    Does nothing where none is built, and only ends what was begun unless the new one `is_whole`.

    Raises
    ------
    ConfigError
        If meanwhile something came into the old one that no dataset is made of.
    """
    dataset = Path(plan.dataset)
    claim = claim_of(dataset, run_folder)
    if claim is None or not claim.beside:
        return
    old, new = old_of(dataset), new_of(dataset)
    if new.is_dir():
        if not is_whole:
            return
        if os.path.lexists(dataset):
            require_dataset(dataset)
            dataset.rename(old)
        new.rename(dataset)
        atomic_files.flush([dataset])
    Claim(str(dataset), claim.source).write(run_folder)
    remove_dataset(old)
