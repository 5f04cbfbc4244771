"""Let the dataset that was named show the layers which were sent."""

from wkflow.access_token import find_token
from wkflow.rules.job import Job
from wkflow.steps.compose_layers import compose_layers
from wkflow.webknossos.upload_plan import UploadPlan

with Job(snakemake) as job:
    delivery = UploadPlan.read(snakemake.input.delivery)
    receipt = compose_layers(delivery, job.run_folder, find_token())
    receipt.write(snakemake.output.receipt)
