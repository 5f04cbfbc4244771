"""N5, judged by tensorstore and by its specification."""

import gzip
import json
import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tensorstore
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.formats.mag_writer import MagVoxels
from wkflow.formats.n5 import decode_block
from wkflow.model.box import Box
from wkflow.model.codec import Codec
from wkflow.model.layer import Layer, lay_grid
from wkflow.model.mag import Mag

from tests.formats.contract import FormatContract
from tests.formats.judges import Block, lay_out_one, with_tensorstore
from tests.formats.stored import SIZE, stored, write_bands
from tests.formats.stored_mags import given_at, layer_of, noise, opened, require_voxels


class TestN5(FormatContract):
    data_format = "n5"
    codecs = ("gzip:1", "zstd:3", "none")
    checked = ("gzip:1", "zstd:3")

    def others_read(self, dataset: Path, voxels: MagVoxels) -> Block:
        array = dataset / voxels.layer.name / str(voxels.grid.mag)
        return np.asarray(with_tensorstore(array, "n5").read().result())


def test_a_block_is_what_the_specification_says(tmp_path: Path) -> None:
    """Mode 0, the extents, big-endian samples; at the border only what is inside."""
    layer = Layer("em", "color", "uint16", 1, SIZE, data_format="n5")
    voxels = stored(tmp_path, layer, "none")
    block = np.arange(np.prod(SIZE), dtype=np.uint16).reshape(1, *SIZE)
    write_bands(voxels, block)
    content = (tmp_path / "em" / "1" / "0" / "5" / "4" / "2").read_bytes()
    assert struct.unpack(">HH4I", content[:20]) == (0, 4, 1, 5, 5, 3)
    samples = np.frombuffer(content[20:], ">u2").reshape(1, 5, 5, 3, order="F")
    assert (samples == block[:, 40:, 32:, 16:]).all()


def test_mags_say_how_large_their_voxels_are(tmp_path: Path) -> None:
    """In nanometers, whatever the unit; tensorstore names the axes."""
    layer = Layer("em", "color", "uint8", 1, SIZE, data_format="n5")
    grid = lay_grid(layer, Mag(2, 2, 1), chunk=(8, 8, 8), shard=(8, 8, 8))
    lay_out_one(tmp_path, layer, (grid,), Codec("gzip", 6))
    store = with_tensorstore(tmp_path / "em" / "2-2-1", "n5")
    assert store.domain.labels == ("c", "x", "y", "z")
    assert [unit and (unit.multiplier, unit.base_unit) for unit in store.dimension_units[1:]] == [
        (22.48, "nm"), (22.48, "nm"), (25.0, "nm"),
    ]  # fmt: skip
    attributes = json.loads((tmp_path / "em" / "2-2-1" / "attributes.json").read_text())
    assert attributes["compression"] == {"type": "gzip", "level": 6, "useZlib": False}
    assert json.loads((tmp_path / "attributes.json").read_text()) == {"n5": "2.5.0"}


VOXELS = noise("uint16", 1, 2, 37, 21, 11)


def write_n5(folder: Path, array: NDArray[Any], block: tuple[int, ...], **further: object) -> None:
    """Write an array whose first axis is N5's first, and fastest."""
    document = {
        "dimensions": array.shape,
        "blockSize": block,
        "dataType": array.dtype.name,
        "compression": {"type": "gzip"},
        **further,
    }
    store = {"driver": "file", "path": str(folder)}
    spec = {"driver": "n5", "kvstore": store, "metadata": document, "create": True}
    tensorstore.open(spec).result().write(array).result()


@pytest.mark.parametrize("kind", ["raw", "gzip", "bzip2", "xz", "zstd"])
def test_compressions(tmp_path: Path, kind: str) -> None:
    """As we lay arrays out: (c, x, y, z)."""
    write_n5(tmp_path / "1", VOXELS[0], (2, 16, 8, 8), compression={"type": kind})
    require_voxels(given_at(tmp_path / "1", "n5", "cxyz"), VOXELS)


def test_arrays_without_channels(tmp_path: Path) -> None:
    """As others lay them out; the properties, the attributes or nobody says so."""
    array = VOXELS[0, 0]
    write_n5(tmp_path / "1", array, (16, 8, 8))
    require_voxels(given_at(tmp_path / "1", "n5", "xyz"), VOXELS[:, :1])
    require_voxels(given_at(tmp_path / "1", "n5"), VOXELS[:, :1])
    write_n5(tmp_path / "2", array.T, (8, 8, 16), axes=["z", "y", "x"])
    require_voxels(given_at(tmp_path / "2", "n5"), VOXELS[:, :1])
    write_n5(tmp_path / "4", VOXELS[0].transpose(1, 2, 3, 0), (8, 8, 16, 1))
    require_voxels(given_at(tmp_path / "4", "n5", "xyzc"), VOXELS)


