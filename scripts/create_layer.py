"""Lay out the empty chunked arrays of one layer, one per magnification."""

from wkflow.job import Job
from wkflow.plan import Plan
from wkflow.steps.create_layer import create_layer

with Job(snakemake, yields=True) as job:
    plan = job.placed(Plan.read(snakemake.input.plan))
    receipt = create_layer(plan, **snakemake.wildcards)
    receipt.write(snakemake.output.receipt)
