"""Zarr stores written by zarr-python, plain ones and OME-Zarr."""

import json
import warnings
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import tensorstore
import zarr
import zarr.codecs as z
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.source import Channel
from wkflow.readers import open_images, probe

from tests.readers.contract import read_all, voxels_of
from tests.readers.dataset.contract import StoreContract

VOLUME = voxels_of("uint16", 5, 37, 53, 1)[..., 0]

AXES = [
    {"name": "t", "type": "time"},
    {"name": "c", "type": "channel"},
    *({"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"),
]


def write_ome(folder: Path, levels: list[NDArray[Any]], version: str, **further: object) -> None:
    """Write a pyramid whose axes are t, c, z, y, x, or the last of them."""
    zarr_format = 3 if version == "0.5" else 2
    group = zarr.create_group(folder, zarr_format=zarr_format)
    axes = AXES[-levels[0].ndim :]
    steps = [
        {
            "path": f"level{number}",
            "coordinateTransformations": [
                {"type": "scale", "scale": [1, 1, 0.5, 0.25, 0.25][-len(axes) :]}
            ],
        }
        for number, _ in enumerate(levels)
    ]
    whole = [{"type": "scale", "scale": [1, 1, 2, 1, 1][-len(axes) :]}]
    pyramid = {"axes": axes, "datasets": steps, "coordinateTransformations": whole, "name": "any"}
    for number, level in enumerate(levels):
        group.create_array(f"level{number}", data=level, chunks=(1, 1, 4, 16, 16)[-level.ndim :])
    attributes = {"multiscales": [pyramid], **further}
    group.attrs.update(
        {"ome": {"version": "0.5", **attributes}} if zarr_format == 3 else attributes
    )


class TestOmeZarr04(StoreContract):
    version = "0.4"

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        write_ome(path, [voxels[..., 0], voxels[..., ::2, ::2, 0]], self.version)


class TestOmeZarr05(TestOmeZarr04):
    version = "0.5"


class TestPlainArray(StoreContract):
    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        array = voxels[..., 0]
        zarr.create_array(path, data=array, chunks=(1, 1, 4, 16, 16), shards=(1, 2, 8, 32, 32))


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_what_the_attributes_say_is_told(tmp_path: Path, version: str) -> None:
    """Voxel size, channels, and the documents that say it; the grain is a chunk."""
    omero = {
        "channels": [
            {"label": "DNA", "color": "00FF80", "window": {"start": 3, "end": 99, "min": 0}},
            {"label": "rest", "color": "red"},
        ]
    }
    write_ome(tmp_path / "a", [np.zeros((3, 2, 5, 37, 53), "u1")], version, omero=omero)
    (found,) = probe(str(tmp_path / "a"))
    assert found.grain == (16, 16, 4)
    assert found.about.voxel_nm == (250.0, 250.0, 1000.0)
    assert found.about.channels == (
        Channel("DNA", (0, 255, 128), (3.0, 99.0)),
        Channel("rest", None, None),
    )
    assert found.about.name == ""
    assert found.files[0] == str(tmp_path / "a")
    assert all(Path(file).is_file() for file in found.files[1:])
    assert len(found.files) == {"0.4": 5, "0.5": 3}[version]


def test_labels_are_images_named_by_themselves(tmp_path: Path) -> None:
    """Each group of `labels` is a pyramid of its own."""
    write_ome(tmp_path / "a", [VOLUME], "0.5")
    labels = zarr.create_group(tmp_path / "a" / "labels")
    labels.attrs["ome"] = {"labels": ["nuclei", "cells"]}
    for number, name in enumerate(["nuclei", "cells"]):
        write_ome(tmp_path / "a" / "labels" / name, [VOLUME.astype("u4") + number], "0.5")
    found = probe(str(tmp_path / "a"))
    assert [one.about.name for one in found] == ["", "nuclei", "cells"]
    assert [one.header.dtype for one in found] == ["uint16", "uint32", "uint32"]
    assert_array_equal(read_all(str(tmp_path / "a"), 2)[0, 0, ..., 0], VOLUME.astype("u4") + 1)


@pytest.mark.parametrize(
    ("axes", "shape"),
    [(["x", "y", "z"], (53, 37, 5)), (["z", "x", "y"], (5, 53, 37)), (None, (5, 37, 53))],
)
def test_axes_come_in_any_order(
    tmp_path: Path, axes: list[str] | None, shape: tuple[int, ...]
) -> None:
    """Where the dimensions of v3 are named, they are turned; else the last is x."""
    order = ["zyx".index(axis) for axis in axes or "zyx"]
    turned = VOLUME.transpose(order)
    assert turned.shape == shape
    zarr.create_array(tmp_path / "a", data=turned, chunks=(7, 7, 7), dimension_names=axes)
    assert_array_equal(read_all(str(tmp_path / "a"))[0, 0, ..., 0], VOLUME, strict=True)


def test_dimensions_of_v2_may_be_named(tmp_path: Path) -> None:
    """As xarray does."""
    array = zarr.create_array(tmp_path / "a", data=VOLUME, chunks=(2, 9, 9), zarr_format=2)
    array.attrs["_ARRAY_DIMENSIONS"] = ["time", "y", "x"]
    assert probe(str(tmp_path / "a"))[0].header.axes == (("t", 5),)


def test_every_array_of_plain_groups_is_an_image(tmp_path: Path) -> None:
    """Named by its path, in natural order; what is neither group nor array is passed over."""
    root = zarr.create_group(tmp_path / "a")
    for name in ("raw10", "raw9", "deep/er/labels"):
        root.create_array(name, data=VOLUME[0], chunks=(16, 16))
    (tmp_path / "a" / ".hidden").mkdir()
    found = probe(str(tmp_path / "a"))
    assert [one.about.name for one in found] == ["deep/er/labels", "raw9", "raw10"]


def test_wells_of_a_plate_are_images(tmp_path: Path) -> None:
    """Pyramids are found in groups of groups."""
    zarr.create_group(tmp_path / "a", zarr_format=2)
    zarr.create_group(tmp_path / "a" / "B" / "3", zarr_format=2)
    write_ome(tmp_path / "a" / "B" / "3" / "0", [VOLUME], "0.4")
    assert [one.about.name for one in probe(str(tmp_path / "a"))] == ["B/3/0"]


def test_old_ome_zarr_has_no_axes(tmp_path: Path) -> None:
    """0.1 and 0.2: five axes, t to x; 0.3 gives their names."""
    group = zarr.create_group(tmp_path / "a", zarr_format=2)
    group.create_array("0", data=VOLUME[None, None], chunks=(1, 1, 5, 9, 9))
    group.attrs["multiscales"] = [{"datasets": [{"path": "0"}]}]
    assert probe(str(tmp_path / "a"))[0].header.size == (53, 37, 5)
    group.attrs["multiscales"] = [{"datasets": [{"path": "0"}], "axes": list("tzcyx")}]
    header = probe(str(tmp_path / "a"))[0].header
    assert (header.planes, header.channels) == (1, 5)


@pytest.mark.parametrize("dtype", [">u2", ">f8", "?", "<f2"])
def test_big_endian_and_bool_become_native(tmp_path: Path, dtype: str) -> None:
    """Truth becomes 0 and 1."""
    data = (VOLUME % 2).astype(dtype)
    zarr.create_array(tmp_path / "a", data=data, chunks=(2, 9, 9), zarr_format=2)
    found = read_all(str(tmp_path / "a"))[0, 0, ..., 0]
    expected = data.astype(np.dtype(dtype).newbyteorder("=") if dtype != "?" else "u1")
    assert_array_equal(found, expected, strict=True)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (np.zeros((2, 2), "c8"), "complex64, which cannot be shown"),
        (np.zeros(5, "u1"), "1 axes that have no names"),
        (np.zeros((0, 5), "u1"), "empty array"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path: Path, data: NDArray[Any], words: str) -> None:
    """Complex numbers, lines, and arrays without an element."""
    zarr.create_array(tmp_path / "a", data=data, chunks=(2,) * data.ndim)
    with pytest.raises(SourceError, match=words) as failure:
        probe(str(tmp_path / "a"))
    assert failure.value.where == str(tmp_path / "a")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"node_type": "array"}'])
