"""Layers whose files are arrays: their plans, their files, and the voxels that are expected."""

from dataclasses import dataclass, replace

import numpy as np
from wkflow.model.layer import Layer, lay_grid
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.mag import Mag
from wkflow.model.read_strategy import ReadStrategy
from wkflow.model.source import Source
from wkflow.readers import Image

from tests.steps.arrays import FOLDER, ArrayImage, Voxels, header_of
from tests.strategies import plan_of


@dataclass
class Case:
    """A layer's plan, its files, and its voxels (frame, z, y, x, pick)."""

    plan: LayerPlan
    files: dict[str, Image | str]
    voxels: Voxels


def case_of(
    array: Voxels, source: Source, files: dict[str, Image | str], feed: ReadStrategy
) -> Case:
    """Plan a layer of an array (frame, channel, z, y, x, sample), small voxels and all."""
    picked = np.moveaxis(array, 1, -2).reshape(*np.delete(array.shape, [1, 5]), -1)
    header = source.header
    size = (header.width, header.height, source.depth)
    layer = Layer("em", "color", header.dtype, len(source.picks), size, header.axes)
    grid = lay_grid(layer, Mag(1, 1, 1), chunk=(4, 4, 4), shard=(8, 8, 4))
    plan = replace(plan_of(layer, (grid,), batch=4), source=source, feed=feed, pad=source.is_stack)
    return Case(plan, files, picked[..., list(source.picks)])


def stack_of(array: Voxels, grain: tuple[int, int, int], cuts: list[tuple[int, int]]) -> Case:
    """Make each slice a file; `cuts` says how many rows and columns some of them lack."""
    files: dict[str, Image | str] = {}
    for z in range(array.shape[2]):
        rows, columns = cuts[z % len(cuts)] if cuts else (0, 0)
        array[:, :, z, array.shape[3] - rows :] = 0
        array[:, :, z, :, array.shape[4] - columns :] = 0
        part = array[:, :, z : z + 1, : array.shape[3] - rows, : array.shape[4] - columns]
        files[f"{FOLDER}/{z}.tif"] = ArrayImage(part, grain)
    header = header_of(array[:, :, :1])
    picks = tuple(range(header.channels * header.samples))
    source = Source(tuple(files), ((1, 1),) * len(files), header, grain, picks, is_stack=True)
    return case_of(array, source, files, ReadStrategy())
