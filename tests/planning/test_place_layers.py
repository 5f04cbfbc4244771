"""A layer lies where its source states it, in the mag that its voxels are."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorstore
import zarr
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.formats.mag_writer import MagVoxels
from wkflow.formats.table import format_of
from wkflow.model.box import Triple
from wkflow.model.codec import Codec
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.plan import Plan
from wkflow.model.read_strategy import ReadStrategy
from wkflow.model.source import Header, ImageMetadata, Place, Source
from wkflow.model.write_datasource import layer_properties
from wkflow.options.settings import Settings
from wkflow.planning.find_volumes import Volume
from wkflow.planning.place_layers import Placed, place_layers
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.steps.convert_slab import convert_slab
from wkflow.steps.create_layer import create_layer
from wkflow.steps.downsample_rest import downsample_rest
from wkflow.voxels.kernels import REDUCERS

from tests.steps.stacks import grains

DRIVERS = {"zarr3": "zarr3", "zarr": "zarr", "n5": "n5",
           "neuroglancerPrecomputed": "neuroglancer_precomputed"}  # fmt: skip


def volume(
    image: Triple = (10, 10, 10),
    nm: Sequence[float | None] = (4.0, 4.0, 40.0),
    name: str = "a",
    **place: Any,  # noqa: ANN401 -- the fields of a place
) -> Volume:
    """Make a volume whose source states something of its place."""
    header = Header(*image, 1, "uint8")
    x, y, z = nm
    about = ImageMetadata("", (x, y, z), place=Place(**place))
    return Volume(name, Source((f"{name}.zarr",), ((1, 1),), header, (1, 1, 1)), about)


def boxes(placed: Placed) -> list[tuple[Triple, Triple, str]]:
    return [(one.begin, one.end, str(one.mag)) for one in placed.placements]


def test_places_are_kept() -> None:
    """Also of a single layer; the note says it."""
    placed = place_layers([volume(begin=(100, 200, 30))])
    assert boxes(placed) == [((100, 200, 30), (110, 210, 40), "1")]
    assert placed.notes == ("layer a begins at 100,200,30, as its source states",)


def test_voxels_of_another_size_are_another_mag() -> None:
    """Whichever of the layers comes first; the dataset has the finest voxels."""
    image, label = volume(), volume(nm=(8, 8, 40), name="b", begin=(5, 10, 2))
    assert boxes(place_layers([image, label])) == [
        ((0, 0, 0), (10, 10, 10), "1"), ((10, 20, 2), (30, 40, 12), "2-2-1"),
    ]  # fmt: skip
    placed = place_layers([label, image])
    assert [one[2] for one in boxes(placed)] == ["2-2-1", "1"]
    assert placed.sizes == [(image, (4, 4, 40))]


def test_a_box_need_not_fit_its_mag() -> None:
    """WEBKNOSSOS states boxes in mag 1; voxels at their borders stand for a part of the box."""
    one = volume((11, 6, 10), (8, 8, 40), begin=(33, 20, 5), mag=(2, 2, 1), size=(21, 11, 10))
    placed = place_layers([one])
    assert boxes(placed) == [((33, 20, 5), (54, 31, 15), "2-2-1")]
    assert placed.sizes == [(one, (4, 4, 40))]


def test_middles_of_voxels_are_understood() -> None:
    """A label of twice the size at the origin: its middle is half a voxel further."""
    label = volume(nm=(8, 8, 40), begin=(0.25, 0.25, 0), is_centred=True)
    assert boxes(place_layers([volume(), label]))[1] == ((0, 0, 0), (20, 20, 10), "2-2-1")


def test_what_lies_between_voxels_is_said() -> None:
    """With the amount."""
    placed = place_layers([volume(begin=(10.3, 0, 0))])
    assert boxes(placed)[0][0] == (10, 0, 0)
    assert "layer a is moved by -0.3,0,0 voxels (x,y,z)" in placed.notes[1]


def test_negative_places_move_all_layers() -> None:
    """By the same, so that they stay where they are to one another, and mags fit."""
    placed = place_layers([volume(begin=(-5, 0, 2)), volume(nm=(8, 8, 40), name="b")])
    assert [one[0] for one in boxes(placed)] == [(1, 0, 2), (6, 0, 0)]
    assert "all layers are moved by 6,0,0 voxels" in placed.notes[-1]


def test_a_size_that_is_no_mag_is_said() -> None:
    """Three times as wide: there is no such mag."""
    placed = place_layers([volume(), volume(nm=(12, 12, 40), name="b", begin=(2, 0, 0))])
    assert boxes(placed)[1] == ((6, 0, 0), (16, 10, 10), "1")
    assert any("spans 3,3,1 of the dataset's: its size is not kept" in one for one in placed.notes)
    assert len(placed.sizes) == 2


def test_a_stage_has_no_origin() -> None:
    """Only what is between the layers counts."""
    alone = volume(begin=(7e6, 9e6, 0), frame="stage")
    other = volume(name="b", begin=(7e6 + 20, 9e6 + 5, 0), frame="stage")
    assert boxes(place_layers([alone]))[0][0] == (0, 0, 0)
    assert [one[0] for one in boxes(place_layers([alone, other]))] == [(0, 0, 0), (20, 5, 0)]


def test_what_webknossos_cannot_count_is_refused() -> None:
    """Its positions have 32 bits."""
    with pytest.raises(SourceError, match="lies at 3000000000,0,0 in voxels of the dataset"):
        place_layers([volume(begin=(3e9, 0, 0))])


def write_dataset(folder: Path, begin: Triple, voxels: np.ndarray, mag: Triple) -> Path:
    """Write a dataset of WEBKNOSSOS with labels (x, y, z) somewhere in it."""
    first = tuple(b // m for b, m in zip(begin, mag, strict=True))
    whole = np.full((1, *(f + n for f, n in zip(first, voxels.shape, strict=True))), 7, "uint16")
    whole[(0, *(slice(f, None) for f in first))] = voxels
    zarr.create_array(folder / "cells/x", data=whole, chunks=(1, 16, 16, 16))
    width, height, depth = (n * m for n, m in zip(voxels.shape, mag, strict=True))
    axes = {axis: place for place, axis in enumerate("cxyz")}
    layer = {
        "name": "cells", "category": "segmentation", "dataFormat": "zarr3",
        "elementClass": "uint16", "largestSegmentId": 65535,
        "boundingBox": {"topLeft": begin, "width": width, "height": height, "depth": depth},
        "mags": [{"mag": mag, "path": "./cells/x", "axisOrder": axes}],
    }  # fmt: skip
    scale = {"factor": [4, 4, 40], "unit": "nanometer"}
    document = {
        "id": {"name": "a", "team": ""},
        "dataLayers": [layer],
        "scale": scale,
        "version": 1,
    }
    (folder / "datasource-properties.json").write_text(json.dumps(document))
    return folder


def carried_out(plan: Plan, folder: Path) -> LayerPlan:
    (one,) = plan.layers
    create_layer(plan, one.layer.name)
    for slab in one.slabs():
        convert_slab(
            plan, one.layer.name, str(slab), threads=2, tick=lambda _: None, scratch=folder
        )
    if one.rest_steps():
        downsample_rest(plan, one.layer.name, threads=2, tick=lambda _: None)
    return one


def stored(one: LayerPlan, dataset: Path, number: int) -> np.ndarray:
    """Read a whole mag (x, y, z) with a program that is not ours, where there is one."""
    grid, data_format = one.grids[number], one.layer.data_format
    codec = Codec.parse(one.codec, data_format)
    if data_format == "wkw":
        with MagVoxels(dataset, one.layer, grid, codec).reading() as read:
            return np.asarray(read(grid.box))[0]
    more: dict[str, object] = {}
    folder = dataset / one.layer.path / grid.name
    if data_format == "neuroglancerPrecomputed":
        folder, more = folder.parent, {"scale_index": number}
    spec = {"driver": DRIVERS[data_format], "kvstore": {"driver": "file", "path": str(folder)}}
    store = tensorstore.open(spec | more, open=True).result()
    found = np.asarray(store.read().result())
    if data_format != "neuroglancerPrecomputed":
        return found[0]
    offset = store.domain.origin[:3]  # the first chunk of the layer
    assert offset == tuple(b // c * c for b, c in zip(grid.begin, grid.chunk, strict=True))
    return np.pad(found[..., 0], [(at, 0) for at in offset])


def planned(source: Path, target: Path, **options: object) -> Plan:
    given: dict[str, object] = {
        "source": source, "target": target, "chunk_shape": "16,16,16", "max_mag": "4",
        "shard_shape": "16,16,16" if options.get("data_format") in DRIVERS else "32,32,32",
    }  # fmt: skip
    if options.get("data_format") == "zarr3":
        given["shard_shape"] = "32,32,32"
    return plan_conversion(Settings.parse(given | options, where="test"))


@pytest.mark.parametrize("data_format", ["zarr3", "zarr", "n5", "neuroglancerPrecomputed", "wkw"])
@pytest.mark.parametrize(("begin", "mag"), [((36, 20, 4), (1, 1, 1)), ((36, 20, 4), (2, 2, 1))])
def test_voxels_lie_where_they_should(
    tmp_path: Path, data_format: str, begin: Triple, mag: Triple
) -> None:
    """In all formats, in shards that hold nothing else; coarser mags fit what lies below."""
    voxels = (grains(19, 37, 45) // 8 + 1).transpose(2, 1, 0).astype("uint16")
    source = write_dataset(tmp_path / "source", begin, voxels, mag)
    plan = planned(source, tmp_path / "out", data_format=data_format)
    one = carried_out(plan, tmp_path)
    assert one.grids[0].mag.factors == mag
    for number, grid in enumerate(one.grids):
        whole = stored(one, tmp_path / "out", number)
        if data_format != "wkw":
            assert not whole[: grid.begin[0]].any()
            assert not whole[:, : grid.begin[1]].any()
            assert not whole[:, :, : grid.begin[2]].any()
            x, y, z = grid.begin
            whole = whole[x:, y:, z:]
        expected = voxels
        for below, above in one.steps()[:number]:
            expected = _reduced(one, expected, above.mag.over(below.mag))
        assert_array_equal(whole, expected)
    files = {
        path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*")
    }
    stores = format_of(data_format)
    for grid in one.grids:
        for frame, position in one.all_shards(grid):
            assert stores.path(one.layer, grid, frame, position) in files
    box = layer_properties(one.layer, one.grids, [])["boundingBox"]
    width, height, depth = (n * m for n, m in zip(voxels.shape, mag, strict=True))
    assert box == {"topLeft": list(begin), "width": width, "height": height, "depth": depth}


def _reduced(one: LayerPlan, voxels: np.ndarray, factor: Triple) -> np.ndarray:
    """Apply the kernel to the whole array, mirrored at its ends."""
    widths = [(0, -size % step) for size, step in zip(voxels.shape, factor, strict=True)]
    padded = np.pad(voxels, widths, "symmetric")[None]
    block = np.ascontiguousarray(padded.T).T
    return REDUCERS[one.kernel](block, factor)[0]


@pytest.mark.parametrize(
    "feed",
    [
        ReadStrategy("rows", 16, 16), ReadStrategy("rows", 16, 37),
        ReadStrategy("bands", 16, 16, 2), ReadStrategy("bands", 32, 37),
        ReadStrategy("bands", 16, 32, 2), ReadStrategy("scratch", 16, 37, 2),
    ],
)  # fmt: skip
def test_no_feed_changes_a_byte(tmp_path: Path, feed: ReadStrategy) -> None:
    """Bands and slabs end with the chunks and shards of the dataset, wherever the layer begins."""
    voxels = (grains(19, 37, 45) // 8 + 1).transpose(2, 1, 0).astype("uint16")
    source = write_dataset(tmp_path / "source", (33, 21, 30), voxels, (1, 1, 1))
    right = planned(source, tmp_path / "right", data_format="zarr3", downsample=False)
    other = planned(source, tmp_path / "other", data_format="zarr3", downsample=False)
    small = replace(other.layers[0], feed=feed, job_bytes=1)
    for plan in (right, replace(other, layers=(small,))):
        carried_out(plan, tmp_path)
    assert [str(slab) for slab in small.slabs()] == ["z000000030", "z000000032"]
    contents = [
        {path.relative_to(tmp_path / name): path.read_bytes()
         for path in (tmp_path / name).rglob("*") if path.is_file()}
        for name in ("right", "other")
    ]  # fmt: skip
    assert contents[0] == contents[1]
    assert_array_equal(
        zarr.open_array(tmp_path / "other/cells/1")[0, 33:, 21:, 30:], voxels, strict=True
    )
