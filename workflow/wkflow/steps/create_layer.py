"""Lay out the empty arrays of one layer."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic

from wkflow.codec import Codec
from wkflow.datasource import PROPERTIES, retract
from wkflow.plan import LayerPlan, Plan
from wkflow.receipt import Receipt
from wkflow.writers.layout import Documents, lay_out, put_changed


def create_layer(plan: Plan, layer: str) -> Receipt:
    """Write the metadata of a layer and its mags; shards may be there already.

    Of a dataset that is published only what is missing is written: what changes waits until all
    voxels are there, since a run may fail before it changes one.
    """
    started = monotonic()
    is_published = not plan.extends and (Path(plan.dataset) / PROPERTIES).exists()
    _describe(plan, plan.layer(layer), partial(put_changed, only_missing=is_published))
    return Receipt("create_layer", seconds=monotonic() - started)


def renew_layer(plan: Plan, one: LayerPlan) -> None:
    """Write the metadata of a layer that is missing or another; then the dataset is unpublished."""
    _describe(plan, one, partial(put_changed, before=partial(retract, Path(plan.dataset))))


def documents_of(plan: Plan, one: LayerPlan) -> dict[str, bytes]:
    """Give the metadata files of a layer that the plan makes, by their paths in the dataset."""
    found: dict[str, bytes] = {}
    _describe(plan, one, lambda _, documents: found.update(documents))
    return found


def _describe(plan: Plan, one: LayerPlan, put: Callable[[Path, Documents], None]) -> None:
    def put_arrays(dataset: Path, documents: Documents) -> None:
        folders = tuple(f"{one.layer.path}/{grid.name}/" for grid in one.made)
        put(dataset, {name: text for name, text in documents.items() if name.startswith(folders)})

    lay_out(
        Path(plan.dataset),
        one.layer,
        one.made,
        Codec.parse(one.codec, one.layer.data_format),
        voxel_size=plan.voxel_size,
        unit=plan.unit,
        put=put_arrays if plan.extends else put,  # what describes groups was there before the mags
    )
