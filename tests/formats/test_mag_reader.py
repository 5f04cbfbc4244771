"""What holds for mags of every format: arrays that contradict their layer, and other files."""

import posixpath
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import zarr
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.formats.dataset_files import LocalFiles
from wkflow.formats.mag_reader import open_mag
from wkflow.model.box import Box
from wkflow.model.stored_mag import StoredMag

from tests.formats.stored_mags import given_at, grid_of, layer_of, noise, opened

VOXELS = noise("uint8", 1, 2, 30, 20, 10)


class Elsewhere:
    """Files as a server gives them: no folder can be listed."""

    def __init__(self, root: Path) -> None:
        self.files = LocalFiles(root)
        self.asked: list[str] = []

    def whole(self, name: str) -> bytes | None:
        self.asked.append(name)
        return self.files.whole(name)

    def part(self, name: str, begin: int, end: int) -> bytes | None:
        self.asked.append(name)
        return self.files.part(name, begin, end)

    def tail(self, name: str, count: int) -> bytes | None:
        self.asked.append(name)
        return self.files.tail(name, count)

    def size(self, name: str) -> int | None:
        return self.files.size(name)

    def where(self, name: str) -> str:
        return posixpath.join("https://wk", name)

    def close(self) -> None:
        self.files.close()


@pytest.mark.parametrize(
    ("axes", "changes", "said"),
    [
        ("cxyz", {"dtype": "uint16"}, "holds uint8, where the properties have uint16"),
        ("cxyz", {"channels": 3}, "has 2 channels, where the properties have 3"),
        ("xyz", {}, "is an array of 4 axes, where the properties have x, y, z"),
        ("txyz", {"channels": 1}, "has the axes t, which the properties do not have"),
        ("cxyz", {"axes": (("t", 2),)}, "lacks the axes t, which the properties have"),
    ],
)
def test_an_array_that_contradicts_its_layer_is_refused(
    tmp_path: Path, axes: str, changes: dict[str, Any], said: str
) -> None:
    """Both are named."""
    zarr.create_array(tmp_path / "1", data=VOXELS[0], chunks=(1, 8, 8, 8))
    layer = layer_of(VOXELS)
    for name, value in changes.items():
        object.__setattr__(layer, name, value)
    with pytest.raises(SourceError, match=said) as failure:
        opened(given_at(tmp_path / "1", "zarr3", axes), layer)
    assert failure.value.where == str(tmp_path / "1" / "zarr.json")


def test_a_format_that_is_not_known_is_named(tmp_path: Path) -> None:
    """With those that are."""
    with pytest.raises(SourceError, match="format tiff") as failure:
        opened(given_at(tmp_path / "1", "tiff"), layer_of(VOXELS))
    assert "zarr3" in failure.value.remedy


def test_a_mag_may_lie_anywhere(tmp_path: Path) -> None:
    """Its path may be absolute, or lead out of the dataset."""
    zarr.create_array(tmp_path / "far" / "1", data=VOXELS[0], chunks=(1, 8, 8, 8))
    (tmp_path / "near").mkdir()
    layer = layer_of(VOXELS)
    for path in (str(tmp_path / "far" / "1"), "../far/1", "./../far/1/"):
        given = StoredMag(str(tmp_path / "near"), path, "zarr3")
        mag = opened(given, layer)
        assert_array_equal(mag.region(0)(Box((0, 0, 0), layer.size)), VOXELS[0], strict=True)
        assert mag.absent() == []


def test_threads_read_at_once(tmp_path: Path) -> None:
    """Each its own boxes."""
    zarr.create_array(tmp_path / "1", data=VOXELS[0], chunks=(1, 4, 4, 4), shards=(2, 8, 8, 8))
    region = opened(given_at(tmp_path / "1", "zarr3"), layer_of(VOXELS)).region(0)
    boxes = [Box((0, y, z), (30, y + 4, z + 5)) for y in range(0, 20, 4) for z in (0, 5)] * 10
    with ThreadPoolExecutor(4) as pool:
        for box, found in zip(boxes, pool.map(region, boxes), strict=True):
            y, z = box.begin[1:]
            assert_array_equal(found, VOXELS[0, :, :, y : y + 4, z : z + 5], strict=True)


def test_a_server_is_asked_seldom(tmp_path: Path) -> None:
    """Once for the metadata, once for the index of a shard, and once for all of its chunks."""
    zarr.create_array(tmp_path / "1", data=VOXELS[0], chunks=(1, 4, 4, 4), shards=(2, 32, 12, 12))
    files, layer = Elsewhere(tmp_path), layer_of(VOXELS)
    mag = open_mag(files, given_at(tmp_path / "1", "zarr3"), layer, grid_of(layer))
    found = mag.region(0)(Box((0, 0, 0), layer.size))
    assert_array_equal(found, VOXELS[0], strict=True)
    shards = ["1/c/0/0/0/0"] * 2 + ["1/c/0/0/1/0"] * 2
    assert files.asked == ["1/zarr.json", *shards]
    mag.region(0)(Box((0, 0, 0), (1, 1, 1)))
    assert len(files.asked) == 6
    assert mag.absent() == []
    assert mag.where() == "https://wk/1"
    (tmp_path / "1" / "c" / "0" / "0" / "1" / "0").unlink()
    assert mag.absent() == ["1/c/0/0/1/0"]
