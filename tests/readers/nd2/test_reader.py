"""ND2: nobody but Nikon writes such files, so what is made of a real one is tested, and the parts.

The voxels of the real file are compared in test_testdata_containers.
"""

import random
import struct
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from nd2.structures import Position, TimeLoop, XYPosLoop, XYPosLoopParams, ZStackLoop
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.source import Header, ImageInfo
from wkflow.readers import open_images, probe
from wkflow.readers.nd2.reader import Frames, Nd2Image, gaps_of, loops_of, position_names

from tests.readers.contract import part_of, random_box, read_all, read_image, voxels_of

REAL = Path(__file__).parents[3].parent / "shared" / "testdata" / "nd2" / "cluster.nd2"

needs_real = pytest.mark.skipif(not REAL.is_file(), reason="the real file is not there")


def experiment(names: list[str | None]) -> list[Any]:
    points = [Position(stagePositionUm=(0, 0, 0), name=name) for name in names]  # type: ignore[arg-type]
    positions = XYPosLoopParams(isSettingZ=False, points=points)
    return [
        TimeLoop(count=2, nestingLevel=0, parameters=None),  # type: ignore[arg-type]
        XYPosLoop(count=len(names), nestingLevel=1, parameters=positions),
        ZStackLoop(count=4, nestingLevel=2, parameters=None),  # type: ignore[arg-type]
    ]


def test_loops_are_named_from_the_outermost() -> None:
    """Time, position, z; one inside another of its kind, and one nobody knows, by their place."""
    found = loops_of(experiment(["a", None]))
    assert found == (("t", 2), ("p", 2), ("z", 4))
    time, odd = SimpleNamespace(type="TimeLoop", count=2), SimpleNamespace(type="Odd", count=3)
    assert loops_of([time, time, odd]) == (("t", 2), ("t1", 2), ("axis2", 3))  # type: ignore[list-item]


def test_positions_are_named() -> None:
    """By the file, else by their number; without a loop of positions there is one image."""
    assert position_names(experiment(["a", None])) == ["a", "position 2"]
    assert position_names([]) == [""]


@pytest.mark.parametrize("is_compressed", [False, True])
@pytest.mark.parametrize("samples", [1, 3])
def test_frames_are_counted_along_the_loops(samples: int, *, is_compressed: bool) -> None:
    """Rows may be padded; colours are stored blue, green, red; what was not recorded is 0."""
    voxels = voxels_of("uint16", 2, 3, 4, 2, 5, 6, samples)  # t p z c y x s
    stored = np.zeros((24, 5, 6 * 2 * samples + 1), "<u2")
    stored[..., :-1] = voxels.transpose(0, 1, 2, 4, 5, 3, 6).reshape(24, 5, -1)
    parts = [zlib.compress(part.tobytes()) if is_compressed else part.tobytes() for part in stored]
    begins = np.cumsum([0, *map(len, parts)])
    runs = {n: (int(begins[n]), len(part)) for n, part in enumerate(parts) if n != 7}
    content = np.frombuffer(b"".join(parts), np.uint8)
    loops = (("t", 2), ("p", 3), ("z", 4))
    row = stored.strides[1]
    frames = Frames(loops, runs, row, (5, 6, 2, samples), stored.dtype, is_compressed, content)
    voxels[0, 1, 3] = 0
    header = Header(6, 5, 4, samples, "uint16", 2, (("t", 2),))
    found = [gaps_of(frames, position, 24) for position in range(3)]
    assert [gaps.count for gaps in found] == [0, 2, 0]
    assert found[1].named == ("z=3, channel=0, t=0", "z=3, channel=1, t=0")
    assert not gaps_of(frames, 1, 7).count  # it was ended before: a note says so
    for position in range(3):
        image = Nd2Image("there", ImageInfo(header, (1, 1, 1)), position, frames)
        expected = voxels[:, position].swapaxes(1, 2)[..., ::-1]
        assert_array_equal(read_image(image), expected, strict=True)


@needs_real
@pytest.mark.testdata
def test_any_box_of_a_real_file_is_a_part_of_the_whole() -> None:
    """In any order; what lies outside is refused."""
    whole, dice = read_all(str(REAL)), random.Random(1)  # noqa: S311 -- not for secrets
    with open_images(str(REAL)) as (image,):
        for _ in range(20):
            box = random_box(dice, image.probe.header)
            expected = part_of(whole[2, 1], box)
            out = np.zeros_like(expected)
            image.read(box, out, channel=1, frame=2)
            assert_array_equal(out, expected)
        with pytest.raises(SourceError, match="asked for"):
            image.read(Box((0, 0, 0), (1, 1, 1)), out, frame=3)