def test_a_damaged_document_is_refused(tmp_path: Path, content: bytes) -> None:
    """Whether it is no JSON or says too little."""
    zarr.create_array(tmp_path / "a", data=VOLUME, chunks=(2, 9, 9))
    (tmp_path / "a" / "zarr.json").write_bytes(content)
    with pytest.raises(SourceError) as failure:
        probe(str(tmp_path / "a"))
    assert failure.value.where == str(tmp_path / "a")


def test_a_level_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """It is named."""
    write_ome(tmp_path / "a", [VOLUME], "0.5")
    document = tmp_path / "a" / "zarr.json"
    changed = json.loads(document.read_bytes())
    changed["attributes"]["ome"]["multiscales"][0]["datasets"][0]["path"] = "s0"
    document.write_text(json.dumps(changed))
    with pytest.raises(SourceError, match="the array s0 is not there"):
        probe(str(tmp_path / "a"))


COUNTED = voxels_of("uint16", 10, 37, 53, 1)[..., 0]
CHUNK = (4, 16, 16)

V3: dict[str, dict[str, Any]] = {
    "raw": {"compressors": None},
    "zstd": {"compressors": z.ZstdCodec(level=3, checksum=True)},
    "gzip": {"compressors": z.GzipCodec()},
    "blosc": {"compressors": z.BloscCodec(cname="zlib", shuffle="bitshuffle")},
    "crc": {"compressors": [z.ZstdCodec(), z.Crc32cCodec()]},
    "big": {"serializer": z.BytesCodec(endian="big")},
    "turned": {"filters": z.TransposeCodec(order=(2, 0, 1))},
    "shards": {"shards": (8, 32, 64)},
    "shards turned": {"shards": (8, 32, 64), "filters": z.TransposeCodec(order=(2, 1, 0))},
    "flat names": {"chunk_key_encoding": {"name": "v2", "separator": "."}},
}

