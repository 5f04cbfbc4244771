"""What one job wrote: the file that Snakemake tracks instead of terabytes of shards."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from wkflow import durable


@dataclass(frozen=True, slots=True)
class ShardFile:
    """One written file: path below the dataset, size in bytes, crc32c in hexadecimal."""

    path: str
    bytes: int
    crc32c: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one job wrote. It appears only when the voxels are safely on disk.

    `lowest` and `highest` are over the finite samples that the job wrote in mag 1, None where
    there are none; `rounded` says that fractions became whole numbers; `voxels` counts those
    written, `seconds` the time that took.
    """

    rule: str
    files: tuple[ShardFile, ...] = ()
    voxels: int = 0
    lowest: int | float | None = None
    highest: int | float | None = None
    seconds: float = 0.0
    rounded: bool = False

    @property
    def bytes_written(self) -> int:
        """Sum of the sizes of all files."""
        return sum(file.bytes for file in self.files)

    def write(self, path: str | Path) -> None:
        """Put the receipt in its place, whole or not at all."""
        durable.write_json(Path(path).absolute(), asdict(self), indent=None)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read what `write` wrote."""
        document = json.loads(Path(path).read_bytes())
        files = tuple(ShardFile(**file) for file in document.pop("files"))
        return cls(files=files, **document)
