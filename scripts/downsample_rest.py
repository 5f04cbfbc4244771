"""Build all remaining small magnifications of a layer in one job."""

from pathlib import Path

from wkflow.job import Job
from wkflow.plan import Plan
from wkflow.steps.downsample_rest import downsample_rest

with Job(snakemake) as job:
    plan = Plan.read(snakemake.input.plan)
    threads, tick = snakemake.threads, job.tick
    scratch = Path("scratch").absolute()
    receipt = downsample_rest(
        plan, **snakemake.wildcards, threads=threads, tick=tick, scratch=scratch
    )
    receipt.write(snakemake.output.receipt)
