"""Move new layers into the dataset that gets them, and list them there."""

from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.steps.merge_layers import merge_layers

with Job(snakemake) as job:
    receipt = merge_layers(Plan.read(snakemake.input.plan), job.run_folder)
    receipt.write(snakemake.output.receipt)
