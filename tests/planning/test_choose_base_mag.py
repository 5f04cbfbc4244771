"""The mag that others are computed from: the coarsest that is whole, and none that is torn."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from wkflow.errors import ConfigError, SourceError
from wkflow.planning.choose_base_mag import Base, choose_base
from wkflow.planning.find_dataset import find_target

from tests.steps.extensions import (
    HandLayer,
    change,
    layer_of,
    settings_of,
    voxels_of,
    write_dataset,
)

FORMATS = ["zarr3", "zarr", "wkw", "n5", "neuroglancerPrecomputed"]


def base_of(dataset: Path, **options: object) -> Base:
    settings = settings_of(dataset, **options)
    target = find_target(settings)
    return choose_base(target, target.existing.layers[0], settings)


def shards(mag: Path) -> list[Path]:
    """List the files of a mag that hold voxels, in the order of their names."""
    told = {"zarr.json", ".zarray", ".zattrs", "header.wkw", "attributes.json"}
    return sorted(path for path in mag.rglob("*") if path.is_file() and path.name not in told)


def lose(mag: Path, *places: int) -> list[str]:
    """Remove some files of a mag; give their names."""
    all_of_it = shards(mag)
    lost = [all_of_it[place] for place in places]
    for path in lost:
        path.unlink()
    return [path.relative_to(mag.parents[1]).as_posix() for path in lost]


@pytest.fixture(params=FORMATS)
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Write three mags without a zero, in each format."""
    return write_dataset(tmp_path / "e2006", layer_of(1, 2, 4, data_format=request.param))


@pytest.fixture
def zarr3(tmp_path: Path) -> Path:
    """Write three mags without a zero."""
    return write_dataset(tmp_path / "e2006", layer_of(1, 2, 4))


def test_the_coarsest_mag_is_the_base(dataset: Path) -> None:
    """If all of them are whole; there is nothing to tell then."""
    base = base_of(dataset)
    assert str(base.mag) == "4"
    assert (base.torn, base.notes) == ((), ())
    assert (base.given.root, base.given.path) == (str(dataset), "em/4")
    assert base.grid.mag == base.mag
    assert base.grid.size == (18, 13, 10)


def test_the_box_of_the_base_is_the_layers(tmp_path: Path) -> None:
    """What counts is its box in the base's own voxels, wherever that begins."""
    layer = layer_of(1, 2, begin=(13, 7, 5), size=(57, 43, 35))
    base = base_of(write_dataset(tmp_path / "e2006", layer))
    assert (base.grid.begin, base.grid.size) == ((6, 3, 2), (35, 25, 20))


def test_a_torn_mag_and_all_above_it_are_made_anew(dataset: Path) -> None:
    """An interrupted program left it: files are missing where there are voxels below."""
    lose(dataset / "em" / "2", 0)
    base = base_of(dataset)
    assert str(base.mag) == "1"
    assert [str(mag) for mag in base.torn] == ["2", "4"]
    (note,) = base.notes
    assert "layer em: mag 2, 4 is not whole and made anew" in note


def test_only_what_is_above_the_tear_is_made_anew(dataset: Path) -> None:
    """Mag 2 is whole."""
    for place in range(len(shards(dataset / "em" / "4"))):
        lose(dataset / "em" / "4", -1 if place else 0)
    base = base_of(dataset)
    assert str(base.mag) == "2"
    assert [str(mag) for mag in base.torn] == ["4"]


def test_a_mag_without_its_folder_is_torn(zarr3: Path) -> None:
    """Or without its metadata; it is listed, but nothing can be read."""
    (zarr3 / "em" / "4" / "zarr.json").unlink()
    assert str(base_of(zarr3).mag) == "2"
    shutil.rmtree(zarr3 / "em" / "4")
    assert [str(mag) for mag in base_of(zarr3).torn] == ["4"]


