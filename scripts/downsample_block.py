"""Build one block of one big magnification."""

from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.steps.downsample_block import downsample_block

with Job(snakemake, yields=True) as job:
    plan = job.placed(Plan.read(snakemake.input.plan))
    options = {"threads": snakemake.threads, "tick": job.tick, "scratch": job.scratch}
    receipt = downsample_block(plan, **snakemake.wildcards, **options)
    receipt.write(snakemake.output.receipt)
