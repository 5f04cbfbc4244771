"""How a mag that exists is stored, where that is as wkflow stores mags: its shards may be kept."""

import json
from contextlib import suppress
from pathlib import Path

from wkflow.formats.layout import axis_names
from wkflow.formats.table import format_of
from wkflow.model.box import Triple
from wkflow.model.codec import UNCOMPRESSED, Codec
from wkflow.model.datasource_properties import ExistingMag
from wkflow.model.layer import Grid, Layer, lay_grid

SHARDED = "zarr3"
"""The format whose shards are files of many chunks, each of them by itself."""


def stored_layout(dataset: Path, layer: Layer, mag: ExistingMag) -> tuple[Grid, Codec] | None:
    """Give grid and codec of a stored mag; None if wkflow would store it in another way."""
    if layer.data_format != SHARDED:
        return None
    with suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
        stored = json.loads((dataset / mag.paths[0] / "zarr.json").read_bytes())
        sharding = stored["codecs"][0]["configuration"]
        names, last = axis_names(layer), sharding["codecs"][-1]
        is_packed = last["name"] in {"zstd", "gzip"}
        codec = Codec(last["name"], last["configuration"]["level"]) if is_packed else UNCOMPRESSED
        shard = _of_space(names, stored["chunk_grid"]["configuration"]["chunk_shape"])
        grid = lay_grid(
            layer, mag.mag, chunk=_of_space(names, sharding["chunk_shape"]), shard=shard
        )
        of_format = format_of(layer.data_format)
        *_, ours = of_format.documents(
            layer, (grid,), codec, voxel_size=(1, 1, 1), unit=""
        ).values()
        planned = json.loads(ours)
        if all(stored.get(key) == planned[key] for key in planned if key != "attributes"):
            return grid, codec
    return None


def _of_space(names: list[str], extents: list[int]) -> Triple:
    along = dict(zip(names, map(int, extents), strict=True))
    return along["x"], along["y"], along["z"]
