"""Descriptions of pyramids grow into what is written when all mags are made at once."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorstore
import zarr
from wkflow.formats.mag_writer import MagVoxels
from wkflow.formats.pyramid_metadata import extended
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer, lay_grid
from wkflow.model.mag import Mag
from wkflow.model.mag_ladder import FINEST

from tests.formats.judges import lay_out_one
from tests.formats.stored import noise, write_shards

Document = dict[str, Any]

MAGS = (Mag(2, 2, 1), Mag(4, 4, 2))
ADDED = [(f"em/{mag}", mag) for mag in MAGS]
BASE = ("em/1", FINEST)
KINDS = {"zarr3": "em/zarr.json", "zarr": "em/.zattrs", "n5": "em/attributes.json",
         "neuroglancerPrecomputed": "em/info"}  # fmt: skip


def layer_of(data_format: str) -> Layer:
    return Layer("em", "color", "uint8", 1, (70, 50, 40), data_format=data_format)


def grids_of(layer: Layer, *mags: Mag) -> tuple[Grid, ...]:
    return tuple(lay_grid(layer, mag, chunk=(32, 32, 32), shard=(64, 64, 64)) for mag in mags)


def grow(
    data_format: str,
    documents: dict[str, bytes],
    base: tuple[str, Mag] = BASE,
    added: list[tuple[str, Mag]] = ADDED,
    removed: tuple[str, ...] = (),
) -> dict[str, bytes]:
    layer = layer_of(data_format)
    grids = grids_of(layer, *(mag for _, mag in added))
    return extended(data_format, documents.get, layer, base, added, grids, removed=removed)


def grown(data_format: str, document: object, **more: Any) -> Any:  # noqa: ANN401 -- JSON
    """Give the document of the layer as it is after the growth."""
    before = json.dumps(document).encode()
    after = grow(data_format, {KINDS[data_format]: before}, **more)
    assert set(after) <= {KINDS[data_format]}
    return json.loads(after.get(KINDS[data_format], before))


def pyramid(*scales: tuple[str, list[float]], axes: str = "cxyz", **more: object) -> Document:
    """Give a multiscale in which each path has its scale."""
    datasets = [
        {"path": path, "coordinateTransformations": [{"type": "scale", "scale": scale}]}
        for path, scale in scales
    ]
    return {"axes": [{"name": name} for name in axes], "datasets": datasets} | more


def paths(multiscale: Document) -> list[str]:
    return [dataset["path"] for dataset in multiscale["datasets"]]


@pytest.mark.parametrize("data_format", KINDS)
def test_a_grown_pyramid_is_like_one_that_was_made_at_once(
    tmp_path: Path, data_format: str
) -> None:
    """The finest mag alone, and the other ones added: what `convert` writes for all of them."""
    layer, name = layer_of(data_format), KINDS[data_format]
    lay_out_one(tmp_path / "all", layer, grids_of(layer, FINEST, *MAGS), Codec.parse("none"))
    lay_out_one(tmp_path / "one", layer, grids_of(layer, FINEST), Codec.parse("none"))
    before = (tmp_path / "one" / name).read_bytes()
    assert grow(data_format, {name: before}) == {name: (tmp_path / "all" / name).read_bytes()}


@pytest.mark.parametrize("data_format", KINDS)
def test_what_has_grown_grows_no_more(tmp_path: Path, data_format: str) -> None:
    """A run that is repeated has nothing to change."""
    layer, name = layer_of(data_format), KINDS[data_format]
    lay_out_one(tmp_path, layer, grids_of(layer, FINEST, *MAGS), Codec.parse("none"))
    assert grow(data_format, {name: (tmp_path / name).read_bytes()}) == {}


def test_wkw_describes_no_pyramid() -> None:
    """Nor does a format without a document, nor a document that is missing."""
    assert grow("wkw", {}) == {}
    assert all(grow(data_format, {}) == {} for data_format in KINDS)


@pytest.mark.parametrize("data_format", KINDS)
@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"null", b"\xff\xfe", b"{}", b'"em"'])
def test_what_is_no_description_is_left_alone(data_format: str, content: bytes) -> None:
    """No JSON, no object, an empty one."""
    assert grow(data_format, {KINDS[data_format]: content}) == {}


@pytest.mark.parametrize(
    "multiscales",
    [
        {},
        ["em"],
        [{"datasets": {}}],
        [{"datasets": ["1"]}],
        [{"axes": "cxyz", "datasets": [{"path": "other"}]}],
        [pyramid(("1", [1, 10, 10]))],
        [pyramid(("1", [1, 10, 10, "10"]))],  # type: ignore[list-item]
        [pyramid(("1", [1, 10, 10, 10]), axes="")],
        [{"axes": [], "datasets": [{"path": "1", "coordinateTransformations": 3}]}],
        [{"axes": [], "datasets": [{"path": "1", "transform": {"axes": ["x"]}}]}],
    ],
)
def test_strange_multiscales_are_left_alone(multiscales: object) -> None:
    """What cannot be understood is not made worse."""
    assert grow("zarr", {"em/.zattrs": json.dumps({"multiscales": multiscales}).encode()}) == {}
    attributes = {"multiscales": multiscales, "ome": {"multiscales": multiscales}}
    assert grow("zarr3", {"em/zarr.json": json.dumps({"attributes": attributes}).encode()}) == {}


@pytest.mark.parametrize("attributes", [3, {"ome": 3}, {"ome": []}, None])
def test_strange_attributes_are_left_alone(attributes: object) -> None:
    """So are those of other kinds than objects."""
    assert grow("zarr3", {"em/zarr.json": json.dumps({"attributes": attributes}).encode()}) == {}


def test_axes_are_scaled_by_name(tmp_path: Path) -> None:
    """Whatever order they have; all else stays, also where zarr-python wrote the group."""
    other = pyramid(("labels/1", [3, 3, 3]), axes="xyz", name="other")
    ours = pyramid(("1", [0.5, 1, 30, 20, 10]), axes="tczyx", name="em", type="mean")
    ome = {"version": "0.5", "multiscales": [other, ours], "omero": {"channels": [{"label": "µ"}]}}
    attributes = {"ome": ome, "more": [1, {"deep": None}]}
    zarr.create_group(tmp_path / "em", attributes=copy.deepcopy(attributes))
    after = grow("zarr3", {"em/zarr.json": (tmp_path / "em" / "zarr.json").read_bytes()})
    (tmp_path / "em" / "zarr.json").write_bytes(after["em/zarr.json"])
    ours["datasets"] += pyramid(("2-2-1", [0.5, 1, 30, 40, 20]), ("4-4-2", [0.5, 1, 60, 80, 40]))[
        "datasets"
    ]
    assert dict(zarr.open_group(tmp_path / "em", mode="r").attrs) == attributes


def test_both_homes_of_multiscales_grow() -> None:
    """Before OME-Zarr 0.5 they stood beside `ome`."""
    old, new = pyramid(("1", [1, 10, 10, 10])), pyramid(("./1/", [1, 5, 5, 5]))
    attributes = {"multiscales": [old], "ome": {"multiscales": [new]}}
    after = grown("zarr3", {"attributes": attributes})["attributes"]
    assert paths(after["multiscales"][0]) == ["1", "2-2-1", "4-4-2"]
    assert paths(after["ome"]["multiscales"][0]) == ["./1/", "2-2-1", "4-4-2"]


def test_translations_are_kept() -> None:
    """Only the scale grows; the transformations keep their order, as OME-Zarr asks."""
    multiscale = pyramid(("1", [1, 10, 10, 10]))
    translation = {"type": "translation", "translation": [0, 5, 6, 7]}
    multiscale["datasets"][0]["coordinateTransformations"].append(translation)
    after = grown("zarr", {"multiscales": [multiscale]})["multiscales"][0]
    assert after["datasets"][1]["coordinateTransformations"] == [
        {"type": "scale", "scale": [1, 20, 20, 10]},
        translation,
    ]


@pytest.mark.parametrize("axes", [{}, {"axes": ["t", "c", "z", "y", "x"]}])
def test_pyramids_without_scales_get_none(axes: Document) -> None:
    """Before OME-Zarr 0.4 there were only paths."""
    after = grown("zarr", {"multiscales": [axes | {"datasets": [{"path": "1"}]}]})
    assert after["multiscales"][0]["datasets"] == [
        {"path": "1"}, {"path": "2-2-1"}, {"path": "4-4-2"}
    ]  # fmt: skip


def test_mags_stand_from_fine_to_coarse() -> None:
    """A mag that is listed is replaced where it stands; others come before what is coarser."""
    listed = pyramid(("1", [1, 10, 10, 10]), ("4-4-2", [1, 44, 44, 22]), ("8", [1, 80, 80, 80]))
    after = grown("zarr", {"multiscales": [listed]})["multiscales"][0]
    wanted = pyramid(
        ("1", [1, 10, 10, 10]),
        ("2-2-1", [1, 20, 20, 10]),
        ("4-4-2", [1, 40, 40, 20]),
        ("8", [1, 80, 80, 80]),
    )
    assert after == wanted


def test_scales_grow_from_the_base() -> None:
    """Its own scale counts, which need not be the voxel size: of a mag 2 it may be 1."""
    after = grown(
        "zarr",
        {"multiscales": [pyramid(("2", [1, 1, 1, 1]))]},
        base=("em/2", Mag(2, 2, 2)),
        added=[("em/4", Mag(4, 4, 4)), ("em/8-8-4", Mag(8, 8, 4))],
    )
    assert after["multiscales"] == [
        pyramid(("2", [1, 1, 1, 1]), ("4", [1, 2, 2, 2]), ("8-8-4", [1, 4, 4, 2]))
    ]


def test_mags_that_are_replaced_go() -> None:
    """A mag 2-2-1 comes in the place of a mag 2; one that is new cannot be gone."""
    removed = ("em/2", "./em/4-4-2", "elsewhere/1")
    before = pyramid(("1", [1, 10, 10, 10]), ("./2", [1, 20, 20, 20]), ("8", [1, 80, 80, 80]))
    after = grown("zarr", {"multiscales": [before]}, removed=removed)["multiscales"][0]
    assert paths(after) == ["1", "2-2-1", "4-4-2", "8"]
    scales = info(scale_of("1", [8, 8, 30]), scale_of("2", [16, 16, 60]))
    found = grown("neuroglancerPrecomputed", scales, removed=removed)["scales"]
    assert [scale["key"] for scale in found] == ["1", "2-2-1", "4-4-2"]


def test_the_group_is_the_folder_of_the_base() -> None:
    """A layer's folder may have another name; what lies elsewhere has no place in the group."""
    document = json.dumps({"multiscales": [pyramid(("1", [1, 10, 10, 10]))]}).encode()
    added = [("vol/raw/2", Mag(2, 2, 2)), ("em/4", Mag(4, 4, 4))]
    after = grow("zarr", {"vol/raw/.zattrs": document}, ("./vol/raw/1", FINEST), added)
    assert paths(json.loads(after["vol/raw/.zattrs"])["multiscales"][0]) == ["1", "2"]
    top = grow("zarr", {".zattrs": document}, ("1", FINEST), [("2", Mag(2, 2, 2))])
    assert paths(json.loads(top[".zattrs"])["multiscales"][0]) == ["1", "2"]


