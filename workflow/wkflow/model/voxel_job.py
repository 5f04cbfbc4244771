"""The name of a job that writes voxels: what its receipt, log and progress are called after."""

from dataclasses import dataclass
from typing import Self

SLAB_RULE, BLOCK_RULE, REST_RULE = "convert_slab", "downsample_block", "downsample_rest"


@dataclass(frozen=True, slots=True)
class VoxelJob:
    """One job of a rule: a slab of a layer, a block of one of its mags, or all its small mags.

    >>> job = VoxelJob.parse("downsample_block/cells/2-2-1/b0")
    >>> (job.rule, job.layer, job.mag, job.part), str(job)
    (('downsample_block', 'cells', '2-2-1', 'b0'), 'downsample_block/cells/2-2-1/b0')
    """

    rule: str
    layer: str
    mag: str = ""
    part: str = ""

    @classmethod
    def of_slab(cls, layer: str, slab: object) -> Self:
        return cls(SLAB_RULE, layer, part=str(slab))

    @classmethod
    def of_block(cls, layer: str, mag: object, block: str) -> Self:
        return cls(BLOCK_RULE, layer, str(mag), block)

    @classmethod
    def of_rest(cls, layer: str) -> Self:
        return cls(REST_RULE, layer)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` gave: rule and layer, and for a block its mag; parted by slashes."""
        rule, layer, *rest = text.split("/")
        *mag, part = rest or [""]
        return cls(rule, layer, "".join(mag), part)

    def __str__(self) -> str:
        return "/".join(part for part in (self.rule, self.layer, self.mag, self.part) if part)
