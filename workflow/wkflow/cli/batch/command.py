"""The command `batch`: its options, and what it does with them."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from wkflow.access_token import TOKEN
from wkflow.cli.commands import OPTIONS, Command
from wkflow.cli.messages import Messages, say
from wkflow.cli.show import show
from wkflow.errors import ConfigError, TransientError

if TYPE_CHECKING:
    from wkflow.cli.batch.results import Results
    from wkflow.options.settings import Settings
    from wkflow.options.sheet_layers import Row

NAME = "batch"

BATCH = Command(
    NAME,
    "convert all datasets of a sheet",
    "Convert many datasets side by side (or upload, or downsample them, where a column `command` "
    "says so): SHEET is a table (.tsv, .csv, .xlsx) or a list (.yaml), a "
    "row for each dataset, or for each layer of one, with columns named as options; options given "
    "here hold where a cell is empty. A failure does not stop the others. The same command again "
    "resumes, and skips what is done.",
    OPTIONS - {"source", "target", "name", "work_dir", "layers"},
    {"command": "convert"},
    (),
    "wkflow batch --voxel-size 11.24,11.24,25 samples.tsv",
)

PATHS = "Paths"
"""The group of what is given without a flag."""

INTERRUPTED = 130


def add_own_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is no option of a dataset."""
    (paths,) = (one for one in parser._action_groups if one.title == PATHS)  # noqa: SLF001 -- argparse lists its groups nowhere else
    paths.add_argument("sheet", metavar="SHEET", help="The table: a row is a dataset.")
    group = parser.add_argument_group("Batch")
    group.add_argument(
        "--batch-folder", metavar="FOLDER",
        help="Folder for summary.tsv and report.html; by default SHEET.wkflow.",
    )  # fmt: skip
    group.add_argument(
        "--on-dataset", metavar="COMMAND",
        help="Run a command for each dataset that ends, with its result as --on-finish.",
    )  # fmt: skip


def run_command(
    options: argparse.Namespace,
    defaults: Callable[[], Mapping[str, object]],
    read_env_file: Callable[["list[Settings]"], bool],
    messages: Messages,
) -> int:
    """Run the batch, or show it with `--dry-run`; give the exit status.

    `defaults` gives the options of all rows, anew if `read_env_file` found something.

    Raises
    ------
    ConfigError
        If the sheet is wrong, or this system cannot fork.
    TransientError
        If another batch of this sheet is at work.
    """
    sheet, rows = rows_of(options.sheet, defaults, read_env_file)
    if options.token:
        os.environ[TOKEN] = options.token
    if options.dry_run:
        from wkflow.cli.batch.dry_run import show_plan  # noqa: PLC0415 -- one of the two
        from wkflow.cli.batch.removed_rows import RowRecord  # noqa: PLC0415 -- not for --help
        from wkflow.cli.batch.results import ROWS  # noqa: PLC0415

        record = RowRecord.read(batch_folder(sheet, options.batch_folder) / ROWS)
        rows, _ = record.with_all_layers(rows)
        return show_plan(rows, as_json=options.json)
    return _run(options, sheet, rows, messages)


def rows_of(
    place: str,
    defaults: Callable[[], Mapping[str, object]],
    read_env_file: Callable[["list[Settings]"], bool],
) -> tuple[Path, "list[Row]"]:
    """Read a sheet; give its path, and its rows with their run folders.

    Raises
    ------
    ConfigError
        If it is wrong, or this system cannot fork.
    """
    from wkflow.options.sheet import read_sheet  # noqa: PLC0415 -- not for --help

    if os.name != "posix":
        raise ConfigError(
            "needs a system that can fork processes", "wkflow batch",
            "Give `wkflow convert` for each dataset, or use Linux, WSL or macOS.",
        )  # fmt: skip
    sheet = Path(place).expanduser().absolute()
    rows = read_sheet(sheet, defaults())
    sent = [row.settings for row in rows if row.settings.kind.has_server]
    if sent and read_env_file(sent):
        rows = read_sheet(sheet, defaults())
    return sheet, _with_own_folders(sheet, rows)


