"""Open two datasets, OURS and THEIRS, and print as JSON how they differ.

Run as a script by the official environment's Python.
"""

import json
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import webknossos

Facts = dict[str, Any]


def facts_of_dataset(dataset: webknossos.Dataset) -> Facts:
    """Give what a dataset says of itself, in words and numbers."""
    voxel_size = dataset.voxel_size_with_unit
    return {
        "layers": sorted(dataset.layers),
        "voxel size": [float(edge) for edge in voxel_size.factor],
        "unit": str(voxel_size.unit),
    }


def facts_of_layer(layer: webknossos.Layer) -> Facts:
    """Give what a layer says of itself, apart from its voxels."""
    view = layer.default_view_configuration
    return {
        "category": str(layer.category),
        "bounding box": str(layer.bounding_box),
        "dtype": str(np.dtype(layer.dtype)),
        "channels": layer.num_channels,
        "largest segment id": getattr(layer, "largest_segment_id", None),
        "view": None if view is None else [view.min, view.max],
        "mags": [str(mag) for mag in sorted(layer.mags)],
    }


def differences(where: str, ours: Facts, theirs: Facts) -> Iterator[str]:
    """Say each fact that differs."""
    for key, value in theirs.items():
        if ours[key] != value:
            yield f"{where}: {key} is {ours[key]}, theirs {value}"


def compare_voxels(
    where: str, ours: webknossos.MagView, theirs: webknossos.MagView
) -> tuple[int, list[str]]:
    """Read one mag of both, all of the layer; give how many voxels, and what differs."""
    mine, other = ours.read(), theirs.read()
    if mine.shape != other.shape or mine.dtype != other.dtype:
        return 0, [f"{where}: {mine.shape} {mine.dtype}, theirs {other.shape} {other.dtype}"]
    wrong = np.argwhere(mine != other)
    if not len(wrong):
        return mine.size, []
    first = tuple(int(index) for index in wrong[0])
    values = f"{mine[first]}, theirs {other[first]}"
    return mine.size, [
        f"{where}: {len(wrong)} of {mine.size} voxels differ, first (c, x, y, z) {first}: {values}"
    ]


def compare(ours: webknossos.Dataset, theirs: webknossos.Dataset) -> Facts:
    """Compare everything that both have."""
    said = list(differences("dataset", facts_of_dataset(ours), facts_of_dataset(theirs)))
    voxels = {}
    for name in sorted(ours.layers.keys() & theirs.layers.keys()):
        mine, other = ours.get_layer(name), theirs.get_layer(name)
        said += differences(name, facts_of_layer(mine), facts_of_layer(other))
        for mag in sorted(mine.mags.keys() & other.mags.keys()):
            where = f"{name}/{mag}"
            count, wrong = compare_voxels(where, mine.get_mag(mag), other.get_mag(mag))
            voxels[where] = count
            said += wrong
    views = {name: layer.default_view_configuration for name, layer in ours.layers.items()}
    ranges = {name: view and view.intensity_range for name, view in views.items()}
    return {"differences": said, "voxels": voxels, "ranges": ranges}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    opened = [webknossos.Dataset.open(path) for path in sys.argv[1:3]]
    sys.stdout.write(json.dumps(compare(*opened)))