@pytest.mark.parametrize("base", ["/elsewhere/em/1", "../other/em/1", "https://wk/em/1"])
def test_other_datasets_are_left_alone(base: str) -> None:
    """The base may lie in one of those, which does not have the new mags."""
    document = json.dumps({"multiscales": [pyramid(("1", [1, 10, 10, 10]))]}).encode()
    layer = layer_of("zarr")
    after = extended(
        "zarr", lambda _: document, layer, (base, FINEST), ADDED, grids_of(layer, *MAGS)
    )
    assert after == {}


def test_lists_of_factors_grow() -> None:
    """N5 has two names for them; strangers in the list stay."""
    document = {"scales": [[1, 1, 1], [8, 8, 8]], "downsamplingFactors": [[1, 1, 1], "x"], "a": 1}
    assert grown("n5", document) == {
        "scales": [[1, 1, 1], [2, 2, 1], [4, 4, 2], [8, 8, 8]],
        "downsamplingFactors": [[1, 1, 1], "x", [2, 2, 1], [4, 4, 2]],
        "a": 1,
    }


@pytest.mark.parametrize("scales", [[], [[2, 2, 2]], {"1": [1, 1, 1]}, "1", [1, 1, 1]])
def test_lists_of_other_factors_are_left_alone(scales: object) -> None:
    """They do not tell the base from the others."""
    assert grow("n5", {"em/attributes.json": json.dumps({"scales": scales}).encode()}) == {}


