"""Parts of volumes: what of each is converted, and where that lies in the dataset.

Options count in voxels of mag 1 of the dataset that the whole source would become, so that the
part lies over the whole, and so do all layers to one another.
"""

from collections.abc import Sequence
from dataclasses import replace

from wkflow.errors import ConfigError
from wkflow.model.box import Box, triple
from wkflow.model.selection import Selection
from wkflow.model.source import Source
from wkflow.options.settings import Settings
from wkflow.planning.choose_voxel_size import Chosen
from wkflow.planning.find_volumes import Volume
from wkflow.planning.missing_in_part import missing_in_part, notes_of_part
from wkflow.planning.place_layers import Placed, Placement
from wkflow.planning.wanted_slices import ALL

NAMED = 3
"""Layers that are named before others are only counted."""


def wanted_planes(settings: Settings) -> slice:
    """Give the slices of a stack that are wanted, as far as the options say it."""
    if not settings.has_selection:
        return ALL
    some = settings.selected_slices
    return slice(some.start, some.stop, some.step)


def select_parts(
    settings: Settings, volumes: list[Volume], placed: Placed, chosen: Chosen
) -> tuple[list[Volume], Placed, Chosen]:
    """Cut all volumes as the options say; nothing changes without them.

    Where slices are left out, voxels and the dataset's unit of z grow by the step: slice z lies at
    z / step, rounded down.

    Raises
    ------
    ConfigError
        If the part misses a layer, naming it and its box.
    """
    if not settings.has_selection:
        return volumes, placed, chosen
    step = settings.selected_slices.step
    whole = [Box(one.begin, one.end) for one in placed.placements]
    boxes = [_wanted(settings, box) for box in whole]
    _require_there(settings, volumes, whole, boxes)
    _require_step_fits(volumes, placed.placements, step)
    notes: list[str] = []
    for volume, one, box in zip(volumes, whole, boxes, strict=True):
        if box != one:
            notes.append(f"layer {volume.name}: {_spell(box)} of {_spell(one)} is converted")
        if _is_clipped(settings, one):
            notes.append(f"layer {volume.name} ends within the part that was asked for")
    if step > 1:
        x, y, z = chosen.scale
        chosen = replace(chosen, scale=(x, y, z * step))
        notes.append(
            f"one slice in {step} is converted: a voxel is {z * step:g} {chosen.unit} deep, "
            f"and slice z lies at z/{step}"
        )
    pairs = list(zip(volumes, placed.placements, boxes, strict=True))
    return (
        [_part(*one, step) for one in pairs],
        placed._replace(
            placements=[_moved(placement, box, step) for _, placement, box in pairs],
            notes=(*placed.notes, *notes),
        ),
        chosen,
    )


def _wanted(settings: Settings, whole: Box) -> Box:
    """Give the voxels of a layer that are wanted; along z from the first to the last of them."""
    planes = settings.selected_slices
    step, first = planes.step, planes.start
    first += max(0, -(-(whole.begin[2] - first) // step)) * step
    there = range(first, min(planes.stop, whole.end[2]), step)
    box = settings.selected_box.overlap(whole)
    last = there[-1] + 1 if there else first
    return Box((*box.begin[:2], first), (*box.end[:2], last))


def _require_there(
    settings: Settings, volumes: Sequence[Volume], whole: Sequence[Box], boxes: Sequence[Box]
) -> None:
    missed = [
        f"layer {volume.name}, which is {_spell(one)}"
        for volume, one, box in zip(volumes, whole, boxes, strict=True)
        if min(box.size) < 1
    ]
    if missed:
        box = ",".join(map(str, settings.bounding_box or ()))
        given = " with slices ".join(filter(None, [box, settings.slices]))
        more = f" and {len(missed) - NAMED} more" * (len(missed) > NAMED)
        raise ConfigError(
            f"{given} holds no voxel of {'; '.join(missed[:NAMED])}{more} (x,y,z and sizes)",
            "bounding_box" if settings.bounding_box else "slices",
            "Give a part that lies within all layers.",
        )  # fmt: skip


def _require_step_fits(
    volumes: Sequence[Volume], placements: Sequence[Placement], step: int
) -> None:
    for volume, placement in zip(volumes, placements, strict=True):
        if step > 1 and placement.mag.factors[2] > 1:
            raise ConfigError(
                f"a step of {step} does not go with layer {volume.name}: its voxels are mag "
                f"{placement.mag} of the dataset", "slices", "Give START:STOP without a step.",
            )  # fmt: skip


def _is_clipped(settings: Settings, whole: Box) -> bool:
    """Whether more was asked for than is there."""
    ends = settings.selected_box.end if settings.bounding_box else (0, 0, 0)
    is_beyond = any(end > there for end, there in zip(ends, whole.end, strict=True))
    stop = (settings.slices or ":").split(":")[1]
    return is_beyond or int(stop or 0) > whole.end[2]


def _part(volume: Volume, placement: Placement, box: Box, step: int) -> Volume:
    """Give the volume with the part of its source."""
    source = volume.source
    size = (source.header.width, source.header.height, source.depth)
    mags = placement.mag.factors
    first = [at // mag for at, mag in zip(placement.begin, mags, strict=True)]
    begin, end = (
        triple(min(at // mag - zero, most) for at, mag, zero, most in zip(
            edge, mags, first, size, strict=True))
        for edge in (box.begin, triple(-(-at // mag) * mag for at, mag in zip(
            box.end, mags, strict=True)))
    )  # fmt: skip
    part = selected(source, Box(begin, end), step)
    doubtful = volume.doubtful if part is source else ()  # their places are those of the whole
    notes = volume.notes if part is source else notes_of_part(volume.notes, part.missing)
    return replace(volume, source=part, notes=notes, doubtful=doubtful)


def selected(source: Source, box: Box, z_step: int = 1) -> Source:
    """Give a part of a source: a box of its voxels, and every `z_step` slices of that."""
    size = (source.header.width, source.header.height, source.depth)
    if (box, z_step) == (Box((0, 0, 0), size), 1):
        return source
    planes = range(box.begin[2], box.end[2], z_step)
    header = replace(source.header, width=box.size[0], height=box.size[1])
    if not source.is_stack:
        part = Selection.of_box(box, size, z_step=z_step)
        return replace(source, header=replace(header, planes=len(planes)), selection=part)
    cut = slice(planes.start, planes.stop, z_step)
    places = source.part(cut, range(source.times or 1))
    files, marks = zip(*((source.files[at], source.marks[at]) for at in places), strict=True)
    missing = missing_in_part(source, planes)
    source = replace(source, files=files, marks=marks, missing=missing)
    if (header.width, header.height) == size[:2]:
        return source
    flat = Box((*box.begin[:2], 0), (*box.end[:2], 1))
    return replace(source, header=header, selection=Selection.of_box(flat, (*size[:2], 1)))


def _moved(placement: Placement, box: Box, step: int) -> Placement:
    """Give the place of a part: its own box, along z in voxels that are `step` slices deep."""
    if step == 1:
        return replace(placement, begin=box.begin, end=box.end)
    first = box.begin[2] // step
    last = first + len(range(box.begin[2], box.end[2], step))
    return replace(placement, begin=(*box.begin[:2], first), end=(*box.end[:2], last))


def _spell(box: Box) -> str:
    return ",".join(map(str, (*box.begin, *box.size)))
