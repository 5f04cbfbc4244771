"""What each data format asks of the shapes of chunks and shards."""

from dataclasses import dataclass

from wkflow.model.box import Triple


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


def misfit(data_format: str, shard: Triple, chunk: Triple) -> str | None:
    """Say why a format cannot have shards of such chunks; None if it can."""
    storage = STORAGES[data_format]
    if storage.is_single and shard != chunk:
        return (
            f"shard_shape {_commas(shard)} is not the chunk_shape {_commas(chunk)}: "
            f"{data_format} stores each chunk as a file"
        )
    is_cube = len(set(shard)) == len(set(chunk)) == 1 and (shard[0] // chunk[0]).bit_count() == 1
    if storage.is_cubic and not is_cube:
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
