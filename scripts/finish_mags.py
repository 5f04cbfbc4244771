"""Prove that a dataset on a server has its new magnifications."""

from pathlib import Path

from wkflow.access_token import find_token
from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.steps.finish_mags import finish_mags
from wkflow.webknossos.upload_plan import UploadPlan

with Job(snakemake):
    documents = Plan.read(snakemake.input.plan), UploadPlan.read(snakemake.input.delivery)
    options = {"batches": snakemake.input.sent, "receipt": Path(snakemake.output.receipt)}
    finish_mags(*documents, find_token(), **options)
