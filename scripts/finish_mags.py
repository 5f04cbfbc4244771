"""Prove that a dataset on a server has its new magnifications."""

from pathlib import Path

from wkflow.delivery import Delivery
from wkflow.job import Job
from wkflow.plan import Plan
from wkflow.secret import find_token
from wkflow.steps.finish_mags import finish_mags

with Job(snakemake):
    documents = Plan.read(snakemake.input.plan), Delivery.read(snakemake.input.delivery)
    options = {"parcels": snakemake.input.sent, "receipt": Path(snakemake.output.receipt)}
    finish_mags(*documents, find_token(), **options)