def batch_folder(sheet: Path, given: str | None = None) -> Path:
    """Give the folder of a batch: beside its sheet, unless a person names one.

    >>> batch_folder(Path("/data/samples.tsv")).as_posix()
    '/data/samples.tsv.wkflow'
    """
    beside = sheet.with_name(f"{sheet.name}.wkflow")
    return Path(given).expanduser().absolute() if given else beside


def _with_own_folders(sheet: Path, rows: "list[Row]") -> "list[Row]":
    """Give each row its run folder, and make sure that no two share one."""
    from wkflow.options.sheet_layers import Row  # noqa: PLC0415 -- not for --help
    from wkflow.planning.run_folders import with_own_folder  # noqa: PLC0415

    found = [Row(row.place, with_own_folder(row.settings)) for row in rows]
    owners: dict[str, str] = {}
    for row in found:
        folder = os.path.realpath(row.settings.run_folder)
        other = owners.setdefault(folder, row.place)
        if other != row.place:
            raise ConfigError(
                f"{row.place}, work_dir: {folder} is the run folder of {other} as well",
                str(sheet),
                "Give each dataset its own, in a column work_dir.",
            )
    return found


def carry_out(
    sheet: Path,
    rows: "list[Row]",
    given: str | None,
    on_dataset: str | None,
    messages: Messages,
) -> tuple["Results", bool]:
    """Run the rows of a sheet; give the results, and whether somebody stopped the batch.

    `given` is the batch's folder, if a person names one. Summary and page are written.

    Raises
    ------
    TransientError
        If another batch of this sheet is at work.
    """
    from wkflow.cli.batch.removed_rows import RowRecord  # noqa: PLC0415
    from wkflow.cli.batch.results import ROWS, Results  # noqa: PLC0415 -- not for --help
    from wkflow.cli.batch.run_batch import Batch  # noqa: PLC0415
    from wkflow.locks import run_folder_lock  # noqa: PLC0415

    folder = batch_folder(sheet, given)
    results, was_stopped = Results(str(sheet), folder), False
    try:
        with run_folder_lock(folder) as lock:
            record = RowRecord.read(folder / ROWS)
            datasets = record.removed(rows)
            rows, layers = record.with_all_layers(rows)
            results.removed = [*datasets, *layers]
            for one in results.removed:
                messages.warn(f"not in the sheet any more, and left alone: {one}")
            messages.tell("start", "", sheet=str(sheet), datasets=len(rows), folder=str(folder))
            batch = Batch(messages, results, lock, on_dataset)
            try:
                batch.run(rows)
            except KeyboardInterrupt:
                was_stopped = True
            results.write()
            ends = {row: str(told["end"]) for row, told in results.of_rows.items()}
            record.after(rows, ends, datasets).write(folder / ROWS)
    except TransientError as error:
        if error.where != str(folder):
            raise
        raise TransientError(
            "another batch of this sheet is at work", str(folder), "Wait for it, or stop it."
        ) from None
    return results, was_stopped


def _run(options: argparse.Namespace, sheet: Path, rows: "list[Row]", messages: Messages) -> int:
    from wkflow.cli.batch.results import PAGE, SUMMARY  # noqa: PLC0415
    from wkflow.cli.finish_commands import FinishCommands  # noqa: PLC0415 -- not for --help

    results, was_stopped = carry_out(
        sheet, rows, options.batch_folder, options.on_dataset, messages
    )
    folder = results.folder
    told = results.to_dict() | ({"exit_status": INTERRUPTED} if was_stopped else {})
    if not (options.json or options.quiet):
        show(results.table())
    lines = [
        results.first_line(),
        f"summary  {folder / SUMMARY}",
        f"report   {folder / PAGE}",
        *(["interrupted; the same command goes on from here"] if was_stopped else []),
    ]
    messages.tell("end", "\n".join(lines), is_needed=bool(told["exit_status"]), **told)
    if options.json:
        say(json.dumps(told), sys.stdout)
    commands = FinishCommands(messages)
    commands.start(options.on_finish, told)
    commands.wait()
    return int(told["exit_status"])
