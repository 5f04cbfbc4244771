"""The joints between rules: wildcards in, a question to the plan, file names out.

Receipts and logs are named after the rule that makes them, so no path is claimed by two rules.
"""

from collections.abc import Iterator
from typing import Protocol

from wkflow.model.layer import Grid, Place
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.voxel_job import VoxelJob
from wkflow.model.write_datasource import PROPERTIES
from wkflow.rules.window_inputs import window_receipts
from wkflow.run_folder import EXTENDED, receipt_name

EXTENDED_HERE, EXTENDED_THERE = EXTENDED


class Wildcards(Protocol):
    """What Snakemake hands to input functions; which of them a rule has is in its pattern."""

    layer: str
    mag: str
    slab: str
    block: str


class RuleInputs:
    """Answers for the rules of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @property
    def properties(self) -> str:
        """The file that makes the target a dataset."""
        return f"{self.plan.dataset}/{PROPERTIES}"

    def receipts(self, _: object = None) -> list[str]:
        """List the receipts of all jobs that write voxels.

        Asked by the few jobs that need them: a list would be made wherever the rules are read.
        """
        return [receipt_name(job) for job, _ in self.plan.jobs()]

    @property
    def extensions(self) -> list[str]:
        """What says that the new mags of a dataset which exists are part of it."""
        if not (self.plan.extends and self.plan.layers):
            return []
        return [EXTENDED_THERE if self.plan.destination else EXTENDED_HERE]

    def described(self, _: object = None) -> list[str]:
        """List what says that the dataset is whole and described; one that gets no mag is so."""
        return self.extensions if self.plan.extends else [receipt_name("write_properties")]

    def mag_receipts(self, wildcards: Wildcards) -> list[str]:
        """List the receipts of the jobs that write a mag."""
        one = self._layer(wildcards)
        grid = next(grid for grid in one.made if str(grid.mag) == wildcards.mag)
        if not one.is_big(grid):
            return [receipt_name(VoxelJob.of_rest(one.layer.name))]
        jobs = (VoxelJob.of_block(one.layer.name, grid.mag, block) for block in one.blocks(grid))
        return list(map(receipt_name, jobs))

    @property
    def mags_sent(self) -> list[str]:
        """List the receipts of all mags that were sent."""
        return [
            receipt_name(f"upload_mag/{one.layer.name}/{grid.mag}")
            for one in self.plan.layers
            for grid in one.made
        ]

    @property
    def layouts(self) -> list[str]:
        """The receipts of all layers' empty arrays."""
        return [receipt_name(f"create_layer/{one.layer.name}") for one in self.plan.layers]

    def properties_recipe(self, _: object = None) -> str:
        """Digest what the properties depend on besides the receipts."""
        return self.plan.recipe()

    def layout_recipe(self, wildcards: Wildcards) -> str:
        """Digest what the empty arrays depend on."""
        return self.plan.layout_recipe(wildcards.layer)

    def slab_recipe(self, wildcards: Wildcards) -> str:
        """Digest what the voxels of a slab depend on."""
        one = self._layer(wildcards)
        return one.slab_recipe(one.slab(wildcards.slab))

    def window(self, wildcards: Wildcards) -> list[str]:
        """Give the receipt of the window that voxels choose, if they do."""
        return window_receipts(self._layer(wildcards))

    def block_upstream(self, wildcards: Wildcards) -> list[str]:
        """List the receipts of what lies below a block."""
        one = self._layer(wildcards)
        step = one.step_to(wildcards.mag)
        shards = one.block_shards(step[1], wildcards.block)
        return list(map(receipt_name, self._upstream(one, step, shards)))

    def block_recipe(self, wildcards: Wildcards) -> str:
        """Digest what a block depends on besides what lies upstream."""
        one = self._layer(wildcards)
        step = one.step_to(wildcards.mag)
        return one.block_recipe(*step, one.block_shards(step[1], wildcards.block))

    def rest_upstream(self, wildcards: Wildcards) -> list[str]:
        """List the receipts of what lies below the small mags."""
        one = self._layer(wildcards)
        step = one.rest_steps()[0]
        return list(map(receipt_name, self._upstream(one, step, one.all_shards(step[1]))))

    def rest_recipe(self, wildcards: Wildcards) -> str:
        """Digest what the small mags depend on besides what lies upstream."""
        return self._layer(wildcards).rest_recipe()

    def upstream(self) -> dict[str, list[str]]:
        """Give for each job that writes voxels the jobs whose voxels it reads, fine mags first."""
        upstream: dict[str, list[str]] = {job: [] for job, _ in self.plan.jobs()}
        for one in self.plan.layers:
            for job, step, places in _reductions(one):
                upstream[job] = [str(below) for below in self._upstream(one, step, places)]
        return upstream

    def downstream(self) -> dict[str, list[str]]:
        """Give for each job that writes voxels the jobs that read them."""
        upstream = self.upstream()
        downstream: dict[str, list[str]] = {job: [] for job in upstream}
        for job, below in upstream.items():
            for feeder in below:
                downstream[feeder].append(job)
        return downstream

    def _layer(self, wildcards: Wildcards) -> LayerPlan:
        return self.plan.layer(wildcards.layer)

    def _upstream(
        self, one: LayerPlan, step: tuple[Grid, Grid], places: list[Place]
    ) -> list[VoxelJob]:
        finer, coarser = step
        name = one.layer.name
        boxes = [(frame, one.source_box(finer, coarser, position)) for frame, position in places]
        if finer == one.grids[0]:
            if one.given:
                return []
            slabs = {slab for place in boxes for slab in one.feeding_slabs(*place)}
            return [VoxelJob.of_slab(name, slab) for slab in sorted(slabs)]
        blocks = {block for place in boxes for block in one.feeding_blocks(finer, *place)}
        return [VoxelJob.of_block(name, finer.mag, block) for block in sorted(blocks)]


def _reductions(
    one: LayerPlan,
) -> Iterator[tuple[str, tuple[Grid, Grid], list[Place]]]:
    """Give each downsampling job of a layer, its first step, and the shards that it makes there."""
    name = one.layer.name
    for step in one.big_steps():
        for block in one.blocks(step[1]):
            places = one.block_shards(step[1], block)
            yield str(VoxelJob.of_block(name, step[1].mag, block)), step, places
    for step in one.rest_steps()[:1]:
        yield str(VoxelJob.of_rest(name)), step, one.all_shards(step[1])
