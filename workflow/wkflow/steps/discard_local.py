"""Remove the local dataset: it was only a means, and the server has proven to hold it."""

import shutil
from pathlib import Path

from wkflow.formats.dataset_contents import remove_dataset
from wkflow.model.receipt import Receipt
from wkflow.webknossos.upload_plan import UploadPlan


def discard_local(delivery: UploadPlan, scratch: Path) -> Receipt:
    """Remove what is left of the dataset's folder, and of what jobs kept for one another."""
    remove_dataset(Path(delivery.dataset))
    shutil.rmtree(scratch, ignore_errors=True)
    return Receipt("discard_local")
