"""Slices that cannot be used: all are named in one run, and nothing looks finished."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from wkflow.model.write_datasource import PROPERTIES

from tests.cli.test_main import lines
from tests.runs import VOXEL_SIZE, noise, voxels, wkflow, write_stack

pytestmark = pytest.mark.long(
    but=[
        "test_all_bad_slices_are_named_in_one_run",
        "test_a_mended_slice_ends_the_run",
        "test_smaller_slices_are_padded_on_request",
    ]
)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """Give a stack of 70 slices: three shards in z."""
    return write_stack(tmp_path / "stack", noise(70, 40, 50))


def refused(source: Path, *options: str, status: int = 3) -> str:
    """Convert, expect the exit status and no dataset that looks finished; give what was told."""
    target = source.with_name("out")
    run = wkflow("convert", *VOXEL_SIZE, *options, source, target)
    assert run.returncode == status, run.stderr
    assert not (target / PROPERTIES).exists()
    return "\n".join(lines(run))


def test_all_bad_slices_are_named_in_one_run(stack: Path) -> None:
    """Truncated, empty, of another size, dtype or channel count: one message."""
    cut = stack / "slice_3.tif"
    cut.write_bytes(cut.read_bytes()[:500])
    (stack / "slice_33.tif").write_bytes(b"")
    tifffile.imwrite(stack / "slice_50.tif", noise(41, 50))
    tifffile.imwrite(stack / "slice_68.tif", noise(40, 50, dtype="uint16"))
    tifffile.imwrite(stack / "slice_69.tif", noise(40, 50, 3), photometric="rgb")
    told = refused(stack, "--batch-size", "32")
    for slice_number in (3, 33, 50, 68, 69):
        assert f"slice_{slice_number}.tif" in told
    for cause in ("cut short", "empty", "50 x 41 uint8", "uint16", "3 samples"):
        assert cause in told


def test_many_bad_slices_are_listed_in_a_file(stack: Path) -> None:
    """The message names the first few and where all of them stand."""
    for number in range(20):
        (stack / f"slice_{number}.tif").write_bytes(b"")
    assert "20 slices cannot be used" in refused(stack)
    listed = (stack.with_name("out.wkflow") / "bad-slices.txt").read_text()
    assert len(listed.splitlines()) == 20


def test_a_mended_slice_ends_the_run(stack: Path) -> None:
    """What was converted is kept; the same command after mending finishes."""
    good = (stack / "slice_3.tif").read_bytes()
    (stack / "slice_3.tif").write_bytes(good[:500])
    refused(stack)
    (stack / "slice_3.tif").write_bytes(good)
    run = wkflow("convert", *VOXEL_SIZE, stack, stack.with_name("out"))
    assert run.returncode == 0, run.stderr
    np.testing.assert_array_equal(voxels(stack.with_name("out"), "stack"), noise(70, 40, 50))


def test_smaller_slices_are_padded_on_request(stack: Path) -> None:
    """With --on-mismatch pad they sit at the top left, zeros right and below."""
    tifffile.imwrite(stack / "slice_5.tif", noise(30, 20))
    target = stack.with_name("out")
    run = wkflow("convert", *VOXEL_SIZE, "--on-mismatch", "pad", stack, target)
    assert run.returncode == 0, run.stderr
    expected = noise(70, 40, 50)
    expected[5] = 0
    expected[5, :30, :20] = noise(30, 20)
    np.testing.assert_array_equal(voxels(target, "stack"), expected)


def test_padding_is_for_sizes_only(stack: Path) -> None:
    """A slice of another dtype is refused all the same."""
    tifffile.imwrite(stack / "slice_5.tif", noise(40, 50, dtype="uint16"))
    assert "slice_5.tif" in refused(stack, "--on-mismatch", "pad")


def test_unsupported_voxels_are_refused_at_once(tmp_path: Path) -> None:
    """float64 is told from the first header; no job starts."""
    source = write_stack(tmp_path / "stack", noise(2, 8, 8, dtype="float32").astype("float64"))
    told = refused(source)
    assert "float64" in told
    assert "float32" in told
    assert not list((tmp_path / "out.wkflow").glob("receipts/**/*.json"))


def test_pages_among_slices_are_refused(stack: Path) -> None:
    """A file of several pages is no slice."""
    tifffile.imwrite(stack / "slice_7.tif", noise(3, 40, 50), photometric="minisblack")
    assert "slice_7.tif" in refused(stack)


def test_two_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    """They would become the same layer."""
    for parent in ("a", "b"):
        write_stack(tmp_path / "source" / parent / "raw", noise(2, 8, 8))
    assert "layer raw" in refused(tmp_path / "source")


def test_gaps_and_duplicates_are_refused(tmp_path: Path) -> None:
    """A missing number if that is asked for, one that stands twice in any case."""
    source = write_stack(tmp_path / "stack", noise(12, 8, 8))
    (source / "slice_4.tif").unlink()
    told = refused(source, "--missing-slices", "refuse")
    assert "missing between slices: 4" in told
    assert "--missing-slices keep" in told
    (source / "slice_02.tif").write_bytes((source / "slice_2.tif").read_bytes())
    assert "same number: slice_02.tif and slice_2.tif" in refused(source)


def test_junk_is_skipped(tmp_path: Path) -> None:
    """What operating systems leave in folders is no slice, hidden images neither."""
    volume = noise(3, 8, 8)
    source = write_stack(tmp_path / "stack", volume)
    for junk in ("._slice_0.tif", ".DS_Store", "Thumbs.db", "notes.txt"):
        (source / junk).write_bytes(b"junk")
    run = wkflow("convert", *VOXEL_SIZE, source, tmp_path / "out")
    assert run.returncode == 0, run.stderr
    np.testing.assert_array_equal(voxels(tmp_path / "out", "stack"), volume)


@pytest.mark.parametrize(
    "name",
    ["a b.tif", "quote'\".tif", "$(touch hacked).tif", "-n.tif", "{layer}*?[1].tif", "ä\n.tif"],
)
def test_any_file_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    """Blanks, quotes, wildcards of Snakemake and of the shell are characters like others."""
    source = tmp_path / "stack"
    source.mkdir()
    tifffile.imwrite(source / name, noise(8, 8))
    run = wkflow("convert", *VOXEL_SIZE, source, tmp_path / "out", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert not (tmp_path / "hacked").exists()
    np.testing.assert_array_equal(voxels(tmp_path / "out", "stack"), noise(1, 8, 8))
