"""Send the files of one receipt, beside the conversion of others."""

from wkflow.access_token import find_token
from wkflow.rules.job import Job
from wkflow.steps.upload_shards import upload_shards
from wkflow.webknossos.upload_plan import UploadPlan

with Job(snakemake) as job:
    delivery = UploadPlan.read(snakemake.input.delivery)
    options = {"batch": snakemake.wildcards.batch, "tick": job.tick}
    sent = upload_shards(delivery, job.run_folder, find_token(), **options)
    sent.write(snakemake.output.sent)
