"""What the Snakefile does before its rules: options in, plan out, whichever door was taken."""

import os
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from wkflow import access_token
from wkflow.atomic_files import discard
from wkflow.errors import ConfigError, WkflowError
from wkflow.model.plan import Plan
from wkflow.model.run_kind import RunKind
from wkflow.options.settings import Settings
from wkflow.options.sharing_token import without_token
from wkflow.planning.added_layers import begin_adding
from wkflow.planning.check_target import check_target, require_started_by_itself
from wkflow.planning.claim_target import bring_back, lay_aside
from wkflow.planning.list_dataset_files import find_batches
from wkflow.planning.plan_upload import (
    begin_attempt,
    plan_contents_upload,
    plan_layers_upload,
    plan_mags_upload,
    write_batches,
)
from wkflow.planning.run_folders import with_own_folder, without_new_folders, without_traces
from wkflow.planning.sample import sample_options, sketch_sample
from wkflow.process_limits import ALLOCATOR, raise_open_files
from wkflow.rules.inputs import RuleInputs
from wkflow.rules.job import RUN, foresee, leave_note
from wkflow.rules.rules_origin import missing_package, require_matching_rules
from wkflow.rules.run import Run
from wkflow.rules.stale_receipts import drop_lost, drop_stale_receipts, reopen
from wkflow.rules.state_files import mend_state
from wkflow.run_folder import DELIVERY, DRAFT, ENTRANCE
from wkflow.temporary_folders import note, sweep
from wkflow.webknossos.upload_plan import UploadPlan
from wkflow.workflow_files import import_root

LOCAL = ("multiprocessing", "sequential")
"""Strategies that need no cluster."""


def evaluate(config: Mapping[str, object], workflow: Any) -> Run:  # noqa: ANN401 -- it has no type
    """Read the options and draw the plan; without any source make a small sample.

    `workflow` is Snakemake's: it knows whether this is the run itself or a job of it, somewhere
    else, that reads the rules again, and who executes jobs.

    Raises
    ------
    WorkflowError
        In place of our own errors: Snakemake shows it without a traceback.
    """
    raise_open_files()
    is_main = workflow.is_main_process
    is_on_cluster = not is_main or workflow.nodes is not None
    run_folder: Path | None = None
    is_sample = False
    try:
        require_matching_rules(workflow)
        given = {key: value for key, value in config.items() if value is not None}
        is_conversion = given.get("command", "convert") == "convert"
        is_sample = is_conversion and not given.keys() & {"source", "target", "voxel_size"}
        if is_sample:
            given |= _sample()
        given["distribution_strategy"] = _strategy(given, is_on_cluster=is_on_cluster)
        settings = with_own_folder(Settings.parse(without_token(given), where="config"))
        settings = _in_folder(settings, _folder_of(workflow), given.get("work_dir"))
        if not workflow.modifier.is_main_snakefile():
            require_started_by_itself(settings)
        _prepare_jobs(settings)
        run_folder = settings.run_folder
        tidy = nullcontext() if run_folder.exists() else without_traces(run_folder)
        with without_new_folders(run_folder), tidy:
            if is_main:
                discard(run_folder / ENTRANCE)
                mend_state(run_folder)
                _note_temporary(workflow, run_folder, is_on_cluster=is_on_cluster)
            plan = _plan(settings, is_main=is_main)
            delivery = _delivery(settings, plan, is_main=is_main) if settings.kind.uploads else None
    except ModuleNotFoundError as missing:
        lack = missing_package(missing)
        if not (is_sample and is_main):
            raise WorkflowError(str(lack)) from None
        return _sketch(lack)
    except (WkflowError, OSError, MemoryError, UnicodeError) as error:
        foreseen = foresee(error)
        if foreseen is None:
            raise
        if run_folder and run_folder.exists():  # made by the command line, which reads it
            with suppress(OSError):  # a full disk
                leave_note(run_folder / ENTRANCE, foreseen)
        raise WorkflowError(str(foreseen)) from None
    return Run(settings, plan, delivery, is_on_cluster)


def _folder_of(workflow: Any) -> tuple[Path | None, bool]:  # noqa: ANN401 -- it has no type
    """Give the folder that `--directory` or a module's `prefix` names, and whether it is settled.

    There paths of rules begin, whatever the options say: `workdir` in a Snakefile does not count
    beside `--directory`, and not at all in a module.
    """
    if workflow.modifier.is_main_snakefile():
        return (Path.cwd() if workflow.overwrite_workdir else None), True  # Snakemake is there
    return Path.cwd() / (workflow.modifier.path_modifier.prefix or ""), False


def _in_folder(settings: Settings, place: tuple[Path | None, bool], said: object) -> Settings:
    """Let the run folder be the one in which Snakemake is at work, however that is spelled."""
    folder, is_settled = place
    if folder is None or (said and not is_settled):
        return settings
    if folder.resolve() == settings.run_folder.resolve():
        return settings
    return settings.model_copy(update={"work_dir": folder})


