"""Check every shard against its receipt, then describe the dataset."""

from wkflow.formats.replace_dataset import finish_replacing
from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.run_folder import SOURCE_METADATA
from wkflow.steps.write_properties import write_properties

with Job(snakemake) as job:
    plan = Plan.read(snakemake.input.plan)
    options = {"goes": snakemake.params.goes, "metadata": job.run_folder / SOURCE_METADATA}
    receipt = write_properties(job.placed(plan), snakemake.input.receipts, **options)
    finish_replacing(plan, job.run_folder)
    receipt.write(snakemake.output.receipt)
