"""Datasets that exist, as their properties describe them: today's, old ones, and no datasets."""

import copy
from typing import Any

import pytest
from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.datasource_properties import (
    Existing,
    ExistingLayer,
    local_path,
    mag_of,
    mags_of,
)
from wkflow.model.mag import Mag

from tests.datasets import HandLayer, describe
from tests.runs import noise

Document = dict[str, Any]

WHERE = "/data/e2006/datasource-properties.json"
ORDER = {"c": 0, "x": 1, "y": 2, "z": 3}


def layer_document(**fields: object) -> Document:
    """Describe a layer of today; a field that is None is left out."""
    document: Document = {
        "name": "em",
        "category": "color",
        "boundingBox": {"topLeft": [0, 0, 0], "width": 70, "height": 50, "depth": 40},
        "dataFormat": "zarr3",
        "mags": [{"mag": [1, 1, 1], "path": "./em/1", "axisOrder": ORDER}],
        "numChannels": 1,
        "elementClass": "uint8",
    }
    return {key: value for key, value in (document | fields).items() if value is not None}


def parsed(*layers: Document, **fields: object) -> Existing:
    document = {
        "id": {"name": "e2006", "team": ""},
        "scale": {"factor": [11.24, 11.24, 25.0], "unit": "nanometer"},
        "dataLayers": list(layers),
        "version": 1,
    }
    return Existing.parse(document | fields, WHERE)


def one_layer(**fields: object) -> ExistingLayer:
    (layer,) = parsed(layer_document(**fields)).layers
    return layer


def mag_document(mag: object, path: str | None = None, **fields: object) -> Document:
    return {"mag": mag} | ({"path": path} if path else {}) | fields


def test_a_dataset_of_today_is_read() -> None:
    """Name, voxel size, and each layer with its box and its mags."""
    existing = parsed(layer_document(), layer_document(name="cells", category="segmentation"))
    assert (existing.name, existing.voxel_size) == ("e2006", (11.24, 11.24, 25.0))
    assert existing.unit == "nanometer"
    first, second = (one.layer for one in existing.layers)
    assert (first.name, first.category, first.dtype) == ("em", "color", "uint8")
    assert (first.channels, first.size, first.data_format) == (1, (70, 50, 40), "zarr3")
    assert (first.begin, first.axes, first.folder, first.path) == ((0, 0, 0), (), "", "em")
    assert (second.name, second.category) == ("cells", "segmentation")
    (mag,) = existing.layers[0].mags
    assert (mag.mag, mag.paths, mag.axes) == (Mag(1, 1, 1), ("em/1",), ("c", "x", "y", "z"))


def test_mags_are_sorted_and_found() -> None:
    """Finest first, however they are listed; one that is not there is none."""
    layer = one_layer(mags=[mag_document([4, 4, 2]), mag_document(1), mag_document([2, 2, 1])])
    assert [str(one.mag) for one in layer.mags] == ["1", "2-2-1", "4-4-2"]
    found = layer.mag(Mag(2, 2, 1))
    assert found is layer.mags[1]
    assert layer.mag(Mag(2, 2, 2)) is None
    assert [str(mag) for mag in parsed(layer_document(), layer_document(name="b")).mags] == [
        "1",
        "1",
    ]


def test_boxes_begin_where_they_do() -> None:
    """The size of a layer is the end of its box: arrays count from the dataset's origin."""
    box = {"topLeft": [1000, 20, 3], "width": 70, "height": 50, "depth": 40}
    layer = one_layer(boundingBox=box).layer
    assert layer.box == Box((1000, 20, 3), (1070, 70, 43))


