"""The datasets of a sheet as jobs of plain Snakemake: `snakemake --config samples=samples.tsv`.

Each is one job, on this machine or a node, in which a workflow of its own makes it: so its run
folder and its records are those of a run by itself, and of `wkflow batch`.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from math import ceil
from pathlib import Path
from typing import Any, Protocol

from snakemake.exceptions import WorkflowError

from wkflow import atomic_files
from wkflow.cli.batch.check_disks import check_disks, existing
from wkflow.cli.batch.command import batch_folder
from wkflow.cli.batch.dataset_run import failed_of, told_without_run
from wkflow.cli.batch.pool import BYTES_PER_CORE, Pool
from wkflow.cli.batch.removed_rows import RowRecord, place_of_dataset
from wkflow.cli.batch.results import PAGE, ROWS, SUMMARY, Results
from wkflow.cli.messages import Messages
from wkflow.cli.run import config_of
from wkflow.cli.show import show
from wkflow.errors import WkflowError
from wkflow.network.urls import is_url
from wkflow.options.cluster_resources import JobResources
from wkflow.options.settings import Settings
from wkflow.options.sheet import OF_ALL, read_entries, read_sheet
from wkflow.options.sheet_layers import Row
from wkflow.planning.check_resources import CLUSTER_JOB_BYTES, memory_budget
from wkflow.planning.finished_state import OF_MACHINE, SourceState, is_unchanged, look_at_source
from wkflow.planning.run_folders import with_own_folder
from wkflow.process_limits import available_cores, raise_open_files
from wkflow.rules.resources import CLUSTER_THREADS, ENGINE_MIB, MIB, VOXEL_BYTES_PER_MINUTE
from wkflow.workflow_files import import_root

FOLDER = "datasets"
"""Below the batch's folder: what came of each dataset, which Snakemake takes for its output."""

LIST_FOLDER = "samples.wkflow"
"""The batch's folder where the datasets stand in the config, in the folder of the command."""

PLANNED = "planned.json"
"""In the batch's folder: what each job is told, for nodes, which read no sheet."""

MINUTES_PER_GIB = 8
"""Of a source, for reading it and all that is made of it: a bound, no guess."""


class Wildcards(Protocol):
    """What Snakemake hands to functions of a rule."""

    dataset: str


@dataclass
class _Sample:
    """A dataset: its row, and what its source is like, looked at once if anybody asks."""

    row: Row

    @cached_property
    def source(self) -> SourceState:
        return look_at_source(self.row.settings)


