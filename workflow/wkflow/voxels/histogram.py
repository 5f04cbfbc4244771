"""How often values occur in a color layer, counted while its voxels pass.

Counts of slabs are added up, so they must not depend on how the layer is cut, nor on how it is
read: what is counted, and into which bin, follows from a voxel's value and its row alone.
"""

import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from wkflow import atomic_files
from wkflow.formats.contract import ReadBox, Voxels
from wkflow.model.box import Box
from wkflow.model.layer import Layer
from wkflow.voxels.value_bins import Bins, Counts, Edges, FloatBins, PatternBins

ROW_STEP = 4
"""While voxels of 32 bits are converted, only those in every fourth row along y are counted: that
takes 0.15 s of a core per GiB, all 0.6, which is near a tenth of a conversion. All of 16 bits take
0.5 to 0.6, but no other look for the smallest and the largest value; all of 8 bits take 0.3."""

DAMAGED = (OSError, ValueError, LookupError, EOFError, BadZipFile, zlib.error)


class Histogram:
    """How many samples have which value; all channels of the layer together.

    Samples of 8 and 16 bits have a bin for each value, others those of `FloatBins`. Of rows along
    y every `row_step`-th is counted: all, or of longer types every fourth where nothing is said.

    >>> histogram = Histogram("int16")
    >>> histogram.include(np.array([[[[-3], [7], [7]]]], np.int16))
    >>> histogram.bins()[0].tolist(), histogram.bins()[2].tolist()
    ([-3.0, 7.0], [1, 2])
    """

    def __init__(self, dtype: str, row_step: int | None = None) -> None:
        self.dtype = np.dtype(dtype)
        self.row_step = row_step or (1 if self.dtype.itemsize < 4 else ROW_STEP)
        self._bins: Bins = PatternBins(self.dtype) if self.dtype.itemsize < 4 else FloatBins()

    @classmethod
    def of(cls, layer: Layer) -> Self | None:
        """Give an empty one for a color layer; labels have none."""
        return cls(layer.dtype) if layer.category == "color" else None

    @property
    def is_of_all(self) -> bool:
        """Whether all samples are counted, each value by itself."""
        return self.row_step == 1 and self.dtype.itemsize < 4

    @property
    def counts(self) -> Counts:
        """Counts of all bins, empty ones included."""
        return self._bins.counts

    @property
    def values(self) -> NDArray[np.generic]:
        """The values that occur; of all where `is_of_all`."""
        return self._bins.edges()[0].astype(self.dtype)

    def watching(self, region: ReadBox, first_row: int) -> ReadBox:
        """Give a function that does what `region` does, and counts its voxels.

        Rows are counted from `first_row` on, the layer's first one.
        """

        def watched(box: Box) -> Voxels:
            voxels = region(box)
            self.include(voxels.T, box.begin[1] - first_row)
            return voxels

        return watched

    def include(self, voxels: Voxels, row: int = 0) -> None:
        """Count voxels (z, y, x, c) of the layer's dtype; `row` is the number of the first along y.

        May be called from several threads.
        """
        step = self.row_step
        some = voxels[:, -row % step :: step]
        if some.size:
            self._bins.include(some)

    def add(self, other: Self) -> None:
        """Add the counts of another part of the layer."""
        self._bins.add(other._bins)  # type: ignore[arg-type]  # one dtype, one kind of bins

    def bins(self) -> tuple[Edges, Edges, Counts]:
        """Give the bins that are not empty, in ascending order: least and largest value, and count.

        What is not finite is left out.
        """
        least, largest, counts = self._bins.edges()
        order = np.argsort(least, kind="stable")
        return least[order], largest[order], counts[order]

    def write(self, path: Path, parts: str = "") -> str:
        """Write the counts as an `.npz` archive; give its crc32c in hexadecimal.

        `parts` says what was added up, for `read_sum`.
        """
        arrays = self._bins.arrays()
        counts = arrays["counts"]
        arrays["counts"] = counts.astype(np.min_scalar_type(counts.max(initial=0)))
        told = {"dtype": str(self.dtype), "row_step": self.row_step}
        file = BytesIO()
        np.savez_compressed(file, **arrays, **told, **({"parts": parts} if parts else {}))  # type: ignore[arg-type]  # arrays, by their names
        content = file.getvalue()
        with atomic_files.atomic_write(path) as target:
            target.write(content)
        return _crc(content)

    @classmethod
    def read(cls, path: Path, dtype: str, crc32c: str) -> Self | None:
        """Read what `write` wrote; None where that is not there, or was counted in another way."""
        try:
            content = path.read_bytes()
        except OSError:
            return None
        if not crc32c or _crc(content) != crc32c:
            return None
        return cls._parsed(content, dtype)

    @classmethod
    def read_sum(cls, path: Path, dtype: str, parts: str) -> Self | None:
        """Read what `write` wrote of these parts; None where there is no such file."""
        with suppress(*DAMAGED):
            return cls._parsed(path.read_bytes(), dtype, parts)
        return None

    @classmethod
    def _parsed(cls, content: bytes, dtype: str, parts: str = "") -> Self | None:
        found = cls(dtype)
        with np.load(BytesIO(content)) as archive:
            arrays = dict(archive)
        told, step = (str(arrays["dtype"]), str(arrays.get("parts", ""))), int(arrays["row_step"])
        if step != found.row_step and found.is_of_all:  # an earlier version: each voxel stands for
            arrays["counts"] = step * arrays["counts"].astype(np.int64)  # those of other rows
            step = found.row_step
        if told != (dtype, parts) or step != found.row_step:
            return None
        bins = type(found._bins).of(found.dtype, arrays)
        if bins is None:
            return None
        found._bins = bins
        return found


def _crc(content: bytes) -> str:
    return f"{google_crc32c.value(content):08x}"