@pytest.mark.parametrize(
    ("fields", "dtype", "channels"),
    [
        ({"elementClass": "uint24", "numChannels": None}, "uint8", 3),
        ({"elementClass": "uint24", "numChannels": 3}, "uint8", 3),
        ({"elementClass": "float", "numChannels": None}, "float32", 1),
        ({"elementClass": "double"}, "float64", 1),
        ({"elementClass": "uint16", "numChannels": 2}, "uint16", 2),
        ({"elementClass": "uint64"}, "uint64", 1),
    ],
)
def test_words_of_webknossos_are_known(
    fields: dict[str, object], dtype: str, channels: int
) -> None:
    """RGB is uint24, whether channels are counted or not; float is float32."""
    layer = one_layer(**fields).layer
    assert (layer.dtype, layer.channels) == (dtype, channels)
    assert layer.element_class == fields["elementClass"]


@pytest.mark.parametrize(
    ("scale", "size", "unit"),
    [
        ([11.24, 11.24, 25], (11.24, 11.24, 25.0), "nanometer"),
        ({"factor": [1, 2, 3]}, (1.0, 2.0, 3.0), "nanometer"),
        ({"factor": [1, 2, 3], "unit": "um"}, (1.0, 2.0, 3.0), "micrometer"),
        ({"factor": [1, 2, 3], "unit": "millimeter"}, (1.0, 2.0, 3.0), "millimeter"),
    ],
)
def test_voxel_sizes_have_units(scale: object, size: tuple[float, float, float], unit: str) -> None:
    """Of old, they were nanometers and nobody said so."""
    existing = parsed(layer_document(), scale=scale)
    assert (existing.voxel_size, existing.unit) == (size, unit)


def test_old_mags_are_known_by_their_folders() -> None:
    """Before `mags` there were `wkwResolutions`: a path went without saying, in two spellings."""
    old = layer_document(
        mags=None, dataFormat="wkw",
        wkwResolutions=[
            {"resolution": 1, "cubeLength": 1024}, {"resolution": [2, 2, 1], "cubeLength": 1024},
        ],
    )  # fmt: skip
    (layer,) = parsed(old).layers
    assert [(one.mag, one.paths) for one in layer.mags] == [
        (Mag(1, 1, 1), ("em/1", "em/1-1-1")),
        (Mag(2, 2, 1), ("em/2-2-1", "em/2-2-1")),
    ]
    assert mags_of(old) is old["wkwResolutions"]
    assert [mag_of(mag) for mag in mags_of(old)] == [Mag(1, 1, 1), Mag(2, 2, 1)]


def test_a_layer_without_a_format_is_wkw() -> None:
    """For a long time there was no other."""
    assert one_layer(dataFormat=None).layer.data_format == "wkw"


def test_a_dataset_without_a_name_is_one() -> None:
    """Its folder has one."""
    assert parsed(layer_document(), id={}).name == ""
    assert parsed(layer_document(), id={"name": None}).name == ""


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("./em/1", "em/1"),
        ("em/1/", "em/1"),
        ("./em/../raw/1", "raw/1"),
        ("/data/other/em/1", "/data/other/em/1"),
        ("file:///data/my%20em/1", "/data/my em/1"),
        ("s3://bucket/em/1", "s3://bucket/em/1"),
        ("https://h/em//1", "https://h/em//1"),
    ],
)
def test_paths_are_spelled_in_many_ways(path: str, found: str) -> None:
    """Relative, absolute or as a URL of a file; what is elsewhere stays as it is."""
    assert local_path(path) == found
    layer = one_layer(mags=[mag_document([1, 1, 1], path)])
    assert layer.mags[0].paths == (found,)


@pytest.mark.parametrize(
    ("paths", "folder"),
    [
        (["./em/1", "./em/2"], "em"),
        (["./raw/1", "./raw/2"], "raw"),
        (["volumes/raw/1"], "volumes/raw"),
        (["./em/1", "./raw/2"], "em"),
        (["/data/other/1"], "em"),
        (["../other/em/1"], "em"),
        (["s3://bucket/raw/1"], "em"),
        (["./1", "./2"], "em"),
    ],
)
def test_new_mags_lie_beside_the_old_ones(paths: list[str], folder: str) -> None:
    """If those share a folder inside of the dataset; else in one that is called like the layer."""
    mags = [mag_document(2**n, path) for n, path in enumerate(paths)]
    assert one_layer(mags=mags).layer.path == folder