@dataclass
class Samples:
    """Answers for the rules of a sheet. `workflow` is Snakemake's, `config` holds the options."""

    config: Mapping[str, Any]
    workflow: Any
    _unchanged: set[str] = field(default_factory=set)

    @cached_property
    def sheet(self) -> Path | None:
        """Where the sheet is; None if the config holds the list itself."""
        samples = self.config["samples"]
        return Path(samples).expanduser().absolute() if isinstance(samples, str) else None

    @cached_property
    def folder(self) -> Path:
        """Where results and logs lie: beside the sheet, unless Snakemake was told another place."""
        modifier = self.workflow.modifier
        if not modifier.is_main_snakefile():
            return Path.cwd() / (modifier.path_modifier.prefix or "")
        is_there = not self.workflow.is_main_process and Path(PLANNED).exists()
        if self.workflow.overwrite_workdir or is_there:  # of a job the second process begins there
            return Path.cwd()
        return batch_folder(self.sheet) if self.sheet else Path.cwd() / LIST_FOLDER

    def read(self) -> None:
        """Read the sheet, and see which datasets are done; the results of others are forgotten.

        A job on a node reads what was planned here, however many datasets there are.

        Raises
        ------
        WorkflowError
            In place of our own errors: Snakemake shows it without a traceback.
        """
        raise_open_files()
        if root := import_root():
            others = os.environ.get("PYTHONPATH", "").split(os.pathsep)
            os.environ["PYTHONPATH"] = os.pathsep.join([str(root), *filter(None, others)])
        if not self.workflow.is_main_process:
            self._planned = json.loads((self.folder / PLANNED).read_bytes())
            return
        try:
            rows = self._rows()
        except WkflowError as error:
            raise WorkflowError(str(error)) from None
        self._record = RowRecord.read(self.folder / ROWS)
        self._removed = self._record.removed(rows)
        rows, self._removed_layers = self._record.with_all_layers(rows)
        self._samples = {name: _Sample(row) for name, row in _named(rows).items()}
        self._planned = {
            name: {"options": _options(one.row.settings), "bytes": one.source.bytes}
            for name, one in self._samples.items()
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        atomic_files.write_json(self.folder / PLANNED, self._planned)
        self._forget_what_changed()

    def _rows(self) -> list[Row]:
        given = {
            name: value
            for name, value in self.config.items()
            if name not in {"samples", *OF_ALL}
            and value is not None
            and not _is_default(name, value)
        }
        samples = self.config["samples"]
        shared = {name: self.config[name] for name in OF_ALL if self.config.get(name)}
        Settings.check_each(shared, where="config")
        where = Path("config, samples")
        rows = read_sheet(self.sheet, given) if self.sheet else read_entries(samples, where, given)
        return [Row(row.place, with_own_folder(row.settings)) for row in rows]

    def _forget_what_changed(self) -> None:
        for name, one in self._samples.items():
            path = self.folder / self._result(name)
            if not is_unchanged(one.row.settings, one.source):
                path.unlink(missing_ok=True)
                continue
            self._unchanged.add(name)
            if not path.exists():  # it was made by `wkflow batch`
                path.parent.mkdir(parents=True, exist_ok=True)
                atomic_files.write_json(path, told_without_run(one.row.settings, "unchanged"))

    @staticmethod
    def _result(name: str) -> str:
        return f"{FOLDER}/{name}.json"

    @property
    def results(self) -> list[str]:
        """Name the results of all datasets."""
        return [self._result(name) for name in self._planned]

    def options(self, wildcards: Wildcards) -> dict[str, object]:
        """Give the options of a dataset on which something depends that is made."""
        return dict(self._planned[wildcards.dataset]["options"])

    def cores(self, wildcards: Wildcards) -> int:
        """Give the cores of a dataset: one for every so many bytes of its source."""
        if self.is_on_cluster:
            most = self._given.cpus or CLUSTER_THREADS
            return self._given.cpus or min(most, max(1, self._size(wildcards) // BYTES_PER_CORE))
        return self._pool.share_of(self._size(wildcards)).cores

    def mem_mb(self, wildcards: Wildcards, attempt: int = 1) -> int:
        """Give the memory of a dataset's job, in MiB; on a cluster with each attempt more."""
        if self.is_on_cluster:
            told = (self._machine.memory or CLUSTER_JOB_BYTES) // MIB
            return (self._given.mem_mb or told + ENGINE_MIB) << (attempt - 1)
        return self._pool.share_of(self._size(wildcards)).memory // MIB

    def minutes(self, wildcards: Wildcards, attempt: int = 1) -> int:
        """Give the time limit of a dataset's job; with each attempt more."""
        size = self._size(wildcards)
        needed = 30 + ceil(MINUTES_PER_GIB * size / VOXEL_BYTES_PER_MINUTE)
        return (self._given.minutes or needed) << (attempt - 1)

    @property
    def is_on_cluster(self) -> bool:
        """Whether jobs run on other machines, also when seen from there."""
        return not self.workflow.is_main_process or self.workflow.nodes is not None

    @property
    def cluster_resources(self) -> dict[str, str]:
        """What jobs of a cluster get besides memory and time."""
        return self._given.on_slurm() if self.is_on_cluster else {}

    @cached_property
    def _machine(self) -> Settings:
        """The options that no dataset has for itself; where jobs run, Snakemake was told."""
        given = {name: self.config.get(name) for name in ("memory", "job_resources")}
        return Settings.model_validate({name: one for name, one in given.items() if one})

    @property
    def _given(self) -> JobResources:
        return self._machine.resources

    @cached_property
    def _pool(self) -> Pool:
        cores = self.workflow.resource_settings.cores or available_cores()
        return Pool(cores, memory_budget(self._machine))

    def _size(self, wildcards: Wildcards) -> int:
        return int(self._planned[wildcards.dataset]["bytes"])

    def begin(self) -> None:
        """Name what the sheet does not name any more, and ask whether the disks hold the rest.

        Raises
        ------
        WorkflowError
            If they do not, or if the jobs of a cluster cannot run.
        """
        for one in (*self._removed, *self._removed_layers):
            Messages().warn(f"not in the sheet any more, and left alone: {one}")
        for path in map(Path, self.results):
            failed_of(self.folder / path).unlink(missing_ok=True)
        left = [one for name, one in self._samples.items() if name not in self._unchanged]
        try:
            check_disks([one.row for one in left], sum(one.source.bytes for one in left))
        except WkflowError as error:
            raise WorkflowError(str(error)) from None
        if not self.workflow.local_exec:
            from wkflow.rules.clusters.slurm_monitor import monitor_slurm  # noqa: PLC0415 -- most runs are local

            places = dict.fromkeys(existing(one.row.settings.dataset) for one in left)
            sources = [
                one.row.settings.source for one in left if not is_url(one.row.settings.source)
            ]
            monitor_slurm(self.workflow, [self.folder, *places], sources[:1])

    def sum_up(self) -> None:
        """Tell what came of all, and write it down as `wkflow batch` does."""
        results = Results(str(self.sheet or "samples"), self.folder)
        results.removed = [*self._removed, *self._removed_layers]
        for name, one in self._samples.items():
            results.of_rows[one.row.place] = self._told(name, one)
        results.seconds = sum(float(told["seconds"]) for told in results.of_rows.values())
        results.write()
        ends = {place: str(told["end"]) for place, told in results.of_rows.items()}
        rows = [one.row for one in self._samples.values()]
        self._record.after(rows, ends, self._removed).write(self.folder / ROWS)
        parts = [
            *results.table(),
            f"summary  {self.folder / SUMMARY}",
            f"report   {self.folder / PAGE}",
        ]
        show(parts, sys.stderr)

    def _told(self, name: str, one: _Sample) -> dict[str, Any]:
        if name in self._unchanged:
            return told_without_run(one.row.settings, "unchanged")
        path = self.folder / self._result(name)
        for place in (path, failed_of(path)):
            with suppress(OSError, ValueError):
                return dict(json.loads(place.read_bytes()))
        return told_without_run(one.row.settings, "not_begun")


def _is_default(name: str, value: object) -> bool:
    """Whether a value is that of `config/config.yaml`, which holds the defaults of all options."""
    option = Settings.model_fields.get(name)
    default = option.default if option else None
    return value == (list(default) if isinstance(default, tuple) else default)


def _options(settings: Settings) -> dict[str, object]:
    """Give the options on which something depends that is made, and where a run has its folder."""
    kept = config_of(settings).items()
    return {name: value for name, value in kept if name not in OF_MACHINE - {"work_dir"}}


def _named(rows: list[Row]) -> dict[str, Row]:
    """Give each dataset a name that no other has: with a digest of its place, if need be."""
    counts = Counter(row.settings.dataset_name for row in rows)
    found = {}
    for row in rows:
        name = row.settings.dataset_name
        if counts[name] > 1:
            place = place_of_dataset(row.settings).encode()
            name += f"-{blake2b(place, digest_size=4).hexdigest()}"
        found[name] = row
    return found
