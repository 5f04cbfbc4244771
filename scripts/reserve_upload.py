"""Ask the server whether it will take the dataset, before any voxel is read."""

from wkflow.access_token import find_token
from wkflow.rules.job import Job
from wkflow.steps.reserve_upload import reserve_upload
from wkflow.webknossos.upload_plan import UploadPlan

with Job(snakemake) as job:
    delivery = UploadPlan.read(snakemake.input.delivery)
    reservation = reserve_upload(delivery, job.run_folder, find_token())
    reservation.write(snakemake.output.reservation)
