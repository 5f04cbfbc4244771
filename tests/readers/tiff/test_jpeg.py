"""JPEG in TIFF: by tifffile's writer, then cut or replaced by hand."""

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.formats.jpeg_stream import END_MARKER, parts

from tests.formats.test_jpeg_stream import by_pillow, cut
from tests.readers.contract import read_all, voxels_of

GREY, COLOUR = voxels_of("uint8", 37, 53, 1)[..., 0], voxels_of("uint8", 37, 53, 3)
DEEP = voxels_of("uint16", 37, 53, 1)[..., 0] >> 4

STRIPS, TILES = {"rowsperstrip": 16}, {"tile": (16, 32)}

KINDS: dict[str, tuple[NDArray[Any], dict[str, Any]]] = {
    "grey": (GREY, {}),
    "ycbcr": (COLOUR, {"photometric": "rgb", "compressionargs": {"level": 90}}),
    "rgb": (
        COLOUR,
        {
            "photometric": "rgb",
            "compressionargs": {"colorspace": "rgb", "outcolorspace": "rgb"},
        },
    ),
    "planar": (np.moveaxis(COLOUR, -1, 0), {"photometric": "rgb", "planarconfig": "separate"}),
    "twelve": (DEEP, {"compressionargs": {"bitspersample": 12}}),
    "lossless": (DEEP, {"compressionargs": {"lossless": True, "bitspersample": 16}}),
}


def save(path: Path, kind: str, layout: dict[str, Any]) -> str:
    voxels, how = KINDS[kind]
    tifffile.imwrite(path, voxels, compression="jpeg", metadata=None, **layout, **how)
    return str(path)


def replace(path: Path, number: int, change: Callable[[bytes], bytes]) -> None:
    """Put another strip or tile behind the end of the file, and point to it."""
    with tifffile.TiffFile(path, mode="r+b") as tif:
        page = tif.pages.first
        kind = "Tile" if page.is_tiled else "Strip"
        offsets, counts = page.tags[f"{kind}Offsets"], page.tags[f"{kind}ByteCounts"]
        begins, sizes = list(page.dataoffsets), list(page.databytecounts)
        handle = tif.filehandle
        handle.seek(begins[number])
        content = change(handle.read(sizes[number]))
        begins[number], sizes[number] = handle.seek(0, 2), len(content)
        handle.write(content)
        offsets.overwrite(tuple(begins), dtype="I")
        counts.overwrite(tuple(sizes), dtype="I")


@pytest.mark.parametrize("layout", [STRIPS, TILES], ids=["strips", "tiles"])
@pytest.mark.parametrize("kind", KINDS)
def test_voxels_are_those_of_tifffile_and_a_cut_stream_is_refused(
    tmp_path: Path, kind: str, layout: dict[str, Any]
) -> None:
    """The cut one keeps its end marker; file and strip or tile are named."""
    path = tmp_path / "image.tif"
    save(path, kind, layout)
    expected = tifffile.imread(path).reshape(KINDS[kind][0].shape)
    found = read_all(str(path))[0, 0, 0]
    assert_array_equal(
        found.squeeze(), np.moveaxis(expected, 0, -1) if kind == "planar" else expected
    )
    replace(path, 2, lambda content: cut(content, 0.7))
    with pytest.raises(SourceError, match=r"(strip|tile) 3: .*(early|premature)") as failure:
        read_all(str(path))
    assert failure.value.where == str(path)


def grey(height: int, width: int) -> bytes:
    return imagecodecs.jpeg8_encode(voxels_of("uint8", height, width, 1)[..., 0])


@pytest.mark.parametrize(
    ("layout", "number", "extents"),
    [
        (STRIPS, 1, (24, 53)),
        (STRIPS, 1, (16, 60)),
        (STRIPS, 1, (8, 53)),
        (STRIPS, 2, (37, 53)),
        (TILES, 0, (32, 32)),
        (TILES, 0, (32, 16)),
        (TILES, 0, (16, 16)),
        (TILES, 5, (5, 22)),
    ],
)
def test_a_picture_that_does_not_fit_its_place_is_refused(
    tmp_path: Path, layout: dict[str, Any], number: int, extents: tuple[int, int]
) -> None:
    """Larger, smaller, and of the same number of voxels in other rows."""
    path = tmp_path / "image.tif"
    save(path, "grey", layout)
    replace(path, number, lambda _: grey(*extents))
    with pytest.raises(SourceError, match=rf"{extents[1]} x {extents[0]} voxels, its place"):
        read_all(str(path))


def ndpi(stream: bytes, starts: list[int], shape: tuple[int, int]) -> bytes:
    """Write a slide of Hamamatsu: one JPEG, and where its restart intervals begin."""
    data, listed = 12, 12 + len(stream)
    bits = listed + 4 * len(starts)
    tags = [
        (256, 4, 1, shape[1]), (257, 4, 1, shape[0]), (258, 3, 3, bits), (259, 3, 1, 7),
        (262, 3, 1, 6), (271, 2, 10, bits + 8), (273, 4, 1, data), (277, 3, 1, 3),
        (278, 4, 1, shape[0]), (279, 4, 1, len(stream)), (284, 3, 1, 1), (530, 3, 2, 0x10001),
        (65420, 4, 1, 1), (65426, 4, len(starts), listed),
    ]  # fmt: skip
    return b"".join(
        [
            struct.pack("<2sHQ", b"II", 42, bits + 20),
            stream,
            struct.pack(f"<{len(starts)}I", *starts),
            struct.pack("<4H12s", 8, 8, 8, 0, b"Hamamatsu"),
            struct.pack("<H", len(tags)),
            *(struct.pack("<HHII", *tag) for tag in tags),
            bytes(8 + 4 * len(tags)),
        ]
    )


def test_a_restart_interval_of_a_slide_is_a_tile(tmp_path: Path) -> None:
    """It has no end of its own; one whose codes end early is refused."""
    path, voxels = tmp_path / "slide.ndpi", voxels_of("uint8", 64, 96, 3)
    stream = by_pillow(voxels, subsampling=0, restart_marker_blocks=4)
    *_, (_, _, begin), (_, end, _) = parts(stream)
    codes = stream[begin:end]
    starts = [0, *(found.end() for found in re.finditer(rb"\xff[\xd0-\xd7]", codes))]
    path.write_bytes(ndpi(stream, [begin + start for start in starts], (64, 96)))
    assert_array_equal(read_all(str(path))[0, 0, 0], tifffile.imread(path))
    half = begin + (starts[5] + starts[6]) // 2
    damaged = stream[:half] + END_MARKER + stream[half + 2 :]
    path.write_bytes(ndpi(damaged, [begin + start for start in starts], (64, 96)))
    with pytest.raises(SourceError, match=r"tile 6: .*early"):
        read_all(str(path))