@pytest.mark.parametrize(
    ("order", "further", "axes", "places"),
    [
        (ORDER, [], "cxyz", ()),
        ({"x": 0, "y": 1, "z": 2}, [], "xyz", ()),
        ({"c": 3, "x": 2, "y": 1, "z": 0}, [], "zyxc", ()),
        ({"c": 1, "x": 2, "y": 3, "z": 4}, [("t", 0)], "tcxyz", ()),
        (ORDER, [("t", 4)], "cxyzt", (4,)),
        ({"z": 2, "y": 3, "x": 4}, [("e", 1), ("t", 0)], "tezyx", ()),
        ({"c": 0, "x": 2, "y": 3, "z": 4}, [("t", 5), ("e", 1)], "cexyzt", (1, 5)),
        ({"c": 0, "x": 1}, [("t", 4)], "", (4,)),
        ({"c": 0, "x": 0, "y": 2, "z": 3}, [], "", ()),
        (None, [], "", ()),
    ],
)
def test_axes_are_named_in_their_order(
    order: dict[str, int] | None,
    further: list[tuple[str, int]],
    axes: str,
    places: tuple[int, ...],
) -> None:
    """Of both lists together; nothing is said where they do not fit together."""
    layer = one_layer(
        mags=[mag_document(1, axisOrder=order)],
        additionalAxes=[{"name": n, "index": place, "bounds": [0, 3]} for n, place in further],
    )
    assert layer.mags[0].axes == tuple(axes)
    assert layer.layer.axis_places == places
    assert [name for name, _ in layer.layer.axes] == [
        n for n, _ in sorted(further, key=lambda a: a[1])
    ]


def test_further_axes_have_bounds() -> None:
    """The slowest first, by their places; what begins elsewhere than at 0 says so."""
    axes = [
        {"name": "e", "index": 1, "bounds": [0, 4]}, {"name": "t", "index": 0, "bounds": [5, 8]},
    ]  # fmt: skip
    layer = one_layer(additionalAxes=axes).layer
    assert (layer.axes, layer.axis_begins) == ((("t", 3), ("e", 4)), (5, 0))
    assert one_layer(additionalAxes=axes[:1]).layer.axis_begins == ()
    assert one_layer(additionalAxes=None).layer.axes == ()


@pytest.mark.parametrize("data_format", ["zarr3", "zarr", "wkw", "n5", "neuroglancerPrecomputed"])
def test_what_others_describe_is_read(data_format: str) -> None:
    """As the datasets of these tests are written by hand, in every format."""
    hand = HandLayer("em", {"1": noise(1, 3, 20, 18, 16), "2-2-1": noise(1, 3, 10, 9, 16)},
                     begin=(4, 3, 2), data_format=data_format)  # fmt: skip
    (layer,) = parsed(describe(hand)).layers
    assert layer.layer.box == Box((4, 3, 2), (20, 18, 16))
    assert (layer.layer.element_class, layer.layer.data_format) == ("uint24", data_format)
    assert [one.paths for one in layer.mags] == [("em/1",), ("em/2-2-1",)]


WRONG: list[tuple[dict[str, object], str]] = [
    ({"name": None}, "KeyError"),
    ({"elementClass": "uint128"}, "layer em holds uint128 as zarr3"),
    ({"elementClass": None}, "KeyError"),
    ({"dataFormat": "knossos"}, "layer em holds uint8 as knossos"),
    ({"boundingBox": {"topLeft": [0, 0, 0], "width": 0, "height": 1, "depth": 1}}, "no voxels"),
    ({"boundingBox": {"topLeft": [-1, 0, 0], "width": 9, "height": 9, "depth": 9}}, "no voxels"),
    ({"boundingBox": {"topLeft": [0, 0], "width": 9, "height": 9, "depth": 9}}, "ValueError"),
    ({"boundingBox": None}, "KeyError"),
    ({"mags": None}, "KeyError"),
    ({"mags": [{"mag": [3, 3, 3]}]}, "power of two"),
    ({"mags": [{"mag": [1, 1]}]}, "ValueError"),
    ({"mags": [{"path": "./em/1"}]}, "KeyError"),
    ({"mags": "none"}, "TypeError"),
    ({"additionalAxes": [{"name": "t"}]}, "KeyError"),
    ({"additionalAxes": [{"name": "t", "index": 0, "bounds": [4]}]}, "IndexError"),
]


