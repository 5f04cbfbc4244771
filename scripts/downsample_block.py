"""Build one block of one big magnification."""

from wkflow.job import Job
from wkflow.plan import Plan
from wkflow.steps.downsample_block import downsample_block

with Job(snakemake, yields=True) as job:
    plan = Plan.read(snakemake.input.plan)
    threads, tick = snakemake.threads, job.tick
    receipt = downsample_block(plan, **snakemake.wildcards, threads=threads, tick=tick)
    receipt.write(snakemake.output.receipt)
