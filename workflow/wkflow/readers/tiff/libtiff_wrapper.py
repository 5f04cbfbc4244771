"""Strips or tiles of one TIFF as the only content of another, in memory.

libtiff decodes LZW twice as fast as imagecodecs does strip by strip (290 and 170 MB/s on a
4096 x 4096 slice of 8 bit), and wants a whole file. Such a file says nothing that libtiff could
take as a reason to convert or to reorder samples.
https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

SHORT, LONG = 3, 4
"""Types of TIFF values, two and four bytes."""

CODES = {SHORT: "H", LONG: "I"}

MAX_BYTES = 2**32 - 1
"""Where the offsets of a TIFF that is no BigTIFF end."""

SAMPLE_FORMAT = {"u": 1, "i": 2, "f": 3}
"""numpy's kind to SampleFormat."""

Tags = dict[int, tuple[int, Sequence[int]]]


@dataclass(frozen=True, slots=True)
class Envelope:
    """How the segments were encoded.

    `order` is `<` or `>`. `segment` is the (length, width) of a tile, or of a strip with the width
    of the image.
    """

    order: str
    compression: int
    predictor: int
    segment: tuple[int, int]
    is_tiled: bool

    def head_bytes(self, count: int, out: NDArray[Any]) -> int:
        """Say how long the head is for so many segments."""
        return len(self.head([0] * count, [0] * count, out))

    def head(self, places: Sequence[int], sizes: Sequence[int], out: NDArray[Any]) -> bytes:
        """Write all that stands before the segments.

        Parameters
        ----------
        places : sequence of int
            The byte of the file where each segment begins, counted from the start of the head.
        sizes : sequence of int
            Their bytes. They cover the image row by row; what of the last ones lies outside is
            cut off.
        out : array, shape (length, width, samples)
            What the file will be decoded into.
        """
        tags = self._tags(places, sizes, out)
        mark = b"II" if self.order == "<" else b"MM"
        parts = [struct.pack(self.order + "2sHIH", mark, 42, 8, len(tags))]
        values: list[bytes] = []
        place = 8 + 2 + 12 * len(tags) + 4
        for tag, (kind, numbers) in sorted(tags.items()):
            packed = struct.pack(f"{self.order}{len(numbers)}{CODES[kind]}", *numbers)
            inline = packed.ljust(4, b"\0")
            if len(packed) > 4:
                inline = struct.pack(self.order + "I", place)
                values.append(packed)
                place += len(packed)
            parts.append(struct.pack(self.order + "HHI", tag, kind, len(numbers)) + inline)
        return b"".join([*parts, bytes(4), *values])

    def _tags(self, places: Sequence[int], sizes: Sequence[int], out: NDArray[Any]) -> Tags:
        height, width, samples = out.shape
        length, broad = self.segment
        cut: Tags = {273: (LONG, places), 278: (LONG, [length]), 279: (LONG, sizes)}
        if self.is_tiled:
            cut = {322: (LONG, [broad]), 323: (LONG, [length])}
            cut |= {324: (LONG, places), 325: (LONG, sizes)}
        tags: Tags = {
            256: (LONG, [width]),
            257: (LONG, [height]),
            258: (SHORT, [out.itemsize * 8] * samples),
            259: (SHORT, [self.compression]),
            262: (SHORT, [1]),  # black is zero: no colours to convert
            277: (SHORT, [samples]),
            284: (SHORT, [1]),
            317: (SHORT, [self.predictor]),
            338: (SHORT, [0] * (samples - 1)),
            339: (SHORT, [SAMPLE_FORMAT[out.dtype.kind]] * samples),
        }
        return {tag: value for tag, value in (tags | cut).items() if value[1]}
