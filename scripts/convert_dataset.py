"""Make one dataset of a sheet."""

from pathlib import Path

from wkflow.cli.batch.dataset_run import make_dataset

make_dataset(
    snakemake.params.options,
    cores=snakemake.threads,
    mem_mb=snakemake.resources.mem_mb,
    told=Path(snakemake.output.told).absolute(),
    log=Path(snakemake.log[0]),
)
