"""Heads in front of segments, read back by tifffile and by Pillow."""

import io
from typing import Any, Literal

import numpy as np
import PIL.Image
import pytest
import tifffile
from numpy.testing import assert_array_equal
from wkflow.readers.tiff.libtiff_wrapper import Envelope

from tests.readers.contract import voxels_of


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float32", "float64"])
@pytest.mark.parametrize("samples", [1, 2, 3, 7])
@pytest.mark.parametrize("layout", [{"tile": (16, 32)}, {"rowsperstrip": 5}])
def test_segments_in_an_envelope_are_the_image(
    byteorder: Literal["<", ">"], dtype: str, samples: int, layout: dict[str, Any]
) -> None:
    """Another reader sees the voxels of the file that the segments were taken from."""
    plane, file = voxels_of(dtype, 37, 53, samples), io.BytesIO()
    how: dict[str, Any] = {"photometric": "minisblack", "metadata": None, "byteorder": byteorder}
    how |= {"planarconfig": "contig"} if samples > 1 else {}
    tifffile.imwrite(file, plane.squeeze(), compression="lzw", **how, **layout)
    content = file.getvalue()
    file.seek(0)
    with tifffile.TiffFile(file) as tif:
        page = tif.pages.first
        runs = list(zip(page.dataoffsets, page.databytecounts, strict=True))
    segment = layout.get("tile") or (layout["rowsperstrip"], 53)
    envelope = Envelope(byteorder, 5, 1, segment, "tile" in layout)
    sizes = [size for _, size in runs]
    room = envelope.head_bytes(len(runs), plane)
    places = [room + sum(sizes[:number]) for number in range(len(sizes))]
    head = envelope.head(places, sizes, plane)
    assert len(head) == room
    whole = head + b"".join(content[offset : offset + size] for offset, size in runs)
    assert_array_equal(tifffile.imread(io.BytesIO(whole)), plane.squeeze())
    if (samples, dtype) == (1, "uint8"):
        with PIL.Image.open(io.BytesIO(whole)) as image:
            assert_array_equal(np.asarray(image), plane[:, :, 0])
