"""Record layers, slabs and magnifications as the rules were told."""

from pathlib import Path

from wkflow.rules.job import Job
from wkflow.steps.write_plan import write_plan

with Job(snakemake):
    write_plan(Path(snakemake.input.draft), Path(snakemake.output.plan).absolute())
