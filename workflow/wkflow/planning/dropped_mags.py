"""Mags that a dataset has beside those of a plan: `wkflow downsample` made them of other voxels."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from wkflow.errors import SourceError
from wkflow.model.added_layers import recipe_of
from wkflow.model.datasource_properties import Existing
from wkflow.model.plan import Plan
from wkflow.model.write_datasource import PROPERTIES


def dropped_notes(plan: Plan, earlier: Plan | None) -> list[str]:
    """Say which mags go, because the run writes the layers' properties anew.

    `earlier` is the last plan that was carried out for this source: where it is the same, nothing
    is written.
    """
    if earlier is None or recipe_of(plan) == recipe_of(earlier):
        return []
    return list(_dropped(plan))


def _dropped(plan: Plan) -> Iterator[str]:
    existing = None
    with suppress(OSError, ValueError, TypeError, SourceError):
        document = json.loads((Path(plan.dataset) / PROPERTIES).read_bytes())
        existing = Existing.parse(document, plan.dataset)
    layers = {one.layer.name: one for one in existing.layers} if existing else {}
    for one in plan.layers:
        own = {grid.mag for grid in one.grids}
        found = layers.get(one.layer.name)
        further = [str(mag.mag) for mag in found.mags if mag.mag not in own] if found else []
        if further:
            yield (
                f"layer {one.layer.name}: mag {', '.join(further)} goes, which this plan does not "
                "have; --max-mag or `wkflow downsample` makes it of the voxels that are there then"
            )
