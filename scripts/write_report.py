"""Sum up what was done, rule by rule."""

from pathlib import Path

from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.steps.write_report import write_report

with Job(snakemake):
    plan = Plan.read(snakemake.input.plan)
    write_report(plan, snakemake.input.receipts, Path(snakemake.output.report).absolute())
