"""`wkflow.batch`: all datasets of a sheet."""

from pathlib import Path
from typing import cast

from wkflow.api import call
from wkflow.api.batch_result import BatchResult


def batch(
    sheet: str | Path,
    *,
    config: str | Path | None = None,
    batch_folder: str | Path | None = None,
    on_dataset: str | None = None,
    on_finish: str | None = None,
    dry_run: bool = False,
    token: str | None = None,
    **options: object,
) -> BatchResult:
    """Convert all datasets of a sheet, side by side; the same call again skips what is done.

    Parameters
    ----------
    sheet : str or Path
        A table (.tsv, .csv, .xlsx) or a list (.yaml): a row for each dataset, with columns named as
        the options.
    config : str or Path
        YAML file with options; those given here win over it.
    batch_folder : str or Path
        Folder for summary.tsv and report.html; by default SHEET.wkflow.
    on_dataset : str
        Command that is run for each dataset that ends, with its result as JSON on its standard
        input.
    on_finish : str
        Command that is run at the end, with the result as JSON on its standard input.
    dry_run : bool, default False
        Draw the plans of all datasets, and write nothing.
    token : str
        Token of your WEBKNOSSOS account; by default WK_TOKEN of the environment.
    **options : object
        Options as those of `wkflow.convert`, by their names: they hold where a cell is empty.

    Returns
    -------
    BatchResult
        Each dataset with its end and, if it failed, its error: a failure stops no other. After
        `require_complete` all are there.

    Raises
    ------
    WkflowError
        ConfigError if the sheet or an option is wrong, TransientError if another batch of the sheet
        is at work.
    KeyboardInterrupt
        When it was interrupted; everything is stopped by then, and the same call resumes.
    """
    asked = {"sheet": sheet, "config": config, "batch_folder": batch_folder,
             "on_dataset": on_dataset, "on_finish": on_finish, "dry_run": dry_run}  # fmt: skip
    given = {name: call.plain(value) for name, value in options.items()}
    return cast("BatchResult", call.look("batch", {**asked, "given": given}, token=token))
