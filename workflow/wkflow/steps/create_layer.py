"""Lay out the empty arrays of one layer."""

from pathlib import Path
from time import monotonic

from wkflow.codec import Codec
from wkflow.datasource import retract
from wkflow.plan import Plan
from wkflow.receipt import Receipt
from wkflow.writers.layout import lay_out


def create_layer(plan: Plan, layer: str) -> Receipt:
    """Write the metadata of a layer and its mags; shards may be there already."""
    started = monotonic()
    dataset, one = Path(plan.dataset), plan.layer(layer)
    if not plan.extends:
        retract(dataset)
    lay_out(
        dataset,
        one.layer,
        one.made,
        Codec.parse(one.codec, one.layer.data_format),
        voxel_size=plan.voxel_size,
        unit=plan.unit,
        arrays_only=plan.extends,
    )
    return Receipt("create_layer", seconds=monotonic() - started)
