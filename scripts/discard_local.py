"""Remove the rest of the local dataset, when the server has proven to hold it."""

from wkflow.rules.job import Job
from wkflow.steps.discard_local import discard_local
from wkflow.webknossos.upload_plan import UploadPlan

with Job(snakemake) as job:
    delivery = UploadPlan.read(snakemake.input.delivery)
    receipt = discard_local(delivery, job.scratch)
    receipt.write(snakemake.output.receipt)