def test_missing_cut_and_small_blocks(tmp_path: Path) -> None:
    """A missing one is zeros and named; a damaged one is refused."""
    write_n5(tmp_path / "1", VOXELS[0], (2, 16, 8, 8))
    given, block = given_at(tmp_path / "1", "n5", "cxyz"), tmp_path / "1" / "0" / "1" / "0" / "1"
    whole, box = block.read_bytes(), Box((0, 0, 0), (37, 21, 11))
    small = struct.pack(">HH4I", 0, 4, 2, 16, 8, 2) + gzip.compress(bytes(2 * 16 * 8 * 2 * 2))
    for content in (b"", whole[:7], whole[:30], whole[:-1], small):
        block.write_bytes(content)
        with pytest.raises(SourceError, match="is damaged") as failure:
            opened(given, layer_of(VOXELS)).region(0)(box)
        assert failure.value.where == str(block)
    block.unlink()
    mag, expected = opened(given, layer_of(VOXELS)), VOXELS[0].copy()
    expected[:, 16:32, :8, 8:] = 0
    assert mag.absent() == ["1/0/1/0/1"]
    assert_array_equal(mag.region(0)(box), expected, strict=True)


@pytest.mark.parametrize(
    "content", [None, "", "[]", "{}", '{"dimensions": [1, 2], "blockSize": [1, 1]}']
)
def test_attributes_that_are_none_are_refused(tmp_path: Path, content: str | None) -> None:
    """Their file is named."""
    (tmp_path / "1").mkdir()
    if content is not None:
        (tmp_path / "1" / "attributes.json").write_text(content)
    with pytest.raises(SourceError) as failure:
        opened(given_at(tmp_path / "1", "n5"), layer_of(VOXELS))
    assert failure.value.where == str(tmp_path / "1" / "attributes.json")


def test_axes_without_names_are_refused(tmp_path: Path) -> None:
    """There is no guessing of five."""
    write_n5(tmp_path / "1", VOXELS, (1, 2, 16, 8, 8))
    with pytest.raises(SourceError, match="5 axes have no names"):
        opened(given_at(tmp_path / "1", "n5"), layer_of(VOXELS))
    file = tmp_path / "1" / "attributes.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "axes": ["t", "c", "x", "y", "z"]}))
    require_voxels(given_at(tmp_path / "1", "n5"), VOXELS)


BLOCK = np.arange(24, dtype=">u2").reshape(2, 3, 4)


def lz4_part(content: bytes, *, is_raw: bool = False) -> bytes:
    """Write a part of lz4-java's stream."""
    encoded = content if is_raw else imagecodecs.lz4_encode(content)
    token = (0x10 if is_raw else 0x20) | 6
    return b"LZ4Block" + struct.pack("<BIII", token, len(encoded), len(content), 0) + encoded


def block(content: bytes, mode: int = 0) -> bytes:
    """Write a block of x, y, z = 4, 3, 2."""
    head = struct.pack(">HHIII", mode, 3, 4, 3, 2)
    return head + (struct.pack(">I", 24) if mode else b"") + content


@pytest.mark.parametrize("mode", [0, 1])
def test_elements_are_big_endian_and_x_is_fastest(mode: int) -> None:
    """Whether or not the header counts them."""
    found = decode_block(block(BLOCK.tobytes(), mode), np.dtype(">u2"), {"type": "raw"}, BLOCK.size)
    assert_array_equal(found, BLOCK)


def test_lz4_is_a_stream_of_parts() -> None:
    """Compressed or not, until an empty one."""
    content = BLOCK.tobytes()
    stream = lz4_part(content[:20]) + lz4_part(content[20:], is_raw=True) + lz4_part(b"")
    assert_array_equal(
        decode_block(block(stream), np.dtype(">u2"), {"type": "lz4"}, BLOCK.size), BLOCK
    )
    for wrong in (stream[:-21], stream[:30], b"\0" * 30, lz4_part(b"")):
        with pytest.raises((ValueError, RuntimeError, struct.error)):
            decode_block(block(wrong), np.dtype(">u2"), {"type": "lz4"}, BLOCK.size)


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (block(BLOCK.tobytes()[2:]), "raw", "holds 23"),
        (block(BLOCK.tobytes(), 2), "raw", "mode 2"),
        (block(b""), "magic", "not known"),
    ],
)
def test_what_makes_no_sense_is_refused(content: bytes, kind: str, words: str) -> None:
    """Blocks of objects, of too few voxels, of unknown compression."""
    with pytest.raises(ValueError, match=words):
        decode_block(content, np.dtype(">u2"), {"type": kind}, BLOCK.size)
