"""Convert one z-slab of one layer at full resolution."""

from pathlib import Path

from wkflow.job import Job
from wkflow.plan import Plan
from wkflow.steps.convert_slab import convert_slab

with Job(snakemake) as job:
    plan = Plan.read(snakemake.input.plan)
    threads, tick = snakemake.threads, job.tick
    scratch = Path("scratch").absolute()
    receipt = convert_slab(plan, **snakemake.wildcards, threads=threads, tick=tick, scratch=scratch)
    receipt.write(snakemake.output.receipt)
