"""The plan of a run in this process, as an object; only this opens the images."""

from math import prod
from pathlib import Path

from wkflow.api.planned_run import PlannedLayer, PlannedMag, PlannedRun
from wkflow.cli.plan_table import contents_table, plan_table
from wkflow.errors import ResourceError, SourceError, UnansweredError, WkflowError
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.plan import Plan
from wkflow.model.run_kind import RunKind
from wkflow.options.settings import Settings
from wkflow.planning.check_resources import check_room, measure_room
from wkflow.planning.check_target import check_target
from wkflow.planning.list_dataset_files import find_batches
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.planning.plan_downsampling import plan_downsampling
from wkflow.planning.plan_upload import plan_contents_upload
from wkflow.rules.failure_report import shortened


def draw_plan(settings: Settings) -> PlannedRun:
    """Look what a run would make; nothing is written.

    Raises
    ------
    WkflowError
        If it would end at once, but for lack of memory or disk: that is the plan's `obstacle`.
    """
    check_target(settings)
    if settings.kind is RunKind.UPLOAD:
        return _of_upload(settings)
    draw = plan_downsampling if settings.kind.downsamples else plan_conversion
    try:
        plan = draw(settings, is_trial=True)
    except SourceError as error:
        raise shortened(error, settings.run_folder) from error
    return planned_run(plan, settings)


def planned_run(plan: Plan, settings: Settings) -> PlannedRun:
    """Give what a plan says, with what memory and disk there is."""
    room = measure_room(plan, settings)
    jobs = [voxels for _, voxels in plan.jobs()]
    place = plan.destination or Path(plan.dataset)
    return PlannedRun(
        plan.name,
        settings.server_url if settings.kind.uploads else place,
        settings.run_folder,
        tuple(_layer(one) for one in plan.layers),
        plan.voxel_size,
        plan.unit,
        len(jobs),
        plan.file_count,
        sum(jobs),
        room.raw,
        room.expected,
        room.disk_free,
        room.memory_per_job,
        room.memory,
        plan.notes,
        _obstacle(plan, settings),
        plan_table(plan, settings),
    )


def _layer(one: LayerPlan) -> PlannedLayer:
    layer = one.layer
    mags = tuple(
        PlannedMag(
            str(grid.mag),
            grid.box.size,
            grid.shard,
            prod(grid.shards) * layer.frames,
            grid.box.voxels * layer.frames * layer.voxel_bytes,
            grid in one.made,
        )
        for grid in one.grids
    )
    return PlannedLayer(
        *(layer.name, layer.category, one.evidence, layer.dtype, layer.channels),
        *(one.box.size, one.codec, one.job_count, mags),
    )


def _obstacle(plan: Plan, settings: Settings) -> WkflowError | None:
    """Give the error that lack of memory or disk is, or the question that it asks."""
    try:
        check_room(plan, settings)
    except (ResourceError, UnansweredError) as error:
        return error
    return None


def _of_upload(settings: Settings) -> PlannedRun:
    """Give what would be sent of a dataset that exists; nothing is asked of the server."""
    contents = find_batches(settings.dataset, follow_links=settings.follows_links)
    delivery = plan_contents_upload(settings, contents)
    return PlannedRun(
        delivery.name,
        delivery.url,
        settings.run_folder,
        (),
        (0.0, 0.0, 0.0),
        "nanometer",
        len(delivery.batches),
        delivery.file_count,
        voxels=0,
        bytes=delivery.byte_bound,
        disk=0,
        disk_free=0,
        memory_per_job=0,
        memory=0,
        notes=contents.notes,
        obstacle=None,
        table=contents_table(settings),
    )
