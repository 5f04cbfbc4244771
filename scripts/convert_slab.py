"""Convert one z-slab of one layer at full resolution."""

from wkflow.model.chosen_window import with_window
from wkflow.model.plan import Plan
from wkflow.rules.job import Job
from wkflow.run_folder import histogram_path
from wkflow.steps.convert_slab import convert_slab

with Job(snakemake, yields=True) as job:
    plan = with_window(job.placed(Plan.read(snakemake.input.plan)), snakemake.input.window)
    options = {"threads": snakemake.threads, "tick": job.tick, "scratch": job.scratch}
    histogram = histogram_path(snakemake.output.receipt).absolute()
    receipt = convert_slab(plan, **snakemake.wildcards, **options, histogram=histogram)
    receipt.write(snakemake.output.receipt)
