"""Prove that every planned shard is there, then let the dataset be seen."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from wkflow import atomic_files
from wkflow.errors import IncompleteError, VerificationError
from wkflow.formats.dataset_contents import remove_dataset
from wkflow.formats.missing_files import Sizes, fault_of, forget, lost_documents, lost_shards
from wkflow.formats.table import format_of
from wkflow.model.added_layers import added_entries
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.receipt import Receipt
from wkflow.model.write_datasource import layer_properties, properties_of
from wkflow.model.write_datasource import write_properties as publish
from wkflow.run_folder import RECEIPTS
from wkflow.steps.create_layer import renew_layer
from wkflow.voxels.cast import fractions_refused, is_of_fractions
from wkflow.voxels.choose_intensity_range import choose_intensity_range
from wkflow.voxels.layer_histogram import add_slabs, keep_sum
from wkflow.voxels.source_metadata import lay_metadata


def write_properties(
    plan: Plan, receipts: Iterable[str], *, goes: bool = False, metadata: Path | None = None
) -> Receipt:
    """Write `datasource-properties.json` from the plan and the statistics of all receipts.

    `receipts` are paths as the rules name them, which end in a job and `.json`. `goes` says that
    shards leave the disk when they are sent, which compares each with its receipt; then they are
    not looked for here. `metadata` is the folder in which the first slabs kept what the sources
    say of themselves.

    Raises
    ------
    VerificationError
        If files are missing or have another size than was written, histograms included; the
        receipts of all of them are removed, so that the same command makes them anew.
    SourceError
        If rounding left nothing of a layer's fractions.
    """
    dataset = Path(plan.dataset)
    atomic_files.sweep(dataset)
    read = check_receipts(plan, receipts, goes=goes)
    files = [file for receipt in read.values() for file in receipt.files]
    for one in plan.layers:
        _require_values(one, list(slabs_of(one, read).values()))
    layers = [_described(one, slabs_of(one, read), goes=goes) for one in plan.layers]
    for one in plan.layers:
        renew_layer(plan, one)
    beside = {
        name
        for one in plan.layers if metadata and plan.source_metadata and not goes
        for name in lay_metadata(one, metadata, dataset)
    }  # fmt: skip
    layers += added_entries(dataset, besides={one.layer.name for one in plan.layers})
    publish(dataset, properties_of(plan.name, plan.voxel_size, plan.unit, layers))
    _prune(dataset, plan, {file.path for file in files} | beside)
    voxels = sum(receipt.voxels for receipt in read.values())
    return Receipt("write_properties", tuple(files), voxels)


def check_receipts(
    plan: Plan, receipts: Iterable[str], *, goes: bool = False
) -> dict[str, Receipt]:
    """Read all receipts, and make sure that every planned shard is there, and new metadata.

    Raises
    ------
    VerificationError
        As `write_properties`.
    """
    read = {path: Receipt.read(path) for path in receipts}
    sizes = Sizes(Path(plan.dataset))
    lost = [] if goes else [
        one for path, receipt in read.items() for one in lost_shards(path, receipt, sizes)
    ]  # fmt: skip
    layers = plan.layers if plan.extends else ()  # else all metadata is written again
    documents = [one for layer in layers for one in lost_documents(plan, layer, sizes)]
    for path in {one.job for one in lost}:
        Path(path).unlink()
    forget(documents, _receipts_of(read))
    if lost or documents:
        raise fault_of([*documents, *lost], plan.dataset)
    _check_count(plan, sum(len(receipt.files) for receipt in read.values()))
    return read


def _receipts_of(paths: Iterable[str]) -> Path:
    """Give the folder of all receipts, from that of some job: `receipts/downsample_rest/...`."""
    for path in map(Path, paths):
        if RECEIPTS in path.parts:
            return Path(*path.parts[: path.parts.index(RECEIPTS) + 1])
    return Path(RECEIPTS)


def slabs_of(one: LayerPlan, read: Mapping[str, Receipt]) -> dict[str, Receipt]:
    """Give those of all receipts, by their paths, that are of a layer's slabs."""
    return {
        path: receipt
        for path, receipt in read.items()
        if receipt.rule == "convert_slab" and Path(path).parent.name == one.layer.name
    }


def _described(one: LayerPlan, slabs: dict[str, Receipt], *, goes: bool) -> dict[str, Any]:
    """Describe a layer, a color layer with the values that it shows black and white.

    Lost histograms of shards that are sent already are no reason to make and send them again.
    """
    layer, receipts = one.layer, list(slabs.values())
    if layer.category != "color":
        return layer_properties(layer, one.grids, receipts, largest_id=one.largest_id)
    counted = add_slabs(one, slabs)
    shown = choose_intensity_range(one, counted)
    if shown.lost and not goes:
        for path in shown.lost:
            Path(path).unlink()
        raise IncompleteError(
            f"{shown.evidence} ({len(shown.lost)} of {len(slabs)})", f"layer {layer.name}",
            "Give the same command again: they are made anew.",
        )  # fmt: skip
    keep_sum(counted, slabs)
    display = replace(one.display, window=shown.window)
    limits = shown.window if shown.is_asked else None
    return layer_properties(layer, one.grids, receipts, display, limits=limits)


def _require_values(one: LayerPlan, slabs: list[Receipt]) -> None:
    """Refuse a layer of which rounding left next to nothing: no slab by itself can tell."""
    lows = [slab.lowest for slab in slabs if slab.lowest is not None]
    highs = [slab.highest for slab in slabs if slab.highest is not None]
    if lows and highs and any(slab.rounded for slab in slabs):
        low, high = min(lows), max(highs)
        if is_of_fractions(low, high):
            raise fractions_refused(low, high, one.layer.dtype, one.source.first)


def _prune(dataset: Path, plan: Plan, written: set[str]) -> None:
    """Remove files and mags that an earlier plan had and this one has not; others' files stay."""
    for one in plan.layers:
        kept = written | set(format_of(one.layer.data_format).document_names(one.layer, one.grids))
        remove_dataset(dataset, one.layer.name, kept=kept)


def _check_count(plan: Plan, count: int) -> None:
    planned = plan.file_count
    if count != planned:
        raise VerificationError(
            f"{count} shards were written, {planned} were planned", plan.dataset,
            "This is a fault of the program; please report it with the run folder.",
        )  # fmt: skip