def half_empty(factor: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Give voxels of which the half with the larger x is zero."""
    voxels = voxels_of(factor=factor)
    voxels[:, :, 32 // factor :] = 0
    return voxels


@pytest.mark.parametrize("data_format", ["zarr3", "zarr", "wkw"])
def test_a_mag_that_misses_only_zeros_is_whole(tmp_path: Path, data_format: str) -> None:
    """These writers leave out what is empty: what they left out counts as zeros, and is told."""
    layer = HandLayer("em", {str(n): half_empty(n) for n in (1, 2)}, data_format=data_format)
    dataset = write_dataset(tmp_path / "e2006", layer)
    base = base_of(dataset)
    assert "files of mag 2 of layer em are not there" in base.notes[0]
    assert str(base.mag) == "2"
    assert base.torn == ()


def test_zeros_that_are_left_out_are_told(tmp_path: Path) -> None:
    """As a note, with how many of how many; of WKW each file may be missing."""
    layer = HandLayer("em", {"1": half_empty(1)}, data_format="zarr")
    dataset = write_dataset(tmp_path / "e2006", layer)
    (note,) = base_of(dataset).notes
    assert "files of mag 1 of layer em are not there: they count as zeros" in note


def test_a_single_mag_is_not_torn(zarr3: Path) -> None:
    """There is nothing below it that could be held against it: what it misses is refused."""
    layer = layer_of(1)
    dataset = write_dataset(zarr3.with_name("one"), layer)
    (name,) = lose(dataset / "em" / "1", 3)
    with pytest.raises(
        SourceError, match="1 of 12 files of mag 1 of layer em are not there"
    ) as caught:
        base_of(dataset)
    assert name in caught.value.what
    assert "--missing-shards zeros" in caught.value.remedy


def test_only_some_of_the_missing_files_are_named(tmp_path: Path) -> None:
    """Three, and that there are more."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1))
    names = lose(dataset / "em" / "1", 0, 2, 4, 6)
    with pytest.raises(SourceError) as caught:
        base_of(dataset, missing_shards="refuse")
    assert [name in caught.value.what for name in names] == [True, True, True, False]
    assert caught.value.what.endswith(" ...")


@pytest.mark.parametrize("data_format", FORMATS)
def test_the_option_says_what_missing_files_are(tmp_path: Path, data_format: str) -> None:
    """`zeros` takes any mag, `refuse` none that misses a file, whoever wrote it."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, data_format=data_format))
    everything = len(shards(dataset / "em" / "1"))
    lose(dataset / "em" / "1", *range(0, everything, 2))
    base = base_of(dataset, missing_shards="zeros")
    assert "they count as zeros" in base.notes[0]
    with pytest.raises(SourceError, match=f"of {everything} files"):
        base_of(dataset, missing_shards="refuse")


def test_few_lost_chunks_are_no_gaps(tmp_path: Path) -> None:
    """Where each chunk is a file, a writer that leaves out zeros leaves out a tenth and more."""
    dataset = write_dataset(tmp_path / "e2006", layer_of(1, data_format="zarr"))
    lose(dataset / "em" / "1", *range(6))
    with pytest.raises(SourceError, match="6 of 60 files"):
        base_of(dataset)
    lose(dataset / "em" / "1", 0)
    assert "7 of 60 files" in base_of(dataset).notes[0]


def test_who_promises_all_shards_keeps_none_back(tmp_path: Path) -> None:
    """Arrays of ours say that no shard is left out: one that is missing is lost."""
    layer = HandLayer("em", {"1": half_empty(1)})
    dataset = write_dataset(tmp_path / "e2006", layer)
    metadata = dataset / "em" / "1" / "zarr.json"
    text = metadata.read_text()
    assert base_of(dataset).notes
    promise = '"attributes": {"wkflow": {"every_shard_is_stored": true}}'
    metadata.write_text(text.replace('"attributes": {}', promise))
    assert promise in metadata.read_text()
    with pytest.raises(SourceError, match="files of mag 1 of layer em are not there"):
        base_of(dataset)


def test_a_mag_may_be_chosen(zarr3: Path) -> None:
    """Then no other is looked at, however torn those are; what is chosen has to be whole."""
    lose(zarr3 / "em" / "2", 0)
    assert str(base_of(zarr3, from_mag="1").mag) == "1"
    base = base_of(zarr3, from_mag="4-4-4")
    assert (str(base.mag), base.torn) == ("4", ())
    with pytest.raises(SourceError, match="files of mag 2"):
        base_of(zarr3, from_mag="2")


def test_a_mag_that_is_not_there_is_told(zarr3: Path) -> None:
    """With those that are."""
    with pytest.raises(ConfigError, match="layer em has no mag 8; it has 1, 2, 4") as caught:
        base_of(zarr3, from_mag="8")
    assert caught.value.where == "from_mag"


def test_what_is_overwritten_begins_at_the_finest(zarr3: Path) -> None:
    """Unless a mag is chosen: those in between are to be made anew."""
    base = base_of(zarr3, overwrite_mags=True)
    assert (str(base.mag), base.torn) == ("1", ())
    assert str(base_of(zarr3, overwrite_mags=True, from_mag="2").mag) == "2"


def test_a_layer_without_mags_has_nothing_to_begin_with(zarr3: Path) -> None:
    """It is described, but there is no voxel."""
    change(zarr3, lambda layer: layer["mags"].clear())
    with pytest.raises(SourceError, match="has no mag") as caught:
        base_of(zarr3)
    assert caught.value.where == "layer em"


def test_mags_that_are_not_over_one_another_are_not_compared(tmp_path: Path) -> None:
    """Voxels of 2-2-1 are no cells of 1-1-2."""
    mags = {"1-1-2": voxels_of()[..., :20], "2-2-1": voxels_of()[:, :, :35, :25, :]}
    dataset = write_dataset(tmp_path / "e2006", HandLayer("em", mags))
    lose(dataset / "em" / "2-2-1", 0)
    with pytest.raises(SourceError, match="files of mag 2-2-1"):
        base_of(dataset)


def test_a_damaged_mag_below_is_not_taken_for_zeros(zarr3: Path) -> None:
    """Whether something is torn cannot be told then: what is damaged is named."""
    lose(zarr3 / "em" / "2", 0)
    for path in shards(zarr3 / "em" / "1"):
        path.write_bytes(path.read_bytes()[:-9])
    base = base_of(zarr3)
    assert str(base.mag) == "1"
    assert [str(mag) for mag in base.torn] == ["2", "4"]


@pytest.mark.parametrize("axes", [("t", "c", "x", "y", "z"), ("c", "x", "y", "z", "t")])
def test_a_frame_that_is_missing_tears_a_mag(tmp_path: Path, axes: tuple[str, ...]) -> None:
    """Time points were written one after the other: the last is not there."""
    voxels = np.concatenate([voxels_of(seed=n)[:, :, :32, :32, :32] for n in range(3)])
    mags = {"1": voxels, "2": voxels[:, :, ::2, ::2, ::2]}
    dataset = write_dataset(tmp_path / "e2006", HandLayer("em", mags, axes=axes))
    assert str(base_of(dataset).mag) == "2"
    lose(dataset / "em" / "2", -1)
    assert str(base_of(dataset).mag) == "1"
