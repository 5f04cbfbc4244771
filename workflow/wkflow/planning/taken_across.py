"""How often slices are decoded that are taken across, since each job needs something of all."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from wkflow.errors import ConfigError
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.read_strategy import TAKEN_ACROSS
from wkflow.options.settings import Settings
from wkflow.planning.choose_read_strategy import is_taken_across
from wkflow.planning.find_volumes import Volume
from wkflow.voxels.bands import depths

DECODED_MAX, READ_MAX = 4, 16
"""So often may a source be decoded, or read, because its planes are taken across."""

TWICE = "Convert it without that first, and then that dataset with it."


def across_notes(
    settings: Settings, layers: Sequence[LayerPlan], upright: Sequence[Volume]
) -> Iterator[str]:
    """Say of each source whose planes are taken across how often it is decoded; once of each.

    `layers` have the jobs that are carried out, `upright` are the volumes before they were turned.

    Raises
    ------
    ConfigError
        If a source would be decoded again and again.
    """
    plain = {one.source.first for one in upright if one.source.grain == (1, 1, 1)}
    for one in layers:
        times = times_read(one)
        if times < 1:
            continue
        first = one.source.first
        verb, most = ("read", READ_MAX) if first in plain else ("decoded", DECODED_MAX)
        if times > most:
            raise ConfigError(
                f"{settings.transpose} takes slices across, and those of {first} would be "
                f"{verb} {times} times", "transpose",
                f"Give more --memory and a larger --job-size, if that is what lacks. {TWICE}",
            )  # fmt: skip
        often = "once" if times == 1 else f"{times} times"
        yield f"layer {one.layer.name}: {TAKEN_ACROSS}, each is {verb} {often}"


def times_read(one: LayerPlan) -> int:
    """Count how often what is decoded at once is decoded for a layer; 0 if nothing lies across.

    As slabs and what is in memory at once are cut: the largest count of any slice, tile or chunk.
    """
    part = one.source.selection
    if part is None or not is_taken_across(one.source, one.grids[0].chunk[2]):
        return 0
    first = one.slabs()[0].frame_begin
    slabs = [slab for slab in one.slabs() if slab.frame_begin == first]
    begins = [box.begin[2] for slab in slabs for box in depths(one, slab)]
    cells = part.cuts(2, 0, one.box.size[2], one.source.grain[2])
    return max(bisect_left(begins, end) - bisect_right(begins, at) + 1 for at, end in cells)
