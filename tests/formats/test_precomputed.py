"""Neuroglancer's precomputed volumes, judged by tensorstore."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.formats.layout import lay_out
from wkflow.formats.mag_writer import MagVoxels
from wkflow.formats.table import format_of
from wkflow.model.box import Box
from wkflow.model.codec import Codec
from wkflow.model.layer import ITEM_BYTES, Layer, lay_grid
from wkflow.model.mag import Mag

from tests.formats.contract import FormatContract
from tests.formats.judges import Block, with_tensorstore
from tests.formats.stored import SIZE, stored, write_bands
from tests.formats.stored_mags import given_at, noise, opened
from tests.readers.dataset.test_precomputed import write_volume

LAYER = Layer("em", "color", "uint8", 1, SIZE, data_format="neuroglancerPrecomputed")


class TestPrecomputed(FormatContract):
    data_format = "neuroglancerPrecomputed"
    codecs = ("none",)
    dtypes = tuple(sorted(set(ITEM_BYTES) - {"int64", "float64"}))

    def others_read(self, dataset: Path, voxels: MagVoxels) -> Block:
        store = with_tensorstore(
            dataset / voxels.layer.name,
            "neuroglancer_precomputed",
            scale_metadata={"key": str(voxels.grid.mag)},
        )
        return np.moveaxis(np.asarray(store.read().result()), 3, 0)


def test_chunks_are_named_after_their_voxels(tmp_path: Path) -> None:
    """Begin and end along x, y and z; the last ones end with the volume."""
    voxels = stored(tmp_path, LAYER, "none")
    write_bands(voxels, np.ones((1, *SIZE), np.uint8))
    assert (tmp_path / "em" / "1" / "0-8_8-16_0-8").stat().st_size == 512
    assert (tmp_path / "em" / "1" / "40-45_32-37_16-19").stat().st_size == 5 * 5 * 3


def test_the_volume_is_described_in_nanometers(tmp_path: Path) -> None:
    """One scale for each mag, finest first, by the name of its folder."""
    labels = replace(LAYER, category="segmentation", dtype="uint32")
    grids = tuple(
        lay_grid(labels, mag, chunk=(16, 16, 8), shard=(16, 16, 8))
        for mag in (Mag(1, 1, 1), Mag(2, 2, 1))
    )
    lay_out(
        tmp_path, labels, grids, Codec("none", 0), voxel_size=(0.5, 0.5, 2.0), unit="micrometer"
    )
    info = json.loads((tmp_path / "em" / "info").read_text())
    assert info["type"] == "segmentation"
    assert [(one["key"], one["resolution"], one["size"]) for one in info["scales"]] == [
        ("1", [500, 500, 2000], [45, 37, 19]),
        ("2-2-1", [1000, 1000, 2000], [23, 19, 19]),
    ]
    assert info["scales"][0]["chunk_sizes"] == [[16, 16, 8]]


@pytest.mark.parametrize("dtype", ["int64", "float64"])
def test_other_dtypes_are_refused(dtype: str) -> None:
    """No volume of Neuroglancer has them."""
    refuse = format_of("neuroglancerPrecomputed").refuse
    assert refuse(replace(LAYER, dtype=dtype)) == f"precomputed volumes know no {dtype}"
    assert refuse(replace(LAYER, dtype="uint64")) is None


ARRAY = noise("uint16", 2, 11, 37, 53)
"""(c, z, y, x)."""

EM = Layer("em", "color", "uint16", 2, (63, 17, 11))


def test_an_offset_is_kept(tmp_path: Path) -> None:
    """Boxes are counted from the dataset's origin; outside of the volume stand zeros."""
    write_volume(tmp_path / "em", ARRAY)
    region = opened(given_at(tmp_path / "em" / "4_4_40", "neuroglancerPrecomputed"), EM).region(0)
    found = region(Box((0, 0, 0), (63, 17, 11)))
    assert not found[:, :10].any()
    assert_array_equal(found[:, 10:], ARRAY[..., 20:, :].T.transpose(3, 0, 1, 2))
    assert_array_equal(region(Box((21, 3, 2), (30, 16, 9))), found[:, 21:30, 3:16, 2:9])
    assert found.T.flags.c_contiguous


