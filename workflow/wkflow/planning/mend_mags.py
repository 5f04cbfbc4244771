"""Mags that exist and are made anew where they depend on a box: which, and whether that can be."""

from collections.abc import Sequence
from pathlib import Path

from wkflow.errors import ConfigError
from wkflow.model.codec import Codec
from wkflow.model.datasource_properties import ExistingLayer
from wkflow.model.layer import Grid, Layer
from wkflow.model.mag import Mag
from wkflow.options.settings import Settings
from wkflow.planning.stored_layout import stored_layout

WHERE = "bounding_box"

WHOLE = "Leave it out, and give --overwrite-mags: all of them are made anew."


def mags_to_mend(settings: Settings, layer: ExistingLayer, finest: Mag) -> list[Mag]:
    """List the mags of a layer above `finest`: those are made anew, and no others.

    Raises
    ------
    ConfigError
        If there is none, or if the box lies beside the layer.
    """
    box, own = settings.selected_box, layer.layer
    if not box.meets(own.box):
        begin, end = (",".join(map(str, edge)) for edge in (own.begin, own.size))
        raise ConfigError(
            f"lies beside layer {own.name}, which spans {begin} to {end}", WHERE,
            "Give a box of its voxels, or --layer-name of another layer.",
        )  # fmt: skip
    most = Mag.parse(settings.max_mag).largest if settings.max_mag else None
    mags = [one.mag for one in layer.mags if one.mag.largest > finest.largest]
    mags = [mag for mag in mags if most is None or mag.largest <= most]
    if not mags:
        raise ConfigError(
            f"layer {own.name} has no mag above {finest} that could be made anew in a part", WHERE,
            "Leave it out: then the mags are made.",
        )  # fmt: skip
    return mags


def stored_layouts(
    dataset: Path, own: Layer, layer: ExistingLayer, mags: Sequence[Mag]
) -> tuple[list[Grid], Codec]:
    """Give the grids and the codec of mags of which shards are kept.

    Raises
    ------
    ConfigError
        If one of them is stored in another way than wkflow would, or they have several codecs.
    """
    found = [stored_layout(dataset, own, mag) for mag in layer.mags if mag.mag in mags]
    known = [one for one in found if one]
    codecs = {codec for _, codec in known}
    if len(known) < len(mags) or len(codecs) != 1:
        raise ConfigError(
            f"layer {own.name}: its mags are not stored in shards as wkflow writes them, so that "
            "none can be kept", WHERE, WHOLE,
        )  # fmt: skip
    return [grid for grid, _ in known], codecs.pop()
