"""Set tags, teams, description, metadata and who may see the dataset, and read them back."""

from wkflow.access_token import find_token
from wkflow.model.receipt import Receipt
from wkflow.rules.job import Job
from wkflow.steps.set_details import tell_details
from wkflow.webknossos.upload_plan import UploadPlan

with Job(snakemake) as job:
    tell_details(UploadPlan.read(snakemake.input.delivery), job.run_folder, find_token())
    Receipt("set_details").write(snakemake.output.receipt)
