"""The plan as a table for `--dry-run`."""

from math import prod

from wkflow.model.forecast import Forecast
from wkflow.model.intensity_range import FULL, known_range
from wkflow.model.layer import Grid, Layer
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.read_strategy import ReadStrategy
from wkflow.model.units import shown_extent, shown_sizes
from wkflow.options.settings import Settings
from wkflow.planning.check_resources import Room, forecast_of, measure_room
from wkflow.planning.list_dataset_files import find_batches
from wkflow.planning.plan_upload import plan_contents_upload
from wkflow.planning.plan_values import values_lines
from wkflow.report.text_table import Part, TextTable, plain

GB = 1e9

HEAD = ("mag", "voxels", "shard", "chunk", "files", "jobs", "GB")

WIDTHS = (9, 21, 18, 13, 7, 6, 10)
"""Of the columns, at least: so those of all layers stand below each other."""


def plan_table(plan: Plan, settings: Settings) -> str:
    """Show a plan as text."""
    return plain(plan_parts(plan, settings))


def plan_parts(plan: Plan, settings: Settings) -> list[Part]:
    """Show layers, mags, jobs, voxels and bytes, memory and disk; nothing is written."""
    place = settings.server_url if settings.kind.uploads else _place(plan, settings)
    lines: list[Part] = [
        f"dataset    {plan.name} -> {place}",
        *_details(settings),
        f"run folder {settings.run_folder}",
        "",
    ]
    for one in plan.layers:
        lines += [*_layer_lines(one, plan), ""]
    lines += _sums(plan, forecast_of(plan, settings), measure_room(plan, settings))
    return [*lines, *(f"note       {note}" for note in plan.notes)]


def contents_table(settings: Settings) -> str:
    """Show what would be sent of a dataset that exists, and where to; nothing is asked or sent."""
    contents = find_batches(settings.dataset, follow_links=settings.follows_links)
    delivery = plan_contents_upload(settings, contents)
    lines = [
        f"dataset    {delivery.dataset} -> {delivery.name} on {delivery.url}",
        *_details(settings),
        f"run folder {settings.run_folder}",
        f"files      {delivery.file_count}",
        f"bytes      {delivery.byte_bound / GB:.3f} GB in {len(delivery.batches)} batches",
    ]
    return "\n".join([*lines, *(f"note       {note}" for note in contents.notes)])


def _place(plan: Plan, settings: Settings) -> str:
    """Give the dataset that a person asked for."""
    return str(settings.place) if settings.kind.merges else plan.dataset


def _details(settings: Settings) -> list[str]:
    """Say what the server would be told of the dataset."""
    said = "; ".join(f"{name} {words}" for name, words in settings.details.lines())
    return [f"is said    {said}"] if said else []


def _layer_lines(one: LayerPlan, plan: Plan) -> list[Part]:
    layer = one.layer
    lines = [
        f"layer {layer.name}: {layer.category} ({one.evidence}), {layer.element_class}",
        f"box {_box(layer)}, {layer.data_format}, {_codec(one)}, {one.kernel}",
        *_lengths(layer, plan),
        *values_lines(one),
        *_contrast(one),
        *([f"read from {one.given.root}"] if one.given else [_feeding(one.feed)]),
    ]
    rows = tuple(_row(one, grid) for grid in one.grids)
    return [*lines, TextTable(HEAD, rows, ">" * len(HEAD), WIDTHS, gap=1, indent=2)]


def _row(one: LayerPlan, grid: Grid) -> tuple[str, ...]:
    layer, is_made = one.layer, grid in one.made
    return (
        str(grid.mag),
        shown_extent(grid.box.size),
        shown_extent(grid.shard) if is_made else "",
        shown_extent(grid.chunk) if is_made else "",
        str(prod(grid.shards) * layer.frames) if is_made else "",
        str(_jobs(one, grid)),
        f"{grid.box.voxels * layer.frames * layer.voxel_bytes / GB:.3f}",
    )


def _codec(one: LayerPlan) -> str:
    return f"{one.codec} ({one.codec_evidence})" if one.codec_evidence else one.codec


def _contrast(one: LayerPlan) -> list[str]:
    """Say which values of a color layer are shown black and white, as far as that is known."""
    if one.given or one.layer.category != "color":
        return []
    if (known := known_range(one.contrast, one.display.window)) and known.window:
        low, high = known.window
        return [f"shown from {low:g} (black) to {high:g} (white), {known.evidence}"]
    of = "ends" if one.contrast == FULL else "percentiles"
    return [f"shown from black to white by the {of} of the voxels' values, when they are read"]


def _lengths(layer: Layer, plan: Plan) -> list[str]:
    """Say how large a voxel is, and the layer: a slip of the unit is seen there."""
    if min(plan.voxel_size) <= 0:
        return []
    x, y, z = (edge * count for edge, count in zip(plan.voxel_size, layer.box.size, strict=True))
    voxel = shown_sizes(plan.voxel_size, plan.unit)
    return [f"voxel {voxel}, all of them {shown_sizes((x, y, z), plan.unit)}"]


def _jobs(one: LayerPlan, grid: Grid) -> int | str:
    """Count the jobs that write a mag, or say who does."""
    if grid not in one.made:
        return "there"
    if grid == one.grids[0]:
        return len(one.slabs())
    return len(one.blocks(grid)) if one.is_big(grid) else "rest"


def _box(layer: Layer) -> str:
    return shown_extent(layer.box.size) + "".join(f" x {size} {name}" for name, size in layer.axes)


def _feeding(feed: ReadStrategy) -> str:
    """Say how voxels come into memory, in a line."""
    match feed.kind:
        case "rows":
            return f"read in rows of {feed.depth} slices"
        case "bands":
            return f"read in bands of {feed.rows} rows of {feed.depth} slices"
        case _:
            gigabytes = f"{feed.scratch_bytes / GB:.1f} GB"
            return f"decoded into scratch files, {feed.depth} slices at once: {gigabytes} of disk"


def _sums(plan: Plan, needed: Forecast, room: Room) -> list[str]:
    memory = f"{room.memory_per_job / GB:.2f} GB of memory; {room.memory / GB:.1f} GB may be used"
    disk = f"about {room.expected / GB:.3f} GB on disk; {room.disk_free / GB:.1f} GB free"
    files = len({file for one in plan.layers for file in one.source.files})
    return [
        *([f"source     {files} files, {needed.source / GB:.3f} GB"] if needed.source else []),
        f"jobs       {needed.jobs}, the largest with {memory}",
        f"voxels     {needed.voxels:,}",
        f"bytes      {room.raw / GB:.3f} GB uncompressed, {disk}",
        f"files      {needed.files} shards",
    ]