V2: dict[str, dict[str, Any]] = {
    "raw": {"compressors": None},
    "blosc": {"compressors": numcodecs.Blosc("lz4")},
    "zlib": {"compressors": numcodecs.Zlib()},
    "gzip": {"compressors": numcodecs.GZip()},
    "bz2": {"compressors": numcodecs.BZ2()},
    "lz4": {"compressors": numcodecs.LZ4()},
    "lzma": {"compressors": numcodecs.LZMA()},
    "zstd": {"compressors": numcodecs.Zstd()},
    "fortran": {"order": "F"},
    "nested": {"chunk_key_encoding": {"name": "v2", "separator": "/"}},
}

BY_LIBRARY: dict[str, dict[str, Any]] = {
    "checksum": {"zarr_format": 2, "filters": [numcodecs.Fletcher32()]},
    "numcodecs in v3": {"compressors": [{"name": "numcodecs.lzma", "configuration": {}}]},
}


def require_all(path: Path) -> None:
    """Compare all, and a box that no chunk begins or ends at."""
    assert_array_equal(read_all(str(path))[0, 0, ..., 0], COUNTED, strict=True)
    with open_images(str(path)) as (image,):
        found = image.stored.fetch(((3, 9), (5, 35), (15, 52)))  # type: ignore[attr-defined]
    assert_array_equal(found, COUNTED[3:9, 5:35, 15:52], strict=True)


@pytest.mark.parametrize("kind", V3)
def test_codecs_of_v3(tmp_path: Path, kind: str) -> None:
    """zarr-python writes them."""
    zarr.create_array(tmp_path / "a", data=COUNTED, chunks=CHUNK, **V3[kind])
    require_all(tmp_path / "a")


@pytest.mark.parametrize("kind", V2)
def test_codecs_of_v2(tmp_path: Path, kind: str) -> None:
    """By numcodecs."""
    zarr.create_array(tmp_path / "a", data=COUNTED, chunks=CHUNK, zarr_format=2, **V2[kind])
    require_all(tmp_path / "a")


