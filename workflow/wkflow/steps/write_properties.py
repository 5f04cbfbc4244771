"""Prove that every planned shard is there, then let the dataset be seen."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from wkflow import durable
from wkflow.datasource import layer_properties, properties_of
from wkflow.datasource import write_properties as publish
from wkflow.errors import VerificationError
from wkflow.plan import LayerPlan, Plan
from wkflow.receipt import Receipt


def write_properties(plan: Plan, receipts: Iterable[str], *, goes: bool = False) -> Receipt:
    """Write `datasource-properties.json` from the plan and the statistics of all receipts.

    `goes` says that shards leave the disk when they are sent, which compares each with its
    receipt; then they are not looked for here.

    Raises
    ------
    VerificationError
        If a shard is missing or has another size than its receipt says; that receipt is removed,
        so that the same command makes the shard anew.
    """
    dataset = Path(plan.dataset)
    durable.sweep(dataset)
    read = {path: Receipt.read(path) for path in receipts}
    for path, receipt in read.items() if not goes else ():
        _check(dataset, path, receipt)
    files = [file for receipt in read.values() for file in receipt.files]
    _check_count(plan, len(files))
    _prune(dataset, plan, {file.path for file in files})
    layers = [layer_properties(one.layer, one.grids, _slabs(one, read)) for one in plan.layers]
    publish(dataset, properties_of(plan.name, plan.voxel_size, plan.unit, layers))
    voxels = sum(receipt.voxels for receipt in read.values())
    return Receipt("write_properties", tuple(files), voxels)


def _slabs(one: LayerPlan, read: dict[str, Receipt]) -> list[Receipt]:
    return [
        receipt
        for path, receipt in read.items()
        if receipt.rule == "convert_slab" and Path(path).parent.name == one.layer.name
    ]


def _check(dataset: Path, path: str, receipt: Receipt) -> None:
    for file in receipt.files:
        shard = dataset / file.path
        size = shard.stat().st_size if shard.exists() else None
        if size != file.bytes:
            Path(path).unlink()
            raise VerificationError(
                "this shard is missing" if size is None
                else f"this shard has {size} bytes, {file.bytes} were written",
                str(shard),
                "Give the same command again: it is made anew.",
            )  # fmt: skip


def _prune(dataset: Path, plan: Plan, written: set[str]) -> None:
    """Remove shards and mags that an earlier plan had and this one has not."""
    for one in plan.layers:
        folder = dataset / one.layer.name
        mags = {str(grid.mag) for grid in one.grids}
        for metadata in folder.glob("*/zarr.json"):
            if metadata.parent.name not in mags:
                shutil.rmtree(metadata.parent)
        for shard in folder.glob("*/c/*/*/*/*"):
            if shard.relative_to(dataset).as_posix() not in written:
                shard.unlink()


def _check_count(plan: Plan, count: int) -> None:
    planned = plan.file_count
    if count != planned:
        raise VerificationError(
            f"{count} shards were written, {planned} were planned", plan.dataset,
            "This is a fault of the program; please report it with the run folder.",
        )  # fmt: skip
