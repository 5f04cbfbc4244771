"""What each data format asks of the shapes of chunks and shards."""

from dataclasses import dataclass

from wkflow.box import Triple


@dataclass(frozen=True, slots=True)
class Storage:
    """The shapes of one format.

    `finest`, `flat` and `coarse` are the chunks of a default shard along x, y and z: in mag 1,
    above it in layers of one chunk's depth, and above it in others. `is_cubic` says that chunks
    and shards have one edge, `is_single` that a shard is one chunk.
    """

    finest: Triple = (1, 1, 1)
    flat: Triple = (1, 1, 1)
    coarse: Triple = (1, 1, 1)
    is_cubic: bool = False
    is_single: bool = False


STORAGES = {
    "zarr3": Storage((128, 128, 1), (128, 128, 1), (32, 32, 32)),
    "zarr": Storage(is_single=True),
    "wkw": Storage((32, 32, 32), (32, 32, 32), (32, 32, 32), is_cubic=True),
    "n5": Storage(is_single=True),
    "neuroglancerPrecomputed": Storage(is_single=True),
}
"""By the format's name in `datasource-properties.json`; the shards are those that `webknossos`
4.3.3 chooses, clipped to the layer."""


def shard_of(chunks: Triple, chunk: Triple) -> Triple:
    """Give the shape of a shard of so many chunks."""
    x, y, z = (count * extent for count, extent in zip(chunks, chunk, strict=True))
    return x, y, z