@pytest.mark.parametrize("kind", BY_LIBRARY)
def test_codecs_that_are_left_to_the_library(tmp_path: Path, kind: str) -> None:
    """The voxels are the same, and what it warns of is not the user's business."""
    with warnings.catch_warnings(action="ignore"):
        zarr.create_array(tmp_path / "a", data=COUNTED, chunks=CHUNK, **BY_LIBRARY[kind])
    require_all(tmp_path / "a")


@pytest.mark.parametrize("location", ["start", "end"])
def test_shards_of_tensorstore(tmp_path: Path, location: str) -> None:
    """With the index before or behind the chunks."""
    inner = [
        {"name": "transpose", "configuration": {"order": [1, 2, 0]}},
        {"name": "bytes", "configuration": {"endian": "big"}},
        {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "shuffle"}},
    ]
    shards = {"chunk_shape": CHUNK, "codecs": inner, "index_location": location}
    written = tensorstore.open(
        {
            "driver": "zarr3",
            "kvstore": {"driver": "file", "path": str(tmp_path / "a")},
            "metadata": {
                "shape": COUNTED.shape,
                "data_type": "uint16",
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [8, 32, 32]}},
                "codecs": [{"name": "sharding_indexed", "configuration": shards}],
            },
            "create": True,
        }
    ).result()
    written.write(COUNTED).result()
    require_all(tmp_path / "a")
    with open_images(str(tmp_path / "a")) as (image,):
        assert image.probe.grain == CHUNK[::-1]


@pytest.mark.parametrize("fill", [0, 7])
@pytest.mark.parametrize("shards", [None, (8, 32, 64)])
def test_what_was_never_written_is_the_fill_value(
    tmp_path: Path, shards: tuple[int, ...] | None, fill: int
) -> None:
    """A file that is missing, and a chunk that is missing in a shard."""
    array = zarr.create_array(
        tmp_path / "a",
        shape=COUNTED.shape,
        chunks=CHUNK,
        shards=shards,
        dtype="u2",
        fill_value=fill,
    )
    array[:4, :16, :16] = COUNTED[:4, :16, :16]
    expected = np.full_like(COUNTED, fill)
    expected[:4, :16, :16] = COUNTED[:4, :16, :16]
    assert_array_equal(read_all(str(tmp_path / "a"))[0, 0, ..., 0], expected, strict=True)


@pytest.mark.parametrize("kind", V3)
def test_a_chunk_that_is_cut_is_refused(tmp_path: Path, kind: str) -> None:
    """Wherever: an empty file, half of one, and one that lacks a byte."""
    zarr.create_array(tmp_path / "a", data=COUNTED, chunks=CHUNK, **V3[kind])
    files = [path for path in (tmp_path / "a").rglob("*") if path.name != "zarr.json"]
    file = next(path for path in files if path.is_file())
    whole = file.read_bytes()
    for end in (0, 1, 15, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:end])
        with pytest.raises(SourceError) as failure:
            read_all(str(tmp_path / "a"))
        assert failure.value.where == str(tmp_path / "a")


def test_a_shard_whose_index_is_first_may_be_cut_too(tmp_path: Path) -> None:
    """The chunks are behind the end then."""
    codec = z.ShardingCodec(chunk_shape=CHUNK, index_location="start")
    zarr.create_array(
        tmp_path / "a", data=COUNTED, chunks=(12, 48, 64), serializer=codec, compressors=None
    )
    require_all(tmp_path / "a")
    file = tmp_path / "a" / "c" / "0" / "0" / "0"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(SourceError, match="cut short"):
        read_all(str(tmp_path / "a"))


def test_strings_are_no_voxels(tmp_path: Path) -> None:
    """They are left to the library, and refused."""
    zarr.create_array(tmp_path / "a", shape=(2, 2), chunks=(1, 1), dtype="S4", zarr_format=2)
    with pytest.raises(SourceError, match="cannot be shown"):
        probe(str(tmp_path / "a"))
