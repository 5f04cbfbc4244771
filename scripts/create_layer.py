"""Lay out the empty chunked arrays of one layer, one per magnification."""

from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.steps.create_layer import create_layer

with Job(snakemake, yields=True) as job:
    plan = job.placed(Plan.read(snakemake.input.plan))
    receipt = create_layer(plan, **snakemake.wildcards)
    receipt.write(snakemake.output.receipt)
