"""Remove the local dataset: it was only a means, and the server has proven to hold it."""

import shutil
from pathlib import Path

from wkflow.delivery import Delivery
from wkflow.receipt import Receipt


def discard_local(delivery: Delivery, scratch: Path) -> Receipt:
    """Remove what is left of the dataset's folder, and of what jobs kept for one another."""
    if Path(delivery.dataset).exists():  # a job that was killed may have come that far
        shutil.rmtree(Path(delivery.dataset))
    shutil.rmtree(scratch, ignore_errors=True)
    return Receipt("discard_local")
