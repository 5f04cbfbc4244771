"""Count one digit of the values of one z-slab of a source."""

from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.steps.count_values import begin_counts, count_values, keep_counts

with Job(snakemake, yields=True) as job:
    plan, at = Plan.read(snakemake.input.plan), snakemake.wildcards
    counted = begin_counts(plan, at.layer, at.digit, snakemake.input.earlier)
    options = {"threads": snakemake.threads, "tick": job.tick, "scratch": job.scratch}
    receipt = count_values(plan, at.layer, at.slab, counted, **options)
    keep_counts(counted, receipt, snakemake.output.counts).write(snakemake.output.receipt)
