"""Which images a TIFF holds, by tifffile's writer."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.source import Header
from wkflow.readers import probe

from tests.readers.contract import read_all, voxels_of

PLAIN: dict[str, Any] = {"metadata": None, "photometric": "minisblack"}


def stack(planes: int, dtype: str = "uint16") -> NDArray[Any]:
    return voxels_of(dtype, planes, 37, 53, 1)[..., 0]


def test_planes_written_one_by_one_are_a_stack(tmp_path: Path) -> None:
    """Each is a series of its own to tifffile; changing the compression does not matter."""
    path, voxels = tmp_path / "stack.tif", stack(4)
    kinds: tuple[dict[str, Any] | None, ...] = ({}, None)
    for metadata in kinds:
        with tifffile.TiffWriter(path) as writer:
            for z, plane in enumerate(voxels):
                compression = "zlib" if z % 2 else None
                writer.write(plane, contiguous=False, metadata=metadata, compression=compression)
        assert_array_equal(read_all(str(path))[0, 0, ..., 0], voxels)


@pytest.mark.parametrize("pages", [5, 12])
@pytest.mark.parametrize(
    "odd", [stack(1, "uint8")[0], stack(1)[0, :20], stack(1)[0, :, :20], stack(1, "int16")[0]]
)
def test_a_page_that_differs_within_a_stack_is_refused(
    tmp_path: Path, pages: int, odd: NDArray[Any]
) -> None:
    """In size or type, wherever it stands: tifffile would read it as if it were page 1."""
    path = tmp_path / "mixed.tif"
    with tifffile.TiffWriter(path) as writer:
        for z, plane in enumerate(stack(pages)):
            writer.write(odd if z == 3 else plane, metadata=None)
    with pytest.raises(SourceError, match=r"page 4 is .*, page 1 is 53 x 37"):
        read_all(str(path))


def test_pages_of_another_size_behind_a_stack_are_an_image(tmp_path: Path) -> None:
    """Neighbours of one size and type belong together, however they are stored."""
    path, voxels, map_ = tmp_path / "two.tif", stack(3), stack(1, "uint8")[0, :9, :7]
    with tifffile.TiffWriter(path) as writer:
        for z, plane in enumerate(voxels):
            writer.write(plane, compression="zlib" if z == 1 else None, **PLAIN)
        writer.write(map_, **PLAIN)
    found = [one.header for one in probe(str(path))]
    assert found == [Header(53, 37, 3, 1, "uint16"), Header(7, 9, 1, 1, "uint8")]
    assert_array_equal(read_all(str(path))[0, 0, ..., 0], voxels)
    assert_array_equal(read_all(str(path), 1)[0, 0, 0, ..., 0], map_)


def test_series_are_images_with_names(tmp_path: Path) -> None:
    """Two OME images and two of tifffile's own: each is read by itself."""
    first, second = stack(3), stack(4, "uint8")
    for ome, names in ((True, ("one", "two")), (False, ("", ""))):
        path = tmp_path / f"series{ome}.tif"
        with tifffile.TiffWriter(path, ome=ome) as writer:
            for voxels, name in ((first, "one"), (second, "two")):
                metadata = {"axes": "ZYX", "Name": name}
                writer.write(voxels, photometric="minisblack", metadata=metadata)
        assert tuple(one.about.name for one in probe(str(path))) == names
        assert_array_equal(read_all(str(path), 0)[0, 0, ..., 0], first)
        assert_array_equal(read_all(str(path), 1)[0, 0, ..., 0], second)


@pytest.mark.parametrize("subifds", [1, 0])
@pytest.mark.parametrize("step", [2, 3])
@pytest.mark.parametrize("kind", [{"metadata": None}, {}, {"ome": True}])
def test_levels_of_a_pyramid_are_no_images(
    tmp_path: Path, subifds: int, step: int, kind: dict[str, Any]
) -> None:
    """Only the full image is read, whether the others are SubIFDs or pages, at any scale."""
    if kind.get("ome") and not subifds:
        return
    plane, path = voxels_of("uint8", 256, 256, 3), tmp_path / "pyramid.tif"
    how: dict[str, Any] = {"photometric": "rgb", "tile": (64, 64)}
    how |= {"metadata": kind["metadata"]} if "metadata" in kind else {}
    with tifffile.TiffWriter(path, ome=kind.get("ome", False)) as writer:
        writer.write(plane, subifds=subifds, **how)
        writer.write(np.ascontiguousarray(plane[::step, ::step]), subfiletype=1, **how)
    assert len(probe(str(path))) == 1
    assert_array_equal(read_all(str(path))[0, 0, 0], plane)


def test_a_pyramid_of_many_planes_is_a_stack(tmp_path: Path) -> None:
    """Its levels are reduced stacks, page after page."""
    path, voxels = tmp_path / "pyramids.tif", stack(12)
    with tifffile.TiffWriter(path) as writer:
        for plane in voxels:
            writer.write(plane, **PLAIN)
            writer.write(np.ascontiguousarray(plane[::4, ::4]), subfiletype=1, **PLAIN)
    assert len(probe(str(path))) == 1
    assert_array_equal(read_all(str(path))[0, 0, ..., 0], voxels)


def test_a_directory_that_is_missing_is_refused(tmp_path: Path) -> None:
    """A header, and nothing behind it."""
    path = tmp_path / "head.tif"
    path.write_bytes(b"II*\0\0\0\0\0")
    with pytest.raises(SourceError, match="directory of pages is missing"):
        probe(str(path))
