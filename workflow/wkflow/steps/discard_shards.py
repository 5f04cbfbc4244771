"""Remove shards that the server has and no job needs any more."""

from pathlib import Path

from wkflow.delivery import Delivery
from wkflow.inside import require_inside
from wkflow.plan import SCRATCH, Plan
from wkflow.receipt import Receipt
from wkflow.steps.shortcut import shortcut_of


def discard_shards(delivery: Delivery, plan: Plan, run_folder: Path, *, parcel: str) -> Receipt:
    """Remove the files of a parcel; those of a slab only if its shortcut replaces them.

    What is left stays until the whole dataset goes.

    Raises
    ------
    ConfigError
        If a folder of a mag leads out of the dataset.
    """
    receipt = Receipt.read(run_folder / "receipts" / f"{parcel}.json")
    if has_shortcut(plan, parcel) and not is_spared(plan, run_folder, parcel):
        return Receipt("discard_shards")
    one = plan.layer(parcel.split("/")[1])
    for folder in (f"{one.layer.path}/{grid.name}" for grid in one.made):
        require_inside(Path(delivery.dataset), folder)
    for file in receipt.files:
        Path(delivery.dataset, file.path).unlink(missing_ok=True)
    return Receipt("discard_shards", receipt.files)


def has_shortcut(plan: Plan, parcel: str) -> bool:
    """Whether the second mag is built from what a slab's job leaves instead of its shards."""
    rule, layer, *_ = parcel.split("/")
    return rule == "convert_slab" and shortcut_of(plan.layer(layer), Path()) is not None


def is_spared(plan: Plan, run_folder: Path, parcel: str) -> bool:
    """Whether no job will read the shards of a slab.

    All mags above it are there; or the shortcuts of all slabs before it and its own are, since a
    job that lacks one of them reads shards instead.
    """
    if not has_shortcut(plan, parcel):
        return False
    _, layer, slab = parcel.split("/")
    if (run_folder / "receipts" / "downsample_rest" / f"{layer}.json").exists():
        return True
    done = (run_folder / "receipts" / "convert_slab" / layer).glob("*.json")
    slabs = {slab, *(path.stem for path in done)}
    return all(is_kept_reduced(plan, run_folder, f"convert_slab/{layer}/{one}") for one in slabs)


def is_kept_reduced(plan: Plan, run_folder: Path, parcel: str) -> bool:
    """Whether the shortcut of a slab is on the disk."""
    _, layer, slab = parcel.split("/")
    one = plan.layer(layer)
    shortcut = shortcut_of(one, run_folder / SCRATCH)
    return shortcut is not None and shortcut.path(one.slab(slab)).exists()
