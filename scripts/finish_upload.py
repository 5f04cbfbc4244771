"""Send the properties, let the server finish, and read back what it has."""

from wkflow.access_token import find_token
from wkflow.rules.job import Job
from wkflow.steps.finish_upload import finish_upload
from wkflow.webknossos.upload_plan import UploadPlan

with Job(snakemake) as job:
    delivery = UploadPlan.read(snakemake.input.delivery)
    options = {"batches": snakemake.input.batches, "tick": job.tick}
    proof = finish_upload(delivery, job.run_folder, find_token(), **options)
    proof.write(snakemake.output.proof)
