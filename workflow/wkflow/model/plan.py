"""The plan of a dataset: its layers and all their jobs.

Arithmetic only, apart from `read` and `write`. It says what every job writes and what it needs;
Snakemake asks it for file names, jobs ask it for boxes.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Self

from wkflow import json_document
from wkflow.model.box import Triple
from wkflow.model.layer_plan import LayerPlan, digest
from wkflow.model.name_pattern import READ_AS
from wkflow.model.read_strategy import TAKEN_ACROSS, ReadStrategy
from wkflow.model.voxel_job import VoxelJob

__all__ = ["LayerPlan", "Plan", "digest"]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a run will do. `notes` are the lines that a person should read before it runs.

    `extends` says that the dataset was there before and gets more mags; `drawn_from` digests what
    such a plan was drawn from, because it stays until it is carried out. `destination` is the URL
    of the dataset, if a server has it. `source_metadata` says that what the files say of themselves
    is laid beside the layers. `adds_to` is the URL of the dataset that gets the layers, if a server
    has it, `links` says that it stays as it is: a new dataset has them, and links its layers.
    `changed` are begin and end of the box of mag 1 that alone counts as changed, if there is one.
    """

    dataset: str
    name: str
    voxel_size: tuple[float, float, float]
    unit: str
    overwrite: bool
    layers: tuple[LayerPlan, ...]
    notes: tuple[str, ...] = ()
    extends: bool = False
    drawn_from: str = ""
    destination: str = ""
    adds_to: str = field(default="", metadata=json_document.LATER)
    links: bool = field(default=False, metadata=json_document.LATER)
    changed: tuple[Triple, ...] = field(default=(), metadata=json_document.LATER)
    source_metadata: bool = field(default=True, metadata=json_document.LATER)

    @classmethod
    def of_nothing(cls, dataset: str) -> Self:
        """Give the plan of a run that converts nothing."""
        return cls(dataset, "", (1.0, 1.0, 1.0), "nanometer", overwrite=False, layers=())

    def layer(self, name: str) -> LayerPlan:
        """Give the layer of that name."""
        return next(layer for layer in self.layers if layer.layer.name == name)

    @property
    def seen_at(self) -> str:
        """Address on a server of the dataset that gets the mags or layers; empty for a new one."""
        return self.destination or ("" if self.links else self.adds_to)

    @property
    def file_count(self) -> int:
        """How many shard files the dataset will have, empty ones included."""
        return sum(
            prod(grid.shards) * plan.layer.frames for plan in self.layers for grid in plan.made
        )

    def jobs(self) -> Iterator[tuple[str, int]]:
        """List the names of all jobs that write voxels, and how many voxels each writes."""
        for plan in self.layers:
            x, y, _ = plan.box.size
            name = plan.layer.name
            for slab in plan.slabs():
                yield str(VoxelJob.of_slab(name, slab)), x * y * slab.depth * len(slab.frames)
            for _, grid in plan.big_steps():
                for block in plan.blocks(grid):
                    places = plan.block_shards(grid, block)
                    voxels = sum(grid.shard_box(position).voxels for _, position in places)
                    yield str(VoxelJob.of_block(name, grid.mag, block)), voxels
            if plan.rest_steps():
                voxels = sum(grid.box.voxels for _, grid in plan.rest_steps())
                yield str(VoxelJob.of_rest(name)), voxels * plan.layer.frames

    def layout_recipe(self, name: str) -> str:
        """Digest all that the empty arrays of a layer depend on."""
        plan = self.layer(name)
        return digest(asdict(plan.layer), [asdict(grid) for grid in plan.grids], plan.codec,
                      self.voxel_size, self.unit, self.dataset)  # fmt: skip

    def recipe(self) -> str:
        """Digest the whole plan, but for how voxels pass through memory and disk.

        How names were read is no part of it either: earlier versions said nothing of that.
        """
        layers = tuple(replace(one, passing=False, feed=ReadStrategy()) for one in self.layers)
        dropped = (f": {READ_AS}", f": {TAKEN_ACROSS}")
        notes = tuple(note for note in self.notes if not any(one in note for one in dropped))
        return digest(json_document.told(replace(self, layers=layers, notes=notes)))

    def write(self, path: str | Path) -> None:
        """Write the plan as JSON, whole or not at all."""
        json_document.write(path, self, indent=None)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a plan that `write` wrote.

        Raises
        ------
        ConfigError
            If the file is no plan of this version.
        """
        remedy = "Remove it: it is made anew."
        return json_document.read_own(cls, path, called="plan", remedy=remedy)
