"""`wkflow.run`: what a YAML file of options says."""

from collections.abc import Sequence
from pathlib import Path

from wkflow.api import call
from wkflow.api.run_result import RunResult


def run(
    config: str | Path,
    *,
    token: str | None = None,
    progress: bool | None = None,
    snakemake: Sequence[str] = (),
    **options: object,
) -> RunResult:
    """Do what a YAML file of options says: convert, upload or downsample.

    The same call again resumes what was interrupted.

    Parameters
    ----------
    config : str or Path
        The file; the `config.yaml` of a run folder is one. Relative paths in it start at this
        process's folder.
    token : str
        Token of your WEBKNOSSOS account; by default WK_TOKEN of the environment.
    progress : bool
        Show a bar, or none; by default one in a notebook and in a terminal.
    snakemake : Sequence[str]
        Options for Snakemake itself, as behind `--` on the command line.
    **options : object
        Options by their names, which win over the file.

    Returns
    -------
    RunResult
        The dataset, its layers, the report, and where the receipts are.

    Raises
    ------
    WkflowError
        What went wrong: ConfigError names the file and the option.
    KeyboardInterrupt
        When it was interrupted; everything is stopped by then, and the same call resumes.
    """
    return call.run_file(
        config, options, {"token": token, "progress": progress, "snakemake": snakemake}
    )