def test_factors_of_folders_found_by_place_are_left_alone() -> None:
    """Where s0, s1 ... are the folders, Neuroglancer would look for the new mags in s1 and s2."""
    transform = {"axes": ["z", "y", "x"], "scale": [30, 20, 10], "units": ["nm"] * 3}
    document = {
        "scales": [[1, 1, 1]],
        "multiscales": [{"datasets": [{"path": "s0", "transform": transform}]}],
    }
    after = grown("n5", document, base=("em/s0", FINEST))
    assert after["scales"] == [[1, 1, 1]]
    datasets = after["multiscales"][0]["datasets"]
    assert [dataset["path"] for dataset in datasets] == ["s0", "2-2-1", "4-4-2"]
    assert [dataset["transform"]["scale"] for dataset in datasets] == [
        [30, 20, 10], [30, 40, 20], [60, 80, 40],
    ]  # fmt: skip
    assert datasets[2]["transform"]["units"] == ["nm"] * 3


def info(*scales: Document) -> Document:
    head = {"@type": "neuroglancer_multiscale_volume", "type": "image", "data_type": "uint8"}
    return head | {"num_channels": 1, "scales": list(scales), "mesh": "mesh"}


def scale_of(key: str, resolution: list[float], **more: object) -> Document:
    scale = {"key": key, "size": [70, 50, 40], "resolution": resolution, "encoding": "raw"}
    return scale | {"chunk_sizes": [[32, 32, 32]], "voxel_offset": [0, 0, 0]} | more


