"""List every file of the dataset with its digest; say where it comes from, if that is wanted."""

from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.steps.write_manifest import write_manifest

with Job(snakemake) as job:
    plan, receipts = Plan.read(snakemake.input.plan), snakemake.input.receipts
    options = {"threads": snakemake.threads, "tick": job.tick, "crate": snakemake.params.crate}
    receipt = write_manifest(plan, receipts, job.run_folder, **options)
    receipt.write(snakemake.output.receipt)
