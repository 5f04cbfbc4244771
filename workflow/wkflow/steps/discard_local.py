"""Remove the local dataset: it was only a means, and the server has proven to hold it."""

import shutil
from pathlib import Path

from wkflow.delivery import Delivery
from wkflow.receipt import Receipt


def discard_local(delivery: Delivery) -> Receipt:
    """Remove what is left of the dataset's folder."""
    shutil.rmtree(Path(delivery.dataset), ignore_errors=False)
    return Receipt("discard_local")
