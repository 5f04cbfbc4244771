"""Headers that promise more than their files can hold, in every format.

One process reads them all and says how much memory it took: what a header promises shall not be
allocated. The other half: images of one colour, as small as their codecs make them, are read.
"""

import gzip
import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.testing import assert_allclose
from PIL import Image
from pydicom.uid import RLELossless
from wkflow.model.box import Box
from wkflow.readers import open_images, probe

from tests.readers.dicom.writer import dataset_of, save
from tests.readers.liars import LIARS, mrc_head, sparse_zarr
from tests.readers.real import TESTDATA

GIVEN_BYTES = 300 * 2**20

SPARSE = "sparse.zarr"

SOON_SECONDS = 3
"""Of the processor, for any of them; it takes a third of one, besides the libraries."""

ROOMY_BYTES = 2**30
"""Of address space beyond what the libraries take: an array of nothing needs no memory."""

CHILD = """
import json, resource, sys, time
from pathlib import Path
import h5py, imagecodecs, imageio, PIL.Image, pydicom, pylibCZIrw.czi, simplejpeg, tifffile, zarr
from wkflow.errors import WkflowError
from wkflow.options.settings import Settings
from wkflow.planning.plan_conversion import plan_conversion
from tests.formats.test_size_limits import GIVEN_BYTES, ROOMY_BYTES

def taken():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

def space():
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()

resource.setrlimit(resource.RLIMIT_AS, (space() + ROOMY_BYTES, -1))
before, found = taken(), {}
for path in sys.argv[1:]:
    given = {"source": path, "target": path + ".target", "voxel_size": "10,10,10"}
    begin = time.process_time()
    try:
        plan_conversion(Settings.parse(given, where="test"), is_trial=True)
        answer = [0, "", ""]
    except WkflowError as error:
        answer = [error.exit_status, error.where, error.what]
    found[path] = [*answer, taken() - before, time.process_time() - begin]
print(json.dumps(found))
"""


REPORTED = ("png_absurd", "bmp_absurd", "gif_screen", "ome_sizez_1e9", "dcm_frames_1e9",
            "zarr_zstd_bomb")  # fmt: skip
"""Of the folder of faults: they took gigabytes, or ended without a word."""

Answers = dict[str, list[Any]]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Draw the plan of each file, one after the other, in a process of its own."""
    folder = tmp_path_factory.mktemp("liars")
    paths = []
    for name, make in LIARS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        paths.append(make(folder / name))
    sparse = sparse_zarr(folder / SPARSE)
    return answers_of([*paths, sparse, *reported()])


def reported() -> list[Path]:
    """List the files that were reported, where they are there."""
    folders = [TESTDATA / "faults" / name for name in REPORTED]
    files = (sorted(folder.iterdir()) for folder in folders if folder.is_dir())
    return [next(file for file in found if file.name != "README") for found in files]


def answers_of(paths: list[Path]) -> Answers:
    """Ask one child for all of them: its libraries take the longest."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, paths)],
        capture_output=True, text=True, timeout=300, cwd=root, check=False,
        env=os.environ | {"PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found: Answers = json.loads(done.stdout)
    return found


def test_what_no_file_can_hold_is_refused(answers: Answers) -> None:
    """With status 3 and the file's name, soon, before it is allocated."""
    wrong = {
        Path(path).name: answer
        for path, answer in answers.items()
        if not path.endswith(SPARSE)
        if answer[0] != 3 or not answer[1].startswith(path) or answer[3] > GIVEN_BYTES
    }
    assert not wrong
    assert len(answers) >= len(LIARS)
    assert max(seconds for *_, seconds in answers.values()) < SOON_SECONDS
    assert not [what for _, _, what, *_ in answers.values() if "-" in what.split("GiB")[0][-9:]]


def _one_colour(path: Path) -> Path:
    """Write 2000 x 2000 voxels of one colour, in as few bytes as the codec needs."""
    plane = np.full((2000, 2000), 7, np.uint8)
    kinds: dict[str, dict[str, Any]] = {
        ".png": {"compress_level": 9},
        ".bmp": {},
        ".gif": {},
        ".tga": {"compression": "tga_rle"},
        ".jpg": {"optimize": True, "progressive": "progressive" in path.name, "quality": 90},
        ".webp": {"lossless": "lossless" in path.name},
    }
    if path.suffix in kinds:
        Image.fromarray(plane).save(path, **kinds[path.suffix])
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(mrc_head(*plane.shape, 1) + plane.tobytes(), 9))
    elif path.suffix == ".tif":
        tifffile.imwrite(path, plane, compression=path.stem, rowsperstrip=2000)
    else:
        codecs = [imagecodecs.packbits_encode(plane)]
        stated = dataset_of(plane[None, ..., None])
        head = struct.pack("<16I", 1, 64, *(0,) * 14)
        save(path, stated, [head + codecs[0]], RLELossless)
    return path


@pytest.mark.parametrize(
    "name",
    [
        *("a.png", "a.bmp", "a.gif", "a.tga", "a.jpg", "progressive.jpg"),
        *("lossless.webp", "lossy.webp", "a.mrc.gz", "a.dcm"),
        *(
            f"{kind}.tif"
            for kind in ("zlib", "lzw", "packbits", "zstd", "lzma", "jpeg", "jpeg2000")
        ),
    ],
)
def test_one_colour_is_no_lie(tmp_path: Path, name: str) -> None:
    """As small as its codec makes it, it is read."""
    path = str(_one_colour(tmp_path / name))
    (found,) = probe(path)
    assert found.header.size == (2000, 2000, 1)
    out = np.empty((1, 2000, 2000, found.header.samples), np.uint8)
    with open_images(path) as (image,):
        image.read(Box((0, 0, 0), found.header.size), out)
    assert_allclose(out, 7, rtol=0, atol=1 if "jp" in name or "lossy" in name else 0)


def test_a_sparse_array_of_1e15_voxels_is_planned(answers: Answers) -> None:
    """It may hold what it promises: soon, and in little memory."""
    (found,) = [answer for path, answer in answers.items() if path.endswith(SPARSE)]
    status, _, _, memory, seconds = found
    assert status == 0
    assert memory < GIVEN_BYTES
    assert seconds < SOON_SECONDS


@pytest.mark.testdata
@pytest.mark.skipif(not TESTDATA.is_dir(), reason="the folder shared/testdata is not there")
def test_the_files_that_were_reported_are_refused(answers: Answers) -> None:
    """Six that took gigabytes, or ended without a word."""
    found = {str(path): answers[str(path)] for path in reported()}
    assert len(found) == len(REPORTED)
    assert {answer[0] for answer in found.values()} == {3}
    assert all(answer[1].startswith(path) for path, answer in found.items())
    assert max(answer[3] for answer in found.values()) < GIVEN_BYTES
