"""Check every shard against its receipt, then describe the dataset."""

from wkflow.job import Job
from wkflow.plan import Plan
from wkflow.steps.write_properties import write_properties

with Job(snakemake):
    plan = Plan.read(snakemake.input.plan)
    receipt = write_properties(plan, snakemake.input.receipts, goes=snakemake.params.goes)
    receipt.write(snakemake.output.receipt)
