"""Choose the window of a layer from what was counted in its slabs."""

from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.steps.choose_window import choose_window

with Job(snakemake, yields=True) as job:
    plan, at = Plan.read(snakemake.input.plan), snakemake.wildcards
    receipts, earlier = snakemake.input.counted, snakemake.input.earlier
    window = choose_window(plan, at.layer, at.digit, receipts, earlier)
    window.write(snakemake.output.receipt)
