"""Chunks of HDF5 by all the filters that h5py and imagecodecs write."""

import zlib
from pathlib import Path
from typing import Any

import h5py
import imagecodecs
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.readers.ims.chunks import LZ4, Chunks

from tests.readers.contract import voxels_of

VOLUME = voxels_of("uint16", 9, 20, 30, 1)[..., 0]
REGION = ((2, 8), (3, 17), (10, 30))
PART = VOLUME[2:8, 3:17, 10:30]


def read(path: Path) -> NDArray[Any]:
    with h5py.File(path) as file:
        out = np.zeros(PART.shape, VOLUME.dtype)
        Chunks.of(file["a"]).read(REGION, out)
        return out


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunks": (4, 8, 16)},
        {"chunks": (4, 8, 16), "compression": "gzip"},
        {"chunks": (4, 8, 16), "compression": "gzip", "shuffle": True},
        {"chunks": (4, 8, 16), "compression": "lzf"},
        {"chunks": (4, 8, 16), "fletcher32": True},
        {"chunks": (4, 8, 16), "dtype": ">u2", "compression": "gzip"},
    ],
)
def test_a_region_is_decoded(tmp_path: Path, options: dict[str, Any]) -> None:
    """By us, or by HDF5 where the filter is none of ours or nothing is in chunks."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("a", data=VOLUME, **options)
    assert_array_equal(read(tmp_path / "a.h5"), PART, strict=True)


def write_lz4(path: Path, *, shuffle: bool) -> None:
    """Write a dataset with filter 32004, chunk by chunk."""
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((4, 8, 16))
    if shuffle:
        plist.set_shuffle()
    plist.set_filter(LZ4, h5py.h5z.FLAG_OPTIONAL, (0,))
    with h5py.File(path, "w") as file:
        space = h5py.h5s.create_simple(VOLUME.shape)
        data = h5py.h5d.create(file.id, b"a", h5py.h5t.NATIVE_UINT16, space, plist)
        for z, y, x in np.ndindex(3, 3, 2):
            chunk = np.zeros((4, 8, 16), VOLUME.dtype)
            part = VOLUME[z * 4 :, y * 8 :, x * 16 :][:4, :8, :16]
            chunk[: part.shape[0], : part.shape[1], : part.shape[2]] = part
            flat = chunk.reshape(-1).view(np.uint8)
            content = flat.reshape(-1, 2).T.tobytes() if shuffle else flat.tobytes()
            data.write_direct_chunk(
                (z * 4, y * 8, x * 16), imagecodecs.lz4h5_encode(content, blocksize=300)
            )


@pytest.mark.parametrize("shuffle", [False, True])
def test_lz4_is_decoded_without_a_plugin(tmp_path: Path, *, shuffle: bool) -> None:
    """In several blocks, with or without shuffled bytes."""
    write_lz4(tmp_path / "a.h5", shuffle=shuffle)
    assert_array_equal(read(tmp_path / "a.h5"), PART, strict=True)


def test_a_filter_that_was_not_applied_is_not_undone(tmp_path: Path) -> None:
    """HDF5 leaves a filter out of a chunk that would not shrink, and marks it."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset("a", VOLUME.shape, "u2", chunks=VOLUME.shape, compression="gzip")
        data.id.write_direct_chunk((0, 0, 0), VOLUME.tobytes(), filter_mask=1)
    assert_array_equal(read(tmp_path / "a.h5"), PART, strict=True)


def test_a_chunk_that_was_never_written_is_the_fill_value(tmp_path: Path) -> None:
    """As HDF5 has it."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset("a", VOLUME.shape, "u2", chunks=(4, 8, 16), fillvalue=7)
        data[:4] = VOLUME[:4]
    found = read(tmp_path / "a.h5")
    assert_array_equal(found[:2], PART[:2])
    assert (found[2:] == 7).all()


@pytest.mark.parametrize("content", [b"", VOLUME.tobytes()[:-2], b"\0" * 20_000])
def test_a_chunk_of_another_size_is_refused(tmp_path: Path, content: bytes) -> None:
    """Too few bytes, or too many, are no voxels."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset("a", VOLUME.shape, "u2", chunks=VOLUME.shape, compression="gzip")
        data.id.write_direct_chunk((0, 0, 0), zlib.compress(content))
    with pytest.raises((ValueError, RuntimeError), match=r"a chunk of 10800|SPACE"):
        read(tmp_path / "a.h5")
