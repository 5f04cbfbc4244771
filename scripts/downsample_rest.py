"""Build all remaining small magnifications of a layer in one job."""

from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.steps.downsample_rest import downsample_rest

with Job(snakemake, yields=True) as job:
    plan = job.placed(Plan.read(snakemake.input.plan))
    options = {"threads": snakemake.threads, "tick": job.tick, "scratch": job.scratch}
    receipt = downsample_rest(plan, **snakemake.wildcards, **options)
    receipt.write(snakemake.output.receipt)
