"""Add one magnification to a dataset on a server."""

from wkflow.access_token import find_token
from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.steps.upload_mag import upload_mag
from wkflow.webknossos.upload_plan import UploadPlan

with Job(snakemake) as job:
    documents = Plan.read(snakemake.input.plan), UploadPlan.read(snakemake.input.delivery)
    mag = (snakemake.wildcards.layer, snakemake.wildcards.mag)
    options = {"mag": mag, "receipts": snakemake.input.receipts, "tick": job.tick}
    sent = upload_mag(*documents, job.run_folder, find_token(), **options)
    sent.write(snakemake.output.sent)
