"""Remove the shards of one receipt, when they and what is made of them are sent."""

from pathlib import Path

from wkflow.delivery import Delivery
from wkflow.job import Job
from wkflow.steps.discard_shards import discard_shards

with Job(snakemake):
    delivery = Delivery.read(snakemake.input.delivery)
    receipt = discard_shards(delivery, Path(snakemake.input.receipt))
    receipt.write(snakemake.output.receipt)
