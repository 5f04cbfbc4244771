"""What one job wrote: the file that Snakemake tracks instead of terabytes of shards."""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from wkflow import json_document
from wkflow.errors import ConfigError
from wkflow.json_document import LATER
from wkflow.model.value_map import MappedValues
from wkflow.path_safety import leads_out


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
    written, `seconds` the time that took. `histogram` is the crc32c, in hexadecimal, of the file
    with the histogram of a slab of a color layer. `mapped` says what became of values of the
    source, where they do not stay.
    """

    rule: str
    files: tuple[ShardFile, ...] = ()
    voxels: int = 0
    lowest: int | float | None = None
    highest: int | float | None = None
    seconds: float = 0.0
    rounded: bool = False
    histogram: str = ""
    mapped: MappedValues | None = field(default=None, metadata=LATER)

    @property
    def bytes_written(self) -> int:
        """Sum of the sizes of all files."""
        return sum(file.bytes for file in self.files)

    def write(self, path: str | Path) -> None:
        """Put the receipt in its place, whole or not at all."""
        json_document.write(path, self, indent=None)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read what `write` wrote.

        Raises
        ------
        ConfigError
            If the file is no receipt of this version.
        """
        try:
            receipt = json_document.read(cls, path)
            receipt.require_numbers()
        except json_document.WRONG as error:
            raise ConfigError(
                f"is no receipt of this version ({error})", str(path),
                "Remove it: what it stands for is made anew.",
            ) from error  # fmt: skip
        return receipt

    @classmethod
    def find(cls, path: str | Path) -> Self | None:
        """Read a receipt if there is one: one that cannot be read counts as none."""
        with suppress(OSError, ConfigError):
            return cls.read(path)
        return None

    def require_numbers(self) -> None:
        """Raise ValueError where text stands for a number, or a number for text."""
        counts = [self.voxels, *(file.bytes for file in self.files)]
        names = [text for file in self.files for text in (file.path, file.crc32c)]
        texts = [self.rule, self.histogram, *names]
        extremes = [one for one in (self.lowest, self.highest) if one is not None]
        if mapped := self.mapped:
            counts += [mapped.below, mapped.above, mapped.nan]
            extremes += mapped.window or ()
        are_known = all(isinstance(text, str) for text in texts)
        are_known &= all(isinstance(count, int) for count in counts)
        if not (are_known and all(isinstance(n, int | float) for n in (*extremes, self.seconds))):
            raise ValueError("it has values of other types")
        if any(leads_out(file.path) for file in self.files):
            raise ValueError("it names a file outside of the dataset")
