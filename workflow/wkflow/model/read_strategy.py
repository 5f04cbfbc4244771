"""How the voxels of a slab come into memory, so that memory is bounded whatever the source."""

from dataclasses import dataclass

TAKEN_ACROSS = "slices are taken across"
"""How a note begins that says how often they are decoded: that depends on memory."""


@dataclass(frozen=True, slots=True)
class ReadStrategy:
    """What is in memory at once: `depth` slices, of each `rows` rows.

    `kind` is `rows` where any rows can be read for themselves, when they are asked for; `bands`
    where strips, tiles, chunks or whole slices are decoded, `buffers` bands at once; `scratch`
    where not even one band fits: slices are decoded one by one into a file of the run folder.
    `bytes` is the memory that this takes, `scratch_bytes` the disk. None of it changes a voxel.
    """

    kind: str = "rows"
    depth: int = 1
    rows: int = 1
    buffers: int = 1
    bytes: int = 0
    scratch_bytes: int = 0
