"""The formats that a dataset may be written in: all that is known of each but its code.

A new format is one row here, one module below `wkflow.formats` and one class of tests that holds
it to `tests/formats/contract.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from wkflow.model.box import Triple

_ZARR_LEVELS = {"zstd": range(-7, 23), "gzip": range(10), "none": range(1)}


@dataclass(frozen=True, slots=True)
class DataFormat:
    """What one format asks of codecs, and of the shapes of chunks and shards."""

    code: str
    """Module below `wkflow.formats`, which is loaded when it is asked for, and its class."""

    levels: Mapping[str, range]
    """The codecs that WEBKNOSSOS reads in it, and their levels."""

    codec: str | None = None
    """What no option names: None is the codec of the layer's category."""

    finest: Triple = (1, 1, 1)
    """Chunks of a default shard along x, y and z, in mag 1."""

    flat: Triple = (1, 1, 1)
    """The same above mag 1, in layers of one chunk's depth."""

    coarse: Triple = (1, 1, 1)
    """The same above mag 1, in other layers."""

    is_cubic: bool = False
    """Whether chunks and shards have one edge."""

    is_single: bool = False
    """Whether a shard is one chunk."""

    has_axes: bool = False
    """Whether arrays may have axes beside c, x, y and z, in any order."""

    upload_note: str = ""
    """What a person should know who uploads such a dataset."""

    refuses_mags: str = ""
    """Why a layer on a server cannot get more mags; empty if it can."""


DATA_FORMATS = {
    "zarr3": DataFormat(
        "zarr3.Zarr3", _ZARR_LEVELS, has_axes=True,
        finest=(128, 128, 1), flat=(128, 128, 1), coarse=(32, 32, 32),
    ),
    "zarr": DataFormat("zarr2.Zarr2", _ZARR_LEVELS, has_axes=True, is_single=True),
    "wkw": DataFormat(
        "wkw.Wkw", {"lz4hc": range(13), "lz4": range(1), "none": range(1)}, "lz4hc:9",
        finest=(32, 32, 32), flat=(32, 32, 32), coarse=(32, 32, 32), is_cubic=True,
    ),
    "n5": DataFormat(
        "n5.N5", {"gzip": range(10), "zstd": range(-7, 23), "none": range(1)}, "gzip:6",
        is_single=True,
    ),
    "neuroglancerPrecomputed": DataFormat(
        "precomputed.Precomputed", {"none": range(1)}, "none", is_single=True,
        upload_note="an uploaded precomputed layer may not be shown: servers and the official "
        "package disagree on its axes; zarr3 is shown by both",
        refuses_mags="a precomputed volume describes all its mags in one file, which mags cannot "
        "be sent to",
    ),
}  # fmt: skip
"""By the format's name in `datasource-properties.json`.

Shards and the codec of WKW are those that `webknossos` 4.3.3 chooses, shards clipped to the layer;
gzip is what every reader of N5 knows.
"""


def misfit(data_format: str, shard: Triple, chunk: Triple) -> str | None:
    """Say why a format cannot have shards of such chunks; None if it can."""
    rules = DATA_FORMATS[data_format]
    if rules.is_single and shard != chunk:
        return (
            f"shard_shape {_commas(shard)} is not the chunk_shape {_commas(chunk)}: "
            f"{data_format} stores each chunk as a file"
        )
    is_cube = len(set(shard)) == len(set(chunk)) == 1 and (shard[0] // chunk[0]).bit_count() == 1
    if rules.is_cubic and not is_cube:
        return (
            f"{data_format} wants cubes for chunk_shape and shard_shape, with a power of two of "
            "chunks along each edge"
        )
    return None


def _commas(shape: Triple) -> str:
    return ",".join(map(str, shape))


def shard_of(chunks: Triple, chunk: Triple) -> Triple:
    """Give the shape of a shard of so many chunks."""
    x, y, z = (count * extent for count, extent in zip(chunks, chunk, strict=True))
    return x, y, z
