"""What `wkflow downsample` refuses: each with its exit status, its words, and nothing changed."""

import os
from pathlib import Path

import numpy as np
import pytest
import zarr
from wkflow.locks import dataset_lock

from tests.cli.test_main import lines
from tests.dataset_cases import GREY
from tests.datasets import PROPERTIES, HandLayer, read_mags, write_dataset
from tests.runs import noise, shard_bytes, wkflow
from tests.slow_pyramid import pyramid

pytestmark = pytest.mark.long(
    but=["test_what_is_no_dataset_is_refused", "test_a_shard_that_is_lost_is_named"]
)

EM = HandLayer("em", {"1": GREY})
SHARD = "em/1/c/0/1/0/0"


@pytest.fixture
def em(tmp_path: Path) -> Path:
    """Give a small dataset with its finest mag only."""
    return write_dataset(tmp_path / "set", EM, HandLayer("nuclei", {"1": GREY}))


def refused(folder: Path, status: int, *words: str, options: tuple[str, ...] = ()) -> None:
    """Say that a run ends with a status and a few lines with some words, and leaves no trace."""
    before = shard_bytes(folder) if folder.is_dir() else {}
    run = wkflow("downsample", *options, folder)
    told = "\n".join(lines(run))
    assert run.returncode == status, run.stderr
    for word in words:
        assert word in told
    assert (shard_bytes(folder) if folder.is_dir() else {}) == before


@pytest.mark.parametrize("kind", ["missing", "empty", "file", "broken"])
def test_what_is_no_dataset_is_refused(tmp_path: Path, kind: str) -> None:
    """Nothing there, a folder of something else, a file, or properties that are no JSON."""
    folder = tmp_path / "set"
    if kind == "file":
        folder.write_text("years of work")
    elif kind != "missing":
        folder.mkdir()
        (folder / "thesis.txt").write_text("years of work")
    if kind == "broken":
        (folder / PROPERTIES).write_text('{"dataLayers": [')
    refused(folder, 3, str(folder))
    assert kind != "missing" or not folder.exists()


def test_a_layer_that_is_not_there_is_told_with_its_neighbours(em: Path) -> None:
    """The nearest names are said."""
    refused(em, 2, "nuclie", "nuclei", options=("--layer-name", "nuclie"))


def test_a_mag_that_is_not_there_is_no_beginning(em: Path) -> None:
    """The ones that are there are said."""
    refused(em, 2, "has no mag 2", "it has 1", options=("--from-mag", "2"))


def test_the_coarsest_mag_is_not_finer_than_what_is_there(tmp_path: Path) -> None:
    """The mag that is there is said."""
    coarse = HandLayer("em", {"1": GREY, "4-4-2": GREY[:, :, :12, :10, :18]})
    folder = write_dataset(tmp_path / "set", coarse)
    refused(folder, 2, "mag 2", "4-4-2", options=("--coarsest-mag", "2"))


def test_a_mag_that_cannot_be_reached_is_refused(em: Path) -> None:
    """2-4-1 is on no ladder; and 3 is no mag at all."""
    refused(em, 2, "cannot be reached", options=("--coarsest-mag", "1-1-4"))
    refused(em, 2, "power of two", options=("--coarsest-mag", "3"))


def test_a_shard_that_is_lost_is_named(em: Path) -> None:
    """The others leave no zeros out, so it is no zeros: exit 3, unless a person says otherwise."""
    (em / SHARD).unlink()
    refused(em, 3, SHARD, "mag 1", "layer em")
    run = wkflow("downsample", "--missing-shards", "zeros", em)
    assert run.returncode == 0, run.stderr
    lost = GREY.copy()
    lost[:, :, 32:, :32, :32] = 0
    for mag, voxels in pyramid(HandLayer("em", {"1": lost}), ["2-2-1", "4-4-2"]).items():
        np.testing.assert_array_equal(read_mags(em, EM)[mag], voxels, strict=True)


@pytest.mark.parametrize("how", ["cut", "index", "chunk"])
def test_a_damaged_shard_is_named(em: Path, how: str) -> None:
    """Cut short, a bit of its index or of a chunk's frame flipped: exit 3, and no mag is listed."""
    content = bytearray((em / SHARD).read_bytes())
    if how == "cut":
        del content[len(content) // 2 :]
    else:
        content[{"index": -10, "chunk": 0}[how]] ^= 4
    (em / SHARD).write_bytes(content)
    before = (em / PROPERTIES).read_bytes()
    run = wkflow("downsample", em)
    assert run.returncode == 3, run.stderr
    assert SHARD in "\n".join(lines(run))
    assert (em / PROPERTIES).read_bytes() == before


def test_metadata_that_is_lost_is_named(em: Path) -> None:
    """An array without its zarr.json cannot be read."""
    (em / "em" / "1" / "zarr.json").unlink()
    refused(em, 3, "em/1")


def test_a_cube_that_is_lost_is_named(tmp_path: Path) -> None:
    """Many missing WKW files were left out for their zeros, but a single one was not."""
    folder = write_dataset(tmp_path / "set", HandLayer("em", {"1": GREY}, data_format="wkw"))
    (folder / "em" / "1" / "z0" / "y0" / "x1.wkw").unlink()
    refused(folder, 3, "em/1/z0/y0/x1.wkw", "--missing-shards zeros")


def test_an_incomplete_mag_is_made_anew(tmp_path: Path) -> None:
    """As the official tool leaves it when it is killed: listed, and not all of it written."""
    folder = write_dataset(tmp_path / "set", EM)
    whole = pyramid(EM, ["2-2-1", "4-4-2"])
    torn = np.zeros_like(whole["2-2-1"])
    write_dataset(folder, HandLayer("em", {"2-2-1": torn}))
    write_dataset(tmp_path / "other", HandLayer("em", {"1": GREY, "2-2-1": torn}))
    (folder / PROPERTIES).write_bytes((tmp_path / "other" / PROPERTIES).read_bytes())
    assert not (folder / "em" / "2-2-1" / "c").exists()
    run = wkflow("downsample", folder)
    assert run.returncode == 0, run.stderr
    assert "2-2-1 is not whole" in run.stderr
    found = read_mags(folder, EM)
    for mag, voxels in whole.items():
        np.testing.assert_array_equal(found[mag], voxels, strict=True)


def test_a_folder_of_somebody_else_is_not_written_into(em: Path) -> None:
    """A mag that is on the disk and not in the properties may be another program's."""
    zarr.create_array(em / "em" / "2-2-1", data=noise(1, 23, 19, 35), chunks=(1, 16, 16, 16))
    refused(em, 2, "em/2-2-1", "--overwrite-mags")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_target_that_cannot_be_written_is_refused(em: Path) -> None:
    """Before anything is computed."""
    em.chmod(0o555)
    try:
        refused(em, 2, "cannot be written")
    finally:
        em.chmod(0o755)


def test_a_dataset_has_one_writer_at_a_time(em: Path, tmp_path: Path) -> None:
    """Another run folder is no way around it: exit 5, with the host and the process."""
    with dataset_lock(em):
        refused(em, 5, "another run", f"process {os.getpid()}",
                options=("--work-dir", str(tmp_path / "elsewhere")))  # fmt: skip
    run = wkflow("downsample", em)
    assert run.returncode == 0, run.stderr
