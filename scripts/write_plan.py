"""Record layers, slabs and magnifications before any voxel is read."""

from pathlib import Path

from wkflow.job import Job
from wkflow.steps.write_plan import write_plan

with Job(snakemake):
    recipe, options = snakemake.params.recipe, snakemake.params.options
    write_plan(options, recipe, Path(snakemake.output.plan).absolute())
