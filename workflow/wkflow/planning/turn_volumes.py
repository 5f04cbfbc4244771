"""Volumes whose axes are exchanged or mirrored, as the options say, and where they lie then.

All layers turn together: mirrored is what the whole source spans, so that they stay where they are
to one another, and parts where they are in the whole.
"""

from collections.abc import Sequence
from dataclasses import replace

from wkflow.errors import ConfigError
from wkflow.model.box import Triple, triple
from wkflow.model.mag import Mag
from wkflow.model.selection import Selection
from wkflow.model.source import Source
from wkflow.options.settings import Settings
from wkflow.planning.choose_voxel_size import Chosen
from wkflow.planning.find_volumes import Volume
from wkflow.planning.place_layers import Placed, Placement
from wkflow.planning.taken_across import TWICE

Z = 2


def turn_volumes(
    settings: Settings,
    volumes: list[Volume],
    placed: Placed,
    chosen: Chosen,
    *,
    whole: Sequence[Placement],
) -> tuple[list[Volume], Placed, Chosen]:
    """Turn all volumes; nothing changes without the options.

    `whole` are the places of the volumes before parts of them were taken.

    Raises
    ------
    ConfigError
        If a source can only be read in order, and z would be exchanged or mirrored.
    """
    order, mirrored = settings.axis_order, settings.mirrored_axes
    if order == (0, 1, 2) and not mirrored:
        return volumes, placed, chosen
    for volume in volumes:
        _require_readable(volume, order, mirrored)
    step = settings.selected_slices.step
    placements = [_exchanged(one, order) for one in placed.placements]
    spans = [_exchanged(_thinned(one, step), order) for one in whole]
    for axis in mirrored:
        pivot = _pivot(spans, axis)
        placements = [_mirrored(one, axis, pivot) for one in placements]
    x, y, z = (chosen.scale[axis] for axis in order)
    notes = [*placed.notes]
    if order != (0, 1, 2):
        notes.append(f"x,y,z of the dataset are {','.join(settings.transpose or '')} of the source")
    if mirrored:
        notes.append(f"all layers are mirrored along {settings.flip}")
    turned = [
        replace(volume, source=turned_source(volume.source, order, mirrored), doubtful=())
        for volume in volumes
    ]
    return (
        turned,
        placed._replace(placements=placements, notes=tuple(notes)),
        replace(chosen, scale=(x, y, z)),
    )


def turned_source(source: Source, order: Triple, mirrored: frozenset[int]) -> Source:
    """Give a source whose x, y, z are others of its axes; those of `mirrored` run backwards."""
    header = source.header
    if source.is_stack and order[Z] != Z:
        return _across(source, order, mirrored)
    size = (header.width, header.height, 1 if source.is_stack else source.depth)
    part = source.selection or Selection(size, (0, 0, 0))
    in_files = mirrored - {Z} if source.is_stack else mirrored
    turned = part.turned(order, in_files, size)
    if source.is_stack and Z in mirrored:
        places = source.part(slice(None, None, -1), range(source.times or 1))
        files, marks = zip(*((source.files[at], source.marks[at]) for at in places), strict=True)
        source = replace(source, files=files, marks=marks)
    if (turned.is_turned, source.selection) == (False, None):
        return source
    x, y, z = (size[axis] for axis in order)
    return replace(
        source,
        header=replace(header, width=x, height=y, planes=z),
        grain=triple(source.grain[axis] for axis in order),
        selection=turned,
    )


def _across(source: Source, order: Triple, mirrored: frozenset[int]) -> Source:
    """Give a stack as one image, of which each slice is a plane, with its axes exchanged."""
    header = source.header
    size = (header.width, header.height, source.depth)
    flat = source.selection or Selection((*size[:2], 1), (0, 0, 0))
    whole = (*flat.whole[:2], source.depth)
    turned = replace(flat, whole=whole, start=(*flat.start[:2], 0)).turned(order, mirrored, size)
    x, y, z = (size[axis] for axis in order)
    return replace(
        source,
        header=replace(header, width=x, height=y, planes=z),
        grain=triple((*whole[:2], 1)[axis] for axis in order),
        selection=turned,
        is_stack=False,
        is_across=True,
    )


def _require_readable(volume: Volume, order: Triple, mirrored: frozenset[int]) -> None:
    """Refuse what would have to be read in another order than it can be."""
    if volume.source.is_stream and (order[Z] != Z or Z in mirrored):
        name = "transpose" if order[Z] != Z else "flip"
        what = f"{volume.source.first} can only be read from its first plane on"
        raise ConfigError(what, name, TWICE)


def _exchanged(one: Placement, order: Triple) -> Placement:
    begin, end, mag = (
        triple(values[axis] for axis in order) for values in (one.begin, one.end, one.mag.factors)
    )
    return Placement(begin, end, Mag(*mag))


def _thinned(one: Placement, step: int) -> Placement:
    """Give the place of all slices, where some are left out."""
    (x0, y0, z0), (x1, y1, z1) = one.begin, one.end
    return replace(one, begin=(x0, y0, z0 // step), end=(x1, y1, -(-z1 // step)))


def _pivot(spans: Sequence[Placement], axis: int) -> int:
    """Give the sum of a voxel's begin and its mirror's end, such that all mags stay aligned."""
    coarsest = max(one.mag.factors[axis] for one in spans)
    both = min(one.begin[axis] for one in spans) + max(one.end[axis] for one in spans)
    return -(-both // coarsest) * coarsest


def _mirrored(one: Placement, axis: int, pivot: int) -> Placement:
    begin, end = list(one.begin), list(one.end)
    begin[axis], end[axis] = pivot - one.end[axis], pivot - one.begin[axis]
    return replace(one, begin=triple(begin), end=triple(end))
