"""Remove the shards of one receipt, when they and what is made of them are sent."""

from wkflow.delivery import Delivery
from wkflow.job import Job
from wkflow.plan import Plan
from wkflow.steps.discard_shards import discard_shards

with Job(snakemake) as job:
    delivery = Delivery.read(snakemake.input.delivery)
    plan = Plan.read(snakemake.input.plan)
    parcel = snakemake.wildcards.parcel
    receipt = discard_shards(delivery, plan, job.run_folder, parcel=parcel)
    receipt.write(snakemake.output.receipt)