@pytest.mark.parametrize(
    "document",
    [
        {"scales": 3},
        info(),
        info(scale_of("8_8_30", [8, 8, 30])),
        info(scale_of("1", [8, 8])),
        info({"key": "1"}),
    ],
)
def test_strange_infos_are_left_alone(document: object) -> None:
    """No scale of the base, or none with a resolution."""
    assert grow("neuroglancerPrecomputed", {"em/info": json.dumps(document).encode()}) == {}


def test_new_scales_replace_those_of_their_key() -> None:
    """What an earlier one said of its shards is no longer true."""
    old = scale_of("4-4-2", [1, 1, 1], sharding={"@type": "neuroglancer_uint64_sharded_v1"})
    before = info(scale_of("1", [8, 8, 30]), scale_of("8", [64, 64, 240]), old)
    after = grown("neuroglancerPrecomputed", before)
    assert [scale["key"] for scale in after["scales"]] == ["1", "2-2-1", "8", "4-4-2"]
    assert after["scales"][3] == scale_of("4-4-2", [32, 32, 60], size=[18, 13, 20])
    assert after["mesh"] == "mesh"


def test_a_volume_that_begins_elsewhere_keeps_its_places(tmp_path: Path) -> None:
    """Tensorstore finds a voxel of the new mag at half the coordinates that it has in the base."""
    begin, end = (64, 32, 0), (134, 82, 40)
    spec = {"driver": "neuroglancer_precomputed",
            "kvstore": {"driver": "file", "path": str(tmp_path / "em")}}  # fmt: skip
    base = {"key": "1", "size": [70, 50, 40], "resolution": [8, 8, 30], "encoding": "raw",
            "voxel_offset": list(begin), "chunk_size": [32, 32, 32]}  # fmt: skip
    volume = {"type": "image", "data_type": "uint8", "num_channels": 1}
    theirs = spec | {"multiscale_metadata": volume, "scale_metadata": base}
    tensorstore.open(theirs, create=True).result()
    before = {"em/info": (tmp_path / "em" / "info").read_bytes()}

    precomputed = "neuroglancerPrecomputed"
    layer = Layer("em", "color", "uint8", 1, end, data_format=precomputed, begin=begin)
    (grid,) = grids_of(layer, Mag(2, 2, 2))
    block = noise((1, *grid.size), "uint8")
    write_shards(MagVoxels(tmp_path, layer, grid, Codec.parse("none")), block)
    after = extended(precomputed, before.get, layer, BASE, [("em/2", grid.mag)], (grid,))
    (tmp_path / "em" / "info").write_bytes(after["em/info"])

    mag = tensorstore.open(spec | {"scale_metadata": {"key": "2"}}).result()
    assert mag.dimension_units[0] == tensorstore.Unit("16 nm")
    found = mag[32:67, 16:41, 0:20].read().result()
    np.testing.assert_array_equal(np.moveaxis(found, 3, 0), block[:, 32:, 16:])
