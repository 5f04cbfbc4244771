"""The planes that a page shows: which mag they are read from, and how they lie."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import SourceError
from wkflow.formats.chunk_files import MissingFileError
from wkflow.model.box import Box
from wkflow.model.datasource_properties import Existing, ExistingLayer
from wkflow.model.layer import Layer
from wkflow.model.mag import Mag
from wkflow.report.planes import choose, grid_of, read_voxels

from tests.datasets import HandLayer, properties
from tests.report.volumes import CORNERS, GROUND, dataset, marked
from tests.runs import noise


def layer_of(folder: Path) -> ExistingLayer:
    """Read the first layer of a dataset."""
    return Existing.parse(properties(folder), "test").layers[0]


def test_planes_go_through_the_middle_and_lie_as_they_should(tmp_path: Path) -> None:
    """Rows of XY and YZ are y, those of XZ are z; columns are x, or z in YZ."""
    folder = dataset(tmp_path)
    voxels = read_voxels(folder, layer_of(folder))
    expected = marked()[0, 0]
    x, y, z = voxels.middle
    assert (x, y, z) == (20, 15, 10) == voxels.finest_middle
    assert np.array_equal(voxels.xy[:, :, 0], expected[:, :, z].T)
    assert np.array_equal(voxels.xz[:, :, 0], expected[:, y].T)
    assert np.array_equal(voxels.yz[:, :, 0], expected[x])


def test_the_strip_goes_from_the_first_slice_to_the_last(tmp_path: Path) -> None:
    """In growing z, and as many as are asked for, or as there are."""
    folder = dataset(tmp_path)
    voxels = read_voxels(folder, layer_of(folder))
    places, planes = zip(*voxels.slices(8), strict=True)
    assert (places[0], places[-1], len(places)) == (0, 19, 8)
    assert list(places) == sorted(set(places))
    assert planes[0][0, 0, 0] == CORNERS[0, 0, 0]
    assert planes[0][0, -1, 0] == CORNERS[1, 0, 0]
    assert planes[0][-1, 0, 0] == CORNERS[0, 1, 0]
    assert planes[-1][0, 0, 0] == CORNERS[0, 0, 1]
    assert planes[3][0, 0, 0] == GROUND + places[3]
    assert len(voxels.slices(99)) == 20


def test_slices_of_coarse_mags_are_told_by_those_of_mag_1(tmp_path: Path) -> None:
    """Counted from the dataset's origin, where the layer begins elsewhere."""
    fine, coarse = noise(1, 1, 44, 44, 44), noise(1, 1, 11, 11, 22)
    layer = HandLayer("em", {"1": fine, "4-4-2": coarse}, begin=(8, 4, 6))
    folder = dataset(tmp_path, layer)
    voxels = read_voxels(folder, layer_of(folder), edge=30)
    assert (voxels.mag, voxels.box) == (Mag(4, 4, 2), Box((2, 1, 3), (11, 11, 22)))
    assert (voxels.finest_z(0), voxels.finest_z(18)) == ((6, 7), (42, 43))
    assert np.array_equal(voxels.xy[:, :, 0], coarse[0, 0, 2:, 1:, 3 + 9].T)


@pytest.mark.parametrize("data_format", ["zarr3", "zarr", "wkw", "n5", "neuroglancerPrecomputed"])
def test_every_format_is_read(tmp_path: Path, data_format: str) -> None:
    """Through the reader that all steps have."""
    folder = dataset(tmp_path, HandLayer("em", {"1": marked("uint16")}, data_format=data_format))
    voxels = read_voxels(folder, layer_of(folder))
    assert np.array_equal(voxels.volume[..., 0], marked("uint16")[0, 0].T)


def test_of_further_axes_the_first_volume_is_shown(tmp_path: Path) -> None:
    """And all channels of it."""
    both = noise(3, 2, 20, 18, 16)
    folder = dataset(tmp_path, HandLayer("em", {"1": both}, axes=("t", "c", "x", "y", "z")))
    assert np.array_equal(read_voxels(folder, layer_of(folder)).volume.T, both[0])


def test_a_mag_that_was_sent_away_is_passed_over(tmp_path: Path) -> None:
    """For a coarser one; where none is left, the first one's fault is told."""
    mags = {"1": noise(1, 1, 40, 40, 40), "2": noise(1, 1, 20, 20, 20)}
    folder = dataset(tmp_path, HandLayer("em", mags))
    layer = layer_of(folder)
    (folder / "em/1/c/0/0/0/0").unlink()
    voxels = read_voxels(folder, layer, refuses=True)
    assert np.array_equal(voxels.volume[..., 0], mags["2"][0, 0].T)
    assert read_voxels(folder, layer).mag == Mag(1, 1, 1)  # others leave zeros out
    (folder / "em/2/c/0/0/0/0").unlink()
    with pytest.raises(MissingFileError) as fault:
        read_voxels(folder, layer, refuses=True)
    assert "em/1/c/0/0/0/0" in fault.value.where


def test_a_mag_elsewhere_is_said_to_be_elsewhere(tmp_path: Path) -> None:
    """Nothing is fetched for a page."""
    folder = dataset(tmp_path, HandLayer("em", {"1": marked()}))
    (folder / "em").rename(folder / "gone")
    with pytest.raises(SourceError, match="not on this machine"):
        read_voxels(folder, layer_of(folder))


SIZES = st.integers(1, 5000)


@given(st.tuples(SIZES, SIZES, SIZES), st.sampled_from([1, 3, 8]), st.integers(0, 5))
def test_what_is_read_is_bounded(size: tuple[int, int, int], item: int, coarsest: int) -> None:
    """However large the layer is and whatever mags there are."""
    layer = Layer("em", "color", "uint8", 1, size)
    grids = [grid_of(layer, Mag(*(2**power,) * 3)) for power in range(coarsest + 1)]
    chosen = choose(grids, item, edge=512, most=2**22)
    assert chosen
    for grid, box in chosen:
        assert box.voxels * item <= 2**22
        assert all(b >= 0 for b in box.begin)
        assert all(e <= s for e, s in zip(box.end, grid.size, strict=True))
    whole = [grid for grid, box in chosen if box == grid.box]
    small = [g for g in grids if max(g.size) <= 512 and g.box.voxels * item <= 2**22]
    fits = grids[-1].box.voxels * item <= 2**22
    assert whole == small or (not small and whole == grids[-1:] * fits)


def test_a_piece_is_that_of_the_middle() -> None:
    """Where no mag is small enough."""
    grid = grid_of(Layer("em", "color", "uint8", 1, (5000, 4000, 100)), Mag(1, 1, 1))
    assert choose([grid], 1) == [(grid, Box((2308, 1808, 0), (2692, 2192, 100)))]


def test_what_is_small_in_bytes_is_shown_whole() -> None:
    """Its pictures are made smaller, as those of one large slice."""
    grid = grid_of(Layer("em", "color", "uint8", 1, (8000, 8000, 1)), Mag(1, 1, 1))
    assert choose([grid], 1) == [(grid, grid.box)]
