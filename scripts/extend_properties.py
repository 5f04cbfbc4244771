"""Check every new shard against its receipt, then list the new magnifications."""

from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.steps.extend_properties import extend_properties

with Job(snakemake) as job:
    plan = Plan.read(snakemake.input.plan)
    receipt = extend_properties(plan, snakemake.input.receipts, job.run_folder)
    receipt.write(snakemake.output.receipt)
