"""Image stacks to WEBKNOSSOS datasets with their magnifications, as a Snakemake workflow."""

__version__ = "0.1.0"
