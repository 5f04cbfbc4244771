"""The files of a run folder are a cache: one that cannot be read counts as absent.

Their times are compared with one another by Snakemake, and never with those of source files. When
the clock was set back they would lie in the future, and everything new would be older: then all of
them are moved back together, so that their order stays.
"""

import json
import os
import shutil
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import time_ns

from wkflow.atomic_files import discard
from wkflow.errors import ConfigError
from wkflow.model.chosen_window import ChosenWindow
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt
from wkflow.path_safety import leads_out
from wkflow.run_folder import (
    ASKED,
    CLAIM,
    CLUSTER,
    CONFIG,
    DELIVERY,
    DRAFT,
    EXTENDED,
    LOG,
    PLAN,
    PROOF,
    PROOF_COPY,
    RECEIPTS,
    REPORT,
    RunFolder,
)
from wkflow.webknossos.reservation import Reservation
from wkflow.webknossos.upload_plan import UploadPlan
from wkflow.webknossos.upload_receipt import UploadReceipt

METADATA = ".snakemake/metadata"
"""Where Snakemake remembers what its jobs were made with; it stumbles over what is no JSON."""

UNFINISHED = ".snakemake/incomplete"
"""Where Snakemake marks, by the encoded names of their outputs, jobs whose end it has not seen."""

REDONE = (
    *("count_values", "choose_window", "convert_slab", "downsample_block", "downsample_rest"),
    *("upload_shards", "upload_mag"),
)
"""Rules whose receipts say what else has to be made: those of unfinished jobs count for nothing."""

UNREADABLE = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError),
    ConfigError,
)


def _object(path: Path) -> None:
    if not isinstance(json.loads(path.read_bytes()), dict):
        raise TypeError


def _of_layers(path: Path) -> None:
    """Require a plan of any version: of an earlier one the codecs are kept."""
    for one in json.loads(path.read_bytes())["layers"]:
        str(one["codec"] + one["layer"]["name"])


def _with_url(path: Path) -> None:
    str(json.loads(path.read_bytes())["url"])


DOCUMENTS: dict[str, Callable[[Path], object]] = {
    PLAN: _of_layers,
    DRAFT: Plan.read,
    DELIVERY: UploadPlan.read,
    REPORT: _object,
    PROOF: _with_url,
    EXTENDED[1]: _with_url,
}

OF_FOLDERS: dict[str, Callable[[Path], object]] = {
    "upload_shards": UploadReceipt.read,
    "upload_mag": UploadReceipt.read,
    "reserve_upload": Reservation.read,
    "choose_window": ChosenWindow.read,
}
"""What receipts of some rules are; all others are those of files."""


def mend_state(run_folder: Path) -> None:
    """Remove what cannot be read, and move times back that lie in the future."""
    for name, read in DOCUMENTS.items():
        if not _require(run_folder / name, read) and name == PROOF:
            _restore_proof(run_folder)
    receipts = RunFolder(run_folder).receipts
    for path in _files(receipts):
        if path != run_folder / EXTENDED[1]:
            rule = path.relative_to(receipts).parts[0]
            _require(path, OF_FOLDERS.get(rule, Receipt.read))
    for path in _files(run_folder / METADATA):
        _require(path, _object)
    for name in _unfinished(run_folder / UNFINISHED):
        is_redone = name.startswith(tuple(f"{RECEIPTS}/{rule}/" for rule in REDONE))
        if is_redone and "\0" not in name and not leads_out(name):  # a mark may be damaged
            discard(run_folder / name)
    _leave_future(run_folder)


def _require(path: Path, read: Callable[[Path], object]) -> bool:
    """Remove what is there and cannot be read; say whether nothing had to be removed."""
    if os.path.lexists(path):
        try:
            read(path)
        except UNREADABLE:
            discard(path)
            return False
    return True


def _unfinished(folder: Path) -> Iterator[str]:
    """List the outputs of jobs that Snakemake does again, whatever their receipts say.

    It was killed between a job's receipt and its own note of that. Long names are cut into folders
    whose names begin with @ (`snakemake.persistence.file`).
    """
    for parent, _, names in os.walk(folder):
        parts = [part.removeprefix("@") for part in Path(parent).relative_to(folder).parts]
        for name in names:
            with suppress(ValueError):  # a file that is not Snakemake's
                yield urlsafe_b64decode("".join([*parts, name])).decode()


def _files(folder: Path) -> Iterator[Path]:
    """List files, and folders that are called like one."""
    for parent, below, names in os.walk(folder):
        named = [name for name in below if name.endswith(".json")]
        below[:] = [name for name in below if name not in named]
        yield from (Path(parent, name) for name in (*names, *named))


def clear_folders(run_folder: Path) -> None:
    """Remove folders that are in the place of files which are written without a look."""
    for name in (*DOCUMENTS, ASKED, CONFIG, CLUSTER, CLAIM, LOG):
        if (run_folder / name).is_dir():
            discard(run_folder / name)


def _restore_proof(run_folder: Path) -> None:
    """Take the second copy of the proof: the dataset that it was made of may be gone."""
    copy = run_folder / PROOF_COPY
    with suppress(*UNREADABLE):
        _with_url(copy)
        shutil.copy2(copy, run_folder / PROOF)


def _leave_future(run_folder: Path) -> None:
    """Move the times of all files back, if one of them lies in the future."""
    names = [name for name in DOCUMENTS if (run_folder / name).exists()]
    times = {
        path: path.stat().st_mtime_ns
        for path in {
            *(run_folder / name for name in names),
            *_files(RunFolder(run_folder).receipts),
        }
    }
    ahead = max(times.values(), default=0) - time_ns()
    for path, when in times.items() if ahead > 0 else ():
        os.utime(path, ns=(when - ahead, when - ahead))