@pytest.mark.parametrize(("fields", "words"), WRONG, ids=lambda value: str(value)[:40])
def test_what_cannot_be_read_is_told(fields: dict[str, object], words: str) -> None:
    """With the file, and in one line; no traceback."""
    with pytest.raises(SourceError, match="describes no dataset that can be read") as caught:
        one_layer(**fields)
    assert words in caught.value.what
    assert caught.value.where == WHERE
    assert "\n" not in caught.value.what


@pytest.mark.parametrize(
    "fields",
    [
        {"scale": None},
        {"scale": [1, 2]},
        {"scale": {"factor": "big"}},
        {"scale": {"factor": [1, 1, 1], "unit": "smoot"}},
        {"dataLayers": None},
        {"dataLayers": {"em": {}}},
        {"dataLayers": [1]},
        {"id": "e2006"},
    ],
)
def test_a_document_that_is_no_dataset_is_told(fields: dict[str, object]) -> None:
    """Whatever of it is wrong."""
    with pytest.raises(SourceError, match="describes no dataset"):
        parsed(layer_document(), **fields)


def test_reading_changes_nothing() -> None:
    """The document is written again later, with more mags."""
    document = layer_document(additionalAxes=[{"name": "t", "index": 4, "bounds": [1, 3]}])
    before = copy.deepcopy(document)
    parsed(document)
    assert document == before


@pytest.mark.parametrize(
    "name",
    ["..", ".", "", "a/b", "/etc", "a\\b", "C:x", "a\0b", "a\nb", "{layer}", "{mag}", "a b", "a'b",
     "50%", ".hidden", "zarr.json", "a" * 201, "a" * 20, "ab" * 25, "ä"],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    """By the rule of the options: it would be a folder, a file and a wildcard."""
    layer = {
        "name": name, "category": "color", "elementClass": "uint8", "dataFormat": "zarr3",
        "boundingBox": {"topLeft": [0, 0, 0], "width": 1, "height": 1, "depth": 1},
        "mags": [{"mag": 1}],
    }  # fmt: skip
    with pytest.raises(SourceError, match="layer ") as caught:
        Existing.parse({"scale": [1, 1, 1], "dataLayers": [layer]}, "here")
    assert caught.value.exit_status == 3
    layer |= {"name": "em", "mags": [{"mag": 1, "path": "em/\0"}]}
    with pytest.raises(SourceError, match="control character"):
        Existing.parse({"scale": [1, 1, 1], "dataLayers": [layer]}, "here")


@pytest.mark.parametrize("view", [[], "dark", {"intensityRange": [1]}, {"color": ["r", "g", "b"]}])
def test_views_of_another_kind_are_as_none(view: object) -> None:
    """How a layer is to be shown is no reason not to read it."""
    document = {
        "scale": [4, 4, 30],
        "dataLayers": [
            {
                "name": "em",
                "category": "color",
                "boundingBox": {"topLeft": [0, 0, 0], "width": 4, "height": 4, "depth": 4},
                "elementClass": "uint8",
                "mags": [{"mag": 1}],
                "largestSegmentId": "many",
                "defaultViewConfiguration": view,
            }
        ],
    }
    (layer,) = Existing.parse(document, "here").layers
    assert (layer.largest_id, layer.window, layer.color) == (None, None, None)
