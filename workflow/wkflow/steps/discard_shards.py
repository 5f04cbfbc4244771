"""Remove shards that the server has and no job needs any more."""

from pathlib import Path

from wkflow.delivery import Delivery
from wkflow.receipt import Receipt


def discard_shards(delivery: Delivery, written: Path) -> Receipt:
    """Remove the files that a receipt lists; some may be gone already."""
    receipt = Receipt.read(written)
    for file in receipt.files:
        Path(delivery.dataset, file.path).unlink(missing_ok=True)
    return Receipt("discard_shards", receipt.files)
