"""JPEG streams of every kind, cut: encoded by Pillow and imagecodecs, ended by hand."""

import io
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import imagecodecs
import numpy as np
import PIL.Image
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.formats.jpeg_stream import (
    END_MARKER,
    decode_checked,
    frame_of,
    parts,
    require_undisturbed,
)

from tests.readers.contract import voxels_of

Decode = Callable[[bytes], NDArray[Any]]


def by_pillow(voxels: NDArray[Any], **how: Any) -> bytes:  # noqa: ANN401
    stream = io.BytesIO()
    PIL.Image.fromarray(voxels).save(stream, "JPEG", quality=95, **how)
    return stream.getvalue()


def cut(content: bytes, share: float) -> bytes:
    """Keep a part of the codes of the longest scan, and the end marker; what follows is lost."""
    ends = [(begin, end) for _, begin, end in parts(content)]
    size, begin = max((after - end, end) for (_, end), (after, _) in pairwise(ends))
    return content[: begin + int(size * share)] + END_MARKER


GREY, COLOUR = voxels_of("uint8", 37, 53, 1)[..., 0], voxels_of("uint8", 37, 53, 3)
DEEP = voxels_of("uint16", 37, 53, 1)[..., 0] >> 4


@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
@pytest.mark.parametrize(
    "content",
    [
        by_pillow(GREY),
        by_pillow(COLOUR),
        by_pillow(COLOUR, progressive=True),
        by_pillow(COLOUR, restart_marker_blocks=3),
    ],
)
def test_a_cut_stream_of_eight_bits_is_refused(content: bytes, share: float) -> None:
    """Baseline, progressive, with restart intervals; a whole one is as Pillow has it."""
    colours = "GRAY" if frame_of(content).components == 1 else "RGB"
    with PIL.Image.open(io.BytesIO(content)) as image:
        assert_array_equal(decode_checked(content, colours).squeeze(), np.asarray(image))
    with pytest.raises(ValueError, match=r"(?i)premature|early"):
        decode_checked(cut(content, share), colours)


def test_a_progressive_stream_without_its_last_scans_is_refused() -> None:
    """It is cut between two scans: libjpeg gives coarse voxels without a word."""
    content = by_pillow(COLOUR, progressive=True)
    scans = [begin for marker, begin, _ in parts(content) if marker == 0xDA]
    for begin in scans[1:]:
        with pytest.raises(ValueError, match="scans are missing"):
            decode_checked(content[:begin] + END_MARKER, "RGB")


@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
@pytest.mark.parametrize(
    ("content", "decode"),
    [
        (imagecodecs.jpeg8_encode(DEEP, level=95, bitspersample=12), imagecodecs.jpeg8_decode),
        (imagecodecs.ljpeg_encode(DEEP, bitspersample=12), imagecodecs.jpegsof3_decode),
        (imagecodecs.ljpeg_encode(DEEP, bitspersample=12), imagecodecs.jpeg8_decode),
        (
            imagecodecs.jpeg8_encode(COLOUR, lossless=True, bitspersample=8),
            imagecodecs.jpegsof3_decode,
        ),
    ],
)
def test_what_no_decoder_misses_is_missed(content: bytes, decode: Decode, share: float) -> None:
    """12 bits, and lossless: these decoders fill up what is cut, and say nothing."""
    require_undisturbed(content, decode, decode(content))
    damaged = cut(content, share)
    with pytest.raises(ValueError, match="ends early"):
        require_undisturbed(damaged, decode, decode(damaged))


@pytest.mark.parametrize("length", [0, 2, 20, 200])
def test_a_stream_without_an_end_is_refused(length: int) -> None:
    """Whatever it is cut in: a marker, a table, the codes."""
    with pytest.raises(ValueError, match=r"early|header"):
        decode_checked(by_pillow(GREY)[:length], "GRAY")
