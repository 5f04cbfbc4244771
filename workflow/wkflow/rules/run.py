"""What the Snakefile knows of its run: options, plan, upload, and where jobs are at work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError
from snakemake.io import directory, report
from snakemake.logging import logger

from wkflow.errors import TransientError, WkflowError
from wkflow.formats.missing_files import fault_of
from wkflow.locks import has_lock_of_caller, lock_dataset_until_exit
from wkflow.model.plan import Plan
from wkflow.network.urls import is_url
from wkflow.options.settings import Settings
from wkflow.planning.claim_target import claim_target
from wkflow.rules.closing_lines import lines_of_success
from wkflow.rules.failure_report import forget, lines_of_failure
from wkflow.rules.inputs import RuleInputs
from wkflow.rules.job import foresee, leave_note
from wkflow.rules.resources import RuleResources
from wkflow.rules.stale_receipts import drop_lost
from wkflow.rules.upload_inputs import UploadInputs
from wkflow.run_folder import (
    ENTRANCE,
    MANIFEST_RULE,
    PAGE,
    PICTURES,
    REPORT,
    receipt_name,
)
from wkflow.webknossos.upload_plan import UploadPlan

CAPTIONS = "../report"
"""From `workflow/rules`."""


@dataclass(frozen=True, slots=True)
class Run:
    """What the rules are about: a plan without layers where nothing is converted.

    `is_on_cluster` says that jobs run on other machines, also when seen from there; `lack`, that
    no job can run, and why.
    """

    settings: Settings
    plan: Plan
    delivery: UploadPlan | None
    is_on_cluster: bool
    lack: WkflowError | None = None

    def rule_resources(self, workflow: Any) -> RuleResources:  # noqa: ANN401 -- it has no type
        """Answer for the cores, memory and time of rules."""
        return RuleResources(
            self.plan,
            None if self.is_on_cluster else _cores(workflow),
            sends=self.delivery is not None,
            given=self.settings.resources if self.is_on_cluster else None,
            sends_there=self.settings.upload_on_cluster,
        )

    def upload_inputs(self, workflow: Any, inputs: RuleInputs, cores: int) -> UploadInputs:  # noqa: ANN401 -- it has no type
        """Answer for the inputs of the upload's rules; a cluster runs as many jobs as its nodes."""
        jobs = workflow.nodes or cores
        reports = tuple(map(str, self.report_files.values()))  # without the marks of outputs
        if self.settings.describes:
            reports = (*reports, receipt_name(MANIFEST_RULE))
        adds = self.settings.kind.is_remote and self.settings.discards
        folder = self.settings.run_folder
        merges = self.settings.kind.merges
        return UploadInputs(self.delivery, inputs, folder, jobs, reports, adds=adds, merges=merges)

    @property
    def cluster_resources(self) -> dict[str, str]:
        """What jobs of a cluster get besides memory and time, as Snakemake's plugin calls it."""
        if not self.is_on_cluster:
            return {}
        given = self.settings.resources
        is_kubernetes = self.settings.distribution_strategy == "kubernetes"
        return given.on_kubernetes() if is_kubernetes else given.on_slurm()

    @property
    def report_files(self) -> dict[str, str]:
        """What says what the run did: numbers, and unless nobody wants it a page with pictures.

        These two are in Snakemake's report as well; captions lie beside the file of the rule, which
        may be in a git repository.
        """
        if not self.settings.report:
            return {"report": REPORT}
        page = report(
            PAGE,
            caption=f"{CAPTIONS}/page.rst",
            category="All layers",
            labels={"what": "the page"},
        )
        pictures = report(
            directory(PICTURES),
            caption=f"{CAPTIONS}/picture.rst",
            category="{layer}",
            labels={"what": "{what}"},
            patterns=["{layer,[^/]+}/{what,[^/.]+}.{kind,[a-z]+}"],
        )
        return {"report": REPORT, "page": page, "pictures": pictures}

    def limit(self, workflow: Any, resources: RuleResources, uploads: UploadInputs) -> None:  # noqa: ANN401 -- it has no type
        """Tell Snakemake how many jobs may be at work at once, besides what cores allow."""
        for name, count in resources.limits(uploads.in_flight).items():
            workflow.register_resource(name, count)

    def prepare(self, workflow: Any) -> None:  # noqa: ANN401 -- it has no type
        """Make ready for the first job: nobody else writes the dataset, and a cluster is there.

        Raises
        ------
        WorkflowError
            If another run is at work there, or jobs cannot run.
        """
        if self.lack:
            raise WorkflowError(str(self.lack))
        try:
            lock_dataset_until_exit(self.settings.place)
        except TransientError as error:
            leave_note(self.settings.run_folder / ENTRANCE, error)
            raise WorkflowError(str(error)) from None
        if not has_lock_of_caller(self.settings.dataset):
            forget(self.settings.run_folder)
        if not workflow.local_exec:
            from wkflow.rules.clusters.slurm_monitor import monitor_slurm  # noqa: PLC0415 -- most runs are local

            monitor_slurm(workflow, [self.settings.run_folder, self._place], self._sources)

    def claim(self) -> None:
        """Make the target this run's; the last thing before the first job.

        Raises
        ------
        WorkflowError
            If it is somebody else's by now, or cannot be changed.
        """
        try:
            claim_target(self.settings, self.plan)
        except (WkflowError, OSError) as error:
            foreseen = foresee(error)
            if foreseen is None:
                raise
            leave_note(self.settings.run_folder / ENTRANCE, foreseen)
            raise WorkflowError(str(foreseen)) from None

    def require_whole(self) -> None:
        """Make sure at the end of a run that all is there that it wrote.

        Raises
        ------
        WorkflowError
            If somebody removed some of it meanwhile; the next run makes it anew.
        """
        if (self.delivery and self.delivery.discard) or self.settings.kind.merges:
            return  # it is somewhere else by now
        lost = drop_lost(self.plan, self.settings.run_folder)
        if lost:
            fault = fault_of(lost, self.plan.dataset)
            leave_note(self.settings.run_folder / ENTRANCE, fault)
            raise WorkflowError(str(fault))

    def tell_success(self) -> None:
        """Say where the dataset and its report are, unless the command that started us does."""
        self._tell(logger.info, lines_of_success(self.settings))

    def tell_failure(self, logs: Sequence[str]) -> None:
        """Say what failed and what to do, likewise; `logs` are Snakemake's."""
        self._tell(logger.error, lines_of_failure(self.settings, logs))

    def _tell(self, tell: Callable[[str], None], lines: list[str]) -> None:
        if lines and not has_lock_of_caller(self.settings.dataset):
            tell("\n".join(f"wkflow: {line}" for line in lines))

    @property
    def _place(self) -> Path:
        """The folder in which the dataset is, or will be made."""
        return next(folder for folder in self.settings.dataset.parents if folder.is_dir())

    @property
    def _sources(self) -> list[str]:
        """Some files that jobs read: one of each layer."""
        firsts = [one.source.first for one in self.plan.layers if one.source.files]
        return [file for file in firsts if not is_url(file)]


def _cores(workflow: Any) -> int:  # noqa: ANN401 -- it has no type
    """Give the cores that Snakemake has; it needs none to show what is there (`--report`)."""
    try:
        return int(workflow.cores)
    except WorkflowError:
        return 1
