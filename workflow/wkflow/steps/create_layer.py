"""Lay out the empty arrays of one layer."""

from functools import partial
from pathlib import Path
from time import monotonic

from wkflow.formats.layer_metadata import _describe
from wkflow.formats.layout import put_changed
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.receipt import Receipt
from wkflow.model.write_datasource import PROPERTIES, remove_properties


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
    _describe(
        plan, one, partial(put_changed, before=partial(remove_properties, Path(plan.dataset)))
    )
