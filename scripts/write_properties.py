"""Check every shard against its receipt, then describe the dataset."""

from wkflow.formats.replace_dataset import finish_replacing
from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.steps.write_properties import write_properties

with Job(snakemake) as job:
    plan = Plan.read(snakemake.input.plan)
    placed, goes = job.placed(plan), snakemake.params.goes
    receipt = write_properties(placed, snakemake.input.receipts, goes=goes)
    finish_replacing(plan, job.run_folder)
    receipt.write(snakemake.output.receipt)
