"""Remove the shards of one receipt, when they and what is made of them are sent."""

from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.steps.discard_shards import discard_shards
from wkflow.webknossos.upload_plan import UploadPlan

with Job(snakemake) as job:
    delivery = UploadPlan.read(snakemake.input.delivery)
    plan = Plan.read(snakemake.input.plan)
    batch = snakemake.wildcards.batch
    receipt = discard_shards(delivery, plan, job.run_folder, batch=batch)
    receipt.write(snakemake.output.receipt)