def _strategy(given: Mapping[str, object], *, is_on_cluster: bool) -> object:
    """Say where jobs really run: who starts Snakemake by hand says it there, by a profile."""
    said = given.get("distribution_strategy", LOCAL[0])
    if (said in LOCAL) != is_on_cluster:
        return said
    return "slurm" if is_on_cluster else LOCAL[0]


def _prepare_jobs(settings: Settings) -> None:
    """Set what the scripts of jobs inherit, and what they do not."""
    if not settings.upload_on_cluster:
        access_token.hide()
    os.environ.update(ALLOCATOR)
    os.environ.setdefault(RUN, uuid4().hex)  # jobs of a cluster inherit it
    if root := import_root():
        others = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        os.environ["PYTHONPATH"] = os.pathsep.join([str(root), *filter(None, others)])


def _note_temporary(workflow: Any, run_folder: Path, *, is_on_cluster: bool) -> None:  # noqa: ANN401 -- it has no type
    """Let the next run remove Snakemake's temporary folders, if this one is killed.

    Those of local jobs are made in its own.
    """
    sweep(run_folder)
    folder, cache = workflow.snakemake_tmp_dir, Path(workflow.sourcecache.runtime_cache_path)
    note(run_folder, folder, cache)
    if not is_on_cluster:
        os.environ["TMPDIR"] = str(folder)


def _sample() -> dict[str, object]:
    from wkflow.planning.make_sample import make_sample  # noqa: PLC0415 -- as below

    make_sample(Path.cwd())
    return dict(sample_options(Path.cwd()))


def _sketch(lack: WkflowError) -> Run:
    """Show the rules where only Snakemake is installed, of a sample that is not made."""
    settings = Settings.parse(sample_options(Path.cwd()), where="config")
    draft = settings.run_folder / DRAFT
    plan = sketch_sample(settings.dataset)
    if not draft.exists():  # rules have it as an input
        draft.parent.mkdir(parents=True, exist_ok=True)
        plan.write(draft)
    logger.warning(f"{lack.what}: rules can be looked at, no job can run.")
    return Run(settings, plan, None, is_on_cluster=False, lack=lack)


def _plan(settings: Settings, *, is_main: bool) -> Plan:
    if is_main:
        check_target(settings)
    if settings.kind is RunKind.UPLOAD:
        nothing = Plan.of_nothing(str(settings.dataset))
        if is_main:
            _keep(nothing, settings.run_folder / DRAFT)
        return nothing
    if settings.kind.downsamples:
        return _extension(settings, is_main=is_main)
    if not is_main:
        return Plan.read(settings.run_folder / DRAFT)
    # readers and kernels take a while to import: a run that only sends need not wait for them
    from wkflow.planning.check_resources import check_room  # noqa: PLC0415
    from wkflow.planning.plan_conversion import plan_conversion  # noqa: PLC0415

    bring_back(settings.run_folder)
    plan = plan_conversion(settings)
    is_moving = settings.kind.merges and begin_adding(settings, plan)
    if not is_moving:
        check_room(plan, settings)
    lay_aside(settings)
    _keep(plan, settings.run_folder / DRAFT)
    if not (settings.kind.uploads or is_moving):
        drop_lost(plan, settings.run_folder)
    return plan


def _extension(settings: Settings, *, is_main: bool) -> Plan:
    """Say which mags a dataset gets; a job that reads the rules again takes what the run said."""
    folder = settings.run_folder
    if not is_main:
        return Plan.read(folder / DRAFT)
    from wkflow.planning.check_resources import check_room  # noqa: PLC0415 -- as above
    from wkflow.planning.mag_folders import start_anew  # noqa: PLC0415
    from wkflow.planning.plan_downsampling import plan_downsampling  # noqa: PLC0415

    reopen(folder)
    plan = plan_downsampling(settings)
    if plan.layers:
        check_room(plan, settings)
        start_anew(plan, folder)
    if plan.layers and plan.destination:
        _keep(plan_mags_upload(settings, plan), folder / DELIVERY)
    _keep(plan, folder / DRAFT)
    return plan


def _delivery(settings: Settings, plan: Plan, *, is_main: bool) -> UploadPlan:
    """Say what is sent; a job that reads the rules again takes what the run said."""
    folder = settings.run_folder
    if not is_main:
        return UploadPlan.read(folder / DELIVERY)
    if plan.layers:
        delivery = plan_layers_upload(settings, plan)
    else:
        contents = find_batches(settings.dataset, follow_links=settings.follows_links)
        write_batches(contents, folder)
        delivery = plan_contents_upload(settings, contents)
    if delivery.composes:
        from wkflow.planning.find_remote_destination import require_not_sent  # noqa: PLC0415 -- as above

        require_not_sent(settings, delivery)
    delivery = begin_attempt(delivery, folder)
    drop_stale_receipts(RuleInputs(plan), delivery, folder)
    _keep(delivery, folder / DELIVERY)
    return delivery


def _keep(document: Plan | UploadPlan, path: Path) -> None:
    """Write a document if it is another than the last one: its time stamp means something."""
    with suppress(OSError, ConfigError):
        if type(document).read(path) == document:
            return
    document.write(path)
