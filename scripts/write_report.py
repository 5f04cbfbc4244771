"""Sum up what was done, and draw the page that shows it."""

from pathlib import Path

from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.steps.write_report import write_report

with Job(snakemake):
    plan, receipts = Plan.read(snakemake.input.plan), snakemake.input.receipts
    wanted = map(snakemake.output.get, ("page", "pictures"))
    write_report(plan, receipts, Path(snakemake.output.report).absolute(), *wanted)
