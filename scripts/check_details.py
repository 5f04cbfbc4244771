"""Ask the server whether it has the teams that may see the dataset."""

from wkflow.access_token import find_token
from wkflow.model.receipt import Receipt
from wkflow.rules.job import Job
from wkflow.steps.set_details import check_details
from wkflow.webknossos.upload_plan import UploadPlan

with Job(snakemake) as job:
    check_details(UploadPlan.read(snakemake.input.delivery), find_token())
    Receipt("check_details").write(snakemake.output.receipt)
