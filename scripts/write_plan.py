"""Record layers, slabs and magnifications before any voxel is read."""

from pathlib import Path

from wkflow.job import Job
from wkflow.steps.write_plan import write_plan

with Job(snakemake):
    write_plan(snakemake.params.recipe, Path(snakemake.output.plan).absolute())