@pytest.mark.parametrize("encoding", ["raw", "gzip"])
@pytest.mark.parametrize("hashed", ["identity", "murmurhash3_x86_128"])
def test_shards(tmp_path: Path, encoding: str, hashed: str) -> None:
    """They are named when they are missing, and when they are cut."""
    stated = {
        "hash": hashed, "minishard_index_encoding": encoding, "data_encoding": encoding,
        "preshift_bits": 1, "minishard_bits": 1, "shard_bits": 2,
    }  # fmt: skip
    write_volume(tmp_path / "em", ARRAY, "raw", stated)
    given, box = (
        given_at(tmp_path / "em" / "4_4_40", "neuroglancerPrecomputed"),
        Box((10, 0, 0), (63, 17, 11)),
    )
    mag = opened(given, EM)
    expected = ARRAY[..., 20:, :].transpose(0, 3, 2, 1)
    assert_array_equal(mag.region(0)(box), expected)
    assert mag.absent() == []
    assert not mag.shows_gaps()
    file = min((tmp_path / "em" / "4_4_40").iterdir())
    whole = file.read_bytes()
    for end in (3, 20, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:end])
        with pytest.raises(SourceError, match="is damaged") as failure:
            opened(given, EM).region(0)(box)
        assert failure.value.where == str(file)
    file.unlink()
    gone = opened(given, EM)
    assert [Path(name).name for name in gone.absent()] == [file.name]
    found = gone.region(0)(box)
    assert ((found == expected) | (found == 0)).all()
    assert (found == 0).any()


def test_missing_and_compressed_chunks(tmp_path: Path) -> None:
    """A chunk may lie there as cloud-volume writes it."""
    write_volume(tmp_path / "em", ARRAY)
    folder = tmp_path / "em" / "4_4_40"
    packed, gone = folder / "26-42_-4-12_0-8", folder / "10-26_-4-12_8-11"
    packed.with_name(f"{packed.name}.gz").write_bytes(gzip.compress(packed.read_bytes()))
    packed.unlink()
    gone.unlink()
    (folder / "10-26_-20--4_0-8").unlink()  # no voxel of the layer's box
    given = given_at(folder, "neuroglancerPrecomputed")
    mag = opened(given, EM)
    assert [Path(name).name for name in mag.absent()] == [gone.name]
    found = mag.region(0)(Box((10, 0, 0), (63, 17, 11)))
    expected = ARRAY[..., 20:, :].transpose(0, 3, 2, 1).copy()
    expected[:, :16, :12, 8:] = 0
    assert_array_equal(found, expected)
    packed.with_name(f"{packed.name}.gz").write_bytes(b"\x1f\x8b cut")
    with pytest.raises(SourceError, match="is damaged") as failure:
        opened(given, EM).region(0)(Box((10, 0, 0), (63, 17, 11)))
    assert failure.value.where == f"{packed}.gz"


def test_an_info_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """Missing, without that scale, or of an encoding that is not known."""
    given = given_at(tmp_path / "em" / "4_4_40", "neuroglancerPrecomputed")
    info = tmp_path / "em" / "info"
    with pytest.raises(SourceError, match="is missing") as failure:
        opened(given, EM)
    assert failure.value.where == str(info)
    write_volume(tmp_path / "em", ARRAY)
    document = json.loads(info.read_bytes())
    other = given_at(tmp_path / "em" / "8_8_40", "neuroglancerPrecomputed")
    with pytest.raises(SourceError, match="no scale of the key 8_8_40"):
        opened(other, EM)
    document["scales"][0]["encoding"] = "compresso"
    info.write_text(json.dumps(document))
    with pytest.raises(SourceError, match="encoded as compresso"):
        opened(given, EM)
    document["scales"][0]["sharding"] = {"hash": "md5"}
    info.write_text(json.dumps(document))
    with pytest.raises(SourceError, match="md5"):
        opened(given, EM)


def test_segments_that_do_not_shrink(tmp_path: Path) -> None:
    """A compressed chunk may be longer than its voxels."""
    labels = np.arange(11 * 37 * 53, dtype="u8").reshape(1, 11, 37, 53) * 2**33
    stated = {
        "hash": "identity", "minishard_index_encoding": "raw", "data_encoding": "raw",
        "preshift_bits": 0, "minishard_bits": 0, "shard_bits": 0,
    }  # fmt: skip
    write_volume(tmp_path / "seg", labels, "compressed_segmentation", stated)
    layer = Layer("seg", "segmentation", "uint64", 1, (63, 17, 11))
    mag = opened(given_at(tmp_path / "seg" / "4_4_40", "neuroglancerPrecomputed"), layer)
    found = mag.region(0)(Box((10, 0, 0), (63, 17, 11)))
    assert_array_equal(found, labels[..., 20:, :].transpose(0, 3, 2, 1))
