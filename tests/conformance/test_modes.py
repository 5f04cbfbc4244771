"""Color and labels in the three sampling modes."""

import json

import numpy as np
import pytest
import tensorstore
import tifffile
import zarr
from numpy.typing import NDArray

from tests.conformance.official import Official
from tests.conformance.pair import VOXEL_SIZE, Pair, assert_alike, mags

pytestmark = [pytest.mark.conformance, pytest.mark.long]

LAYERS = ("color", "segmentation")


def read_source(pair: Pair, layer: str) -> NDArray[np.generic]:
    """Read the slices with tifffile alone, as (c, x, y, z)."""
    files = sorted((pair.source / layer).iterdir(), key=lambda file: int(file.stem[6:]))
    return np.stack([tifffile.imread(file) for file in files]).transpose(2, 1, 0)[np.newaxis]


def test_the_official_library_sees_the_same(pair: Pair, official: Official) -> None:
    """It reads every mag of every layer voxelwise equal to its own conversion."""
    assert_alike(official, pair.ours, pair.theirs)


@pytest.mark.parametrize("layer", LAYERS)
def test_two_libraries_read_every_array(pair: Pair, layer: str) -> None:
    """zarr-python and tensorstore read the source from mag 1, and the official voxels above."""
    source = read_source(pair, layer)
    for mag in mags(pair.ours, layer):
        array = zarr.open_array(pair.ours / layer / mag, mode="r")
        voxels = np.asarray(array[...])
        c, x, y, z = voxels.shape
        theirs = zarr.open_array(pair.theirs / layer / mag, mode="r")[:c, :x, :y, :z]
        expected = source if mag == "1" else theirs
        np.testing.assert_array_equal(voxels, expected, strict=True)
        spec = {"driver": "zarr3", "kvstore": f"file://{pair.ours / layer / mag}/"}
        store = tensorstore.open(spec, open=True).result()
        np.testing.assert_array_equal(store.read().result(), voxels, strict=True)


@pytest.mark.parametrize("layer", LAYERS)
def test_arrays_have_the_true_shape(pair: Pair, layer: str) -> None:
    """A mag has as many voxels as it takes to cover the layer."""
    size = np.array(read_source(pair, layer).shape[1:])
    for mag, factors in mags(pair.ours, layer).items():
        array = zarr.open_array(pair.ours / layer / mag, mode="r")
        assert array.shape == (1, *(-(-size // factors)))


@pytest.mark.parametrize("layer", LAYERS)
def test_the_layer_is_an_ome_zarr_image(pair: Pair, layer: str) -> None:
    """zarr-python opens the OME-Zarr 0.5 group; each mag is there with its scale."""
    group = zarr.open_group(pair.ours / layer, mode="r")
    ome = dict(group.attrs)["ome"]
    assert isinstance(ome, dict)
    (image,) = ome["multiscales"]
    scales = {
        dataset["path"]: dataset["coordinateTransformations"][0]["scale"]
        for dataset in image["datasets"]
    }
    expected = {
        mag: [1.0, *(edge * factor for edge, factor in zip(VOXEL_SIZE, factors, strict=True))]
        for mag, factors in mags(pair.ours, layer).items()
    }
    assert ome["version"] == "0.5"
    assert list(scales) == list(expected)
    for mag, scale in expected.items():
        assert scales[mag] == pytest.approx(scale)
        assert isinstance(group[mag], zarr.Array)


@pytest.mark.parametrize("layer", LAYERS)
def test_groups_say_what_theirs_say(pair: Pair, layer: str) -> None:
    """The metadata of the layer's group is the official tool's."""
    ours, theirs = (
        json.loads((dataset / layer / "zarr.json").read_text())
        for dataset in (pair.ours, pair.theirs)
    )
    assert ours["attributes"] == theirs["attributes"]
