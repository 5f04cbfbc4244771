"""Remove the local dataset: it was only a means, and the server has proven to hold it."""

import shutil
from pathlib import Path

from wkflow.delivery import Delivery
from wkflow.receipt import Receipt
from wkflow.steps.dataset_files import remove_dataset


def discard_local(delivery: Delivery, scratch: Path) -> Receipt:
    """Remove what is left of the dataset's folder, and of what jobs kept for one another."""
    remove_dataset(Path(delivery.dataset))
    shutil.rmtree(scratch, ignore_errors=True)
    return Receipt("discard_local")