@needs_real
@pytest.mark.testdata
def test_what_a_real_file_says_is_told() -> None:
    """Voxel size, names and colours."""
    about = probe(str(REAL))[0].about
    assert about.voxel_nm == (167.809, 167.809, 500.0)
    assert [channel.name for channel in about.channels] == ["5-FAM/pH 9.0", "FM 4-64/2% CHAPS"]
    assert about.channels[0].colour == (120, 233, 15)


@needs_real
@pytest.mark.testdata
def test_a_real_file_that_is_cut_is_refused(tmp_path: Path) -> None:
    """Anywhere, the last byte included."""
    whole, path = REAL.read_bytes(), tmp_path / "cut.nd2"
    for share in (0.2, 0.5, 0.9, 1 - 1 / len(whole)):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(SourceError) as failure:
            probe(str(path))
        assert failure.value.where == str(path)


@needs_real
@pytest.mark.testdata
def test_a_frame_that_is_not_in_the_map_is_a_gap(tmp_path: Path) -> None:
    """Named by place; zeros are read for it, and the other planes as they are."""
    whole, path = read_all(str(REAL)), tmp_path / "a.nd2"
    content = REAL.read_bytes()
    at = content.rindex(b"ImageDataSeq|1!")
    path.write_bytes(content[:at] + b"ImageDataSe?|1!" + content[at + 15 :])
    (found,) = probe(str(path))
    assert found.gaps.count == found.header.channels
    read = read_all(str(path))
    lost = (read != whole).any(axis=(1, 3, 4, 5)) if whole.shape[2] > 1 else None
    assert (read != whole).any()
    assert not read[read != whole].any()
    assert lost is None or lost.sum() == 1


@needs_real
@pytest.mark.testdata
@pytest.mark.parametrize(
    ("chunk", "byte"),
    [("ImageTextInfoLV!", 0), ("ImageTextInfoLV!", 0xD8), ("ImageMetadataSeqLV|0!", 0x5A)],
)
def test_voxels_of_a_real_file_do_not_depend_on_texts(
    tmp_path: Path, chunk: str, byte: int
) -> None:
    """Texts that cannot be understood are left out with a note, and the voxels are read."""
    path = damaged(tmp_path / "a.nd2", chunk.encode(), byte)
    (found,) = probe(str(path))
    (note,) = found.about.notes
    assert "is left out" in note
    assert_array_equal(read_all(str(path)), read_all(str(REAL)), strict=True)


@needs_real
@pytest.mark.testdata
@pytest.mark.parametrize(
    ("chunk", "byte"),
    [
        *((chunk, byte) for chunk in ("ImageAttributesLV!", "ImageMetadataLV!")
          for byte in (0, 0x5A, 0xD8)),
        ("ImageMetadataSeqLV|0!", 0),
        ("ImageMetadataSeqLV|0!", 0xD8),
    ],
)  # fmt: skip
def test_a_real_file_whose_axes_cannot_be_known_is_refused(
    tmp_path: Path, chunk: str, byte: int
) -> None:
    """Extents, loops, and which components are colours of one channel."""
    path = damaged(tmp_path / "a.nd2", chunk.encode(), byte)
    with pytest.raises(SourceError, match="is damaged") as failure:
        probe(str(path))
    assert failure.value.where == str(path)


def damaged(path: Path, chunk: bytes, byte: int) -> Path:
    """Copy the real file, with a chunk of one byte only (magic, bytes of name and data, both)."""
    content = bytearray(REAL.read_bytes())
    at = content.index(chunk) - 16
    _, name_bytes, data_bytes = struct.unpack("<IIQ", content[at : at + 16])
    begin = at + 16 + name_bytes
    content[begin : begin + data_bytes] = bytes([byte]) * data_bytes
    path.write_bytes(content)
    return path


@needs_real
@pytest.mark.testdata
def test_damage_to_a_real_file_gives_voxels_or_a_source_error(tmp_path: Path) -> None:
    """In the header, in the attributes, and in the map of chunks."""
    whole, path = np.frombuffer(REAL.read_bytes(), np.uint8), tmp_path / "damaged.nd2"
    generator = np.random.default_rng(3)
    for begin, end in ((4, 200), (4096, 13000), (20480, 50000), (len(whole) - 9000, len(whole))):
        for _ in range(15):
            damaged = whole.copy()
            damaged[generator.integers(begin, end, 3)] = generator.integers(0, 256, 3)
            path.write_bytes(damaged.tobytes())
            try:
                probe(str(path))
            except SourceError as error:
                assert error.where == str(path)  # noqa: PT017 -- reading well is fine, too


@pytest.mark.parametrize(
    ("content", "words"), [(None, "is not there"), (b"", "is empty"), (b"GIF89a", "holds GIF")]
)
def test_what_is_no_nd2_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    """In plain words."""
    path = tmp_path / "odd.nd2"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=words):
        probe(str(path))
