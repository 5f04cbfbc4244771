"""Which files of a dataset are not there as they were written: missing, or of another size.

Every folder is listed once, however many files it has. Contents are not read, but for metadata
whose size is another: a program that adds to it does no harm.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wkflow.errors import IncompleteError
from wkflow.formats.layer_metadata import documents_of
from wkflow.model.datasource_properties import listed_mags, mag_of
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.receipt import Receipt
from wkflow.model.write_datasource import PROPERTIES

NAMED = 3
"""How many lost files an error names."""

LAYOUT, DESCRIBED = "create_layer", ("write_properties", "extend_properties")
"""Jobs that write metadata, below `receipts`."""


class Sizes:
    """The sizes of a dataset's files."""

    def __init__(self, dataset: Path) -> None:
        self._dataset = dataset
        self._folders: dict[str, dict[str, int]] = {}

    def of(self, path: str) -> int | None:
        """Give the size of a file, by its path below the dataset; None if there is none."""
        folder, _, name = path.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = dict(_files(self._dataset / folder))
        return self._folders[folder].get(name)


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):  # a link that leads nowhere, or a file that goes meanwhile
                if entry.is_file():
                    yield entry.name, entry.stat().st_size


@dataclass(frozen=True, slots=True)
class Lost:
    """A file, relative to the dataset, that job `job` wrote with other `bytes` than are `found`."""

    job: str
    path: str
    bytes: int
    found: int | None

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.path} is missing"
        if self.found == self.bytes:
            return f"{self.path} does not describe what was written"
        return f"{self.path} has {self.found} bytes, {self.bytes} were written"


def find_lost(plan: Plan, receipts: Path) -> list[Lost]:
    """List what jobs of a plan wrote, by the receipts in a folder, and is not there any more."""
    sizes = Sizes(Path(plan.dataset))
    read = {job: Receipt.find(receipts / f"{job}.json") for job, _ in plan.jobs()}
    lost = [one for job, found in read.items() if found for one in lost_shards(job, found, sizes)]
    for one in plan.layers:
        job = f"{LAYOUT}/{one.layer.name}"
        if (receipts / f"{job}.json").exists():
            lost += lost_documents(plan, one, sizes)
    for job in DESCRIBED:
        if described := Receipt.find(receipts / f"{job}.json"):
            lost += lost_properties(plan, job, sizes)
            if not all(read.values()):  # it lists the shards of all jobs
                known = {one.path for one in lost}
                lost += [one for one in lost_shards(job, described, sizes) if one.path not in known]
    return lost


def lost_shards(job: str, receipt: Receipt, sizes: Sizes) -> list[Lost]:
    """List the shards of one receipt that are not there as it says."""
    found = ((file, sizes.of(file.path)) for file in receipt.files)
    return [Lost(job, file.path, file.bytes, size) for file, size in found if size != file.bytes]


def lost_documents(plan: Plan, one: LayerPlan, sizes: Sizes) -> list[Lost]:
    """List the metadata files of a layer that are missing, or lack something of what was written.

    Other programs and `wkflow downsample` add to them, which changes their size.
    """
    lost = []
    for name, content in documents_of(plan, one).items():
        size = sizes.of(name)
        if size != len(content) and not (size and _adds_to(Path(plan.dataset, name), content)):
            lost.append(Lost(f"{LAYOUT}/{one.layer.name}", name, len(content), size))
    return lost


def lost_properties(plan: Plan, job: str, sizes: Sizes) -> list[Lost]:
    """Give the properties, if they are missing or do not list all mags of the plan."""
    size = sizes.of(PROPERTIES)
    if size and _lists(_read(Path(plan.dataset, PROPERTIES)), plan):
        return []
    return [Lost(job, PROPERTIES, size or 0, size)]


def _lists(document: Any, plan: Plan) -> bool:  # noqa: ANN401 -- JSON
    try:
        listed = {(layer["name"], mag_of(mag)) for layer, mag in listed_mags(document)}
    except (LookupError, TypeError, ValueError, AttributeError):
        return False
    return listed >= {(one.layer.name, grid.mag) for one in plan.layers for grid in one.made}


def _adds_to(path: Path, content: bytes) -> bool:
    """Whether a file is the JSON that we wrote and more."""
    try:
        written = json.loads(content)
    except ValueError:  # a binary header
        return False
    return _covers(_read(path), written)


def _covers(found: Any, written: Any) -> bool:  # noqa: ANN401 -- JSON
    if isinstance(written, dict) and isinstance(found, dict):
        return all(key in found and _covers(found[key], written[key]) for key in written)
    if isinstance(written, list) and isinstance(found, list):
        return all(any(_covers(one, item) for one in found) for item in written)
    return bool(found == written)


def _read(path: Path) -> Any:  # noqa: ANN401 -- JSON
    with suppress(OSError, ValueError, RecursionError):
        return json.loads(path.read_bytes())
    return None


def forget(lost: Iterable[Lost], receipts: Path) -> None:
    """Remove the receipts of what is lost, so that it is made anew."""
    for job in {one.job for one in lost}:
        (receipts / f"{job}.json").unlink(missing_ok=True)


def fault_of(lost: list[Lost], dataset: str) -> IncompleteError:
    """Name what is lost, first files first."""
    named = "; ".join(map(str, lost[:NAMED]))
    more = f"; and {len(lost) - NAMED} more files" if len(lost) > NAMED else ""
    return IncompleteError(
        f"what was written is not there any more: {named}{more}", dataset,
        "Give the same command again: it is made anew.",
    )  # fmt: skip
