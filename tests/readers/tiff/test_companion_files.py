"""Directories and files of pages, many threads at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import tifffile
from numpy.testing import assert_array_equal
from wkflow.readers.tiff.companion_files import TiffParts

from tests.readers.contract import voxels_of


def test_directories_are_read_whole_by_many_threads(tmp_path: Path) -> None:
    """Who reads one moves the position of the file, and there is but one."""
    path, voxels = tmp_path / "stack.tif", voxels_of("uint8", 40, 9, 7, 1)[..., 0]
    tifffile.imwrite(path, voxels, compression="zlib", metadata=None, photometric="minisblack")
    with tifffile.TiffFile(path) as tif, ThreadPoolExecutor(8) as pool:
        pages, parts = tif.series[0], TiffParts(str(path), tif)
        full = list(pool.map(lambda number: parts.full_page(pages, number), [*range(40)] * 5))
        assert all(isinstance(page, tifffile.TiffPage) for page in full)
        found = np.stack([page.asarray() for page in full[:40]])
    assert_array_equal(found, voxels)


def test_one_file_is_no_list_of_files(tmp_path: Path) -> None:
    """Files are named where there are several; the path is the one the user gave."""
    path = tmp_path / "plane.tif"
    tifffile.imwrite(path, voxels_of("uint8", 9, 7, 1)[..., 0])
    with tifffile.TiffFile(path) as tif:
        parts = TiffParts("as given", tif)
        assert parts.files([tif.pages.first]) == ()
        assert parts.path_of(tif.pages.first) == "as given"
        with parts.descriptor(tif.pages.first) as descriptor:
            assert descriptor == tif.filehandle.fileno()
