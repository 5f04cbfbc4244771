"""Ask the server whether it will take the dataset, before any voxel is read."""

from wkflow.delivery import Delivery
from wkflow.job import Job
from wkflow.secret import find_token
from wkflow.steps.reserve_upload import reserve_upload

with Job(snakemake) as job:
    delivery = Delivery.read(snakemake.input.delivery)
    reservation = reserve_upload(delivery, job.run_folder, find_token())
    reservation.write(snakemake.output.reservation)
