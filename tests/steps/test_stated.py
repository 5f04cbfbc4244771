"""What a source states of a layer decides; voxels are judged where it states nothing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from wkflow.json_document import parsed
from wkflow.model.plan import LayerPlan, Plan
from wkflow.options.settings import Settings
from wkflow.planning.infer_category import judge_category
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.voxels.kernels import REDUCERS

from tests.steps.stacks import grains, plan_of, write_tiffs

NOISE = grains(8, 64, 64, "uint32") * 2000
"""Ids that look like an image: a new one at every voxel."""


def planned(source: Path, **options: object) -> Plan:
    given: dict[str, object] = {"source": source, "target": source.parent / "target"}
    return plan_conversion(Settings.parse(given | options, where="test"))


def write_dataset(folder: Path, **said: object) -> Path:
    """Write a dataset of WEBKNOSSOS with one layer in zarr3."""
    voxels = NOISE.transpose(2, 1, 0)[None]
    zarr.create_array(folder / "cells/1", data=voxels, chunks=(1, 32, 32, 8))
    layer = {
        "name": "cells", "dataFormat": "zarr3", "elementClass": "uint32",
        "boundingBox": {"topLeft": [0, 0, 0], "width": 64, "height": 64, "depth": 8},
        "mags": [{"mag": [1, 1, 1], "path": "./cells/1"}],
    } | said  # fmt: skip
    document = {"id": {"name": "a"}, "dataLayers": [layer],
                "scale": {"factor": [0.5, 0.5, 2], "unit": "micrometer"}}  # fmt: skip
    (folder / "datasource-properties.json").write_text(json.dumps(document))
    return folder


def write_image(folder: Path, label: dict[str, Any] | None, *, listed: bool) -> Path:
    """Write an OME-Zarr image with labels `nuclei`."""
    axes = [{"name": name, "type": "space", "unit": "nanometer"} for name in "zyx"]
    scale = [{"type": "scale", "scale": [30.0, 4.0, 4.0]}]
    datasets = [{"path": "0", "coordinateTransformations": scale}]
    pyramid = {"multiscales": [{"version": "0.4", "axes": axes, "datasets": datasets}]}
    for name, more in (("", {}), ("labels/nuclei", label or {})):
        group = zarr.open_group(folder / name, mode="a", zarr_format=2)
        group.attrs.update(pyramid | more)
        group.create_array("0", data=NOISE)
    if listed:
        zarr.open_group(folder / "labels", mode="a", zarr_format=2).attrs["labels"] = ["nuclei"]
    return folder


def only(plan: Plan) -> LayerPlan:
    (one,) = plan.layers
    return one


def test_properties_of_webknossos_decide(tmp_path: Path) -> None:
    """Category, name, voxel size, colour, window, and the largest id that was given away."""
    view = {"color": [1, 2, 3], "intensityRange": [5, 90], "min": 0, "max": 99}
    source = write_dataset(
        tmp_path / "a", category="segmentation", largestSegmentId=10**9,
        defaultViewConfiguration=view,
    )  # fmt: skip
    plan = planned(source)
    one = only(plan)
    assert (one.layer.name, one.layer.category, one.kernel) == ("cells", "segmentation", "mode")
    assert one.evidence == "as the source states"
    assert (one.display.colour, one.display.window) == ((1, 2, 3), (5, 90))
    assert one.largest_id == 10**9
    assert (plan.voxel_size, plan.unit) == ((0.5, 0.5, 2), "micrometer")
    assert parsed(LayerPlan, json.loads(json.dumps(_document(one)))) == one


@pytest.mark.parametrize(
    ("options", "scale"),
    [
        ({"unit": "nm"}, ((500, 500, 2000), "nanometer")),
        ({"voxel_size": "4,4,30"}, ((4, 4, 30), "nanometer")),
        ({"voxel_size": "1,1,3", "unit": "um"}, ((1, 1, 3), "micrometer")),
    ],
)
def test_options_come_before_the_stated_unit(
    tmp_path: Path, options: dict[str, object], scale: tuple[object, str]
) -> None:
    """A size without a unit is in nanometers, as it is written of everywhere."""
    plan = planned(write_dataset(tmp_path / "a"), **options)
    assert (plan.voxel_size, plan.unit) == scale


def test_the_finest_layer_has_the_unit_of_its_dataset(tmp_path: Path) -> None:
    """Also where it is a coarse mag of its own: numbers and unit are those of mag 1."""
    source = write_dataset(tmp_path / "a", mags=[{"mag": [2, 2, 1], "path": "./cells/1"}],
                           boundingBox={"topLeft": [4, 0, 0], "width": 128, "height": 128,
                                        "depth": 8})  # fmt: skip
    plan = planned(source)
    assert (plan.voxel_size, plan.unit) == ((0.5, 0.5, 2), "micrometer")
    assert str(only(plan).grids[0].mag) == "2-2-1"


def _document(one: LayerPlan) -> dict[str, Any]:
    from dataclasses import asdict  # noqa: PLC0415 -- of this test alone

    return asdict(one)


def test_a_dataset_that_states_color_is_no_segmentation(tmp_path: Path) -> None:
    """Whatever its layer is called."""
    source = write_dataset(tmp_path / "segmentation", category="color")
    assert only(planned(source)).layer.category == "color"


@pytest.mark.parametrize(
    "said",
    [
        {"defaultViewConfiguration": {"color": "red"}},
        {"defaultViewConfiguration": [1]},
        {"largestSegmentId": "many"},
        {"category": 5},
    ],
)
def test_odd_properties_stop_nothing(tmp_path: Path, said: dict[str, object]) -> None:
    """They are left out."""
    one = only(planned(write_dataset(tmp_path / "a", **said)))
    assert (one.display.colour, one.largest_id) == (None, 0)


@pytest.mark.parametrize(
    ("label", "listed"), [({"image-label": {"version": "0.4"}}, True), (None, True)]
)
def test_labels_of_an_image_are_a_segmentation(
    tmp_path: Path, label: dict[str, Any] | None, *, listed: bool
) -> None:
    """Under their own name; the image keeps its file's."""
    plan = planned(write_image(tmp_path / "cells.zarr", label, listed=listed))
    named = {one.layer.name: one.layer.category for one in plan.layers}
    assert named == {"cells.zarr": "color", "nuclei": "segmentation"}


def test_a_label_may_be_named_by_itself(tmp_path: Path) -> None:
    """It says what it is."""
    write_image(tmp_path / "cells.zarr", {"image-label": {}}, listed=True)
    one = only(planned(tmp_path / "cells.zarr/labels/nuclei"))
    assert (one.layer.name, one.layer.category) == ("nuclei", "segmentation")


def test_names_that_clash_get_their_files_before_them(tmp_path: Path) -> None:
    """As names that are not stated."""
    for name in ("a", "b"):
        write_image(tmp_path / f"all/{name}.zarr", {"image-label": {}}, listed=True)
    names = {one.layer.name for one in planned(tmp_path / "all").layers}
    assert names == {"a.zarr", "a.zarr_nuclei", "b.zarr", "b.zarr_nuclei"}


@pytest.mark.parametrize(
    ("stated", "category"), [("segmentation", "segmentation"), ("image", "color")]
)
def test_the_type_of_a_precomputed_volume_decides(
    tmp_path: Path, stated: str, category: str
) -> None:
    """Also where voxels and folder look otherwise."""
    folder = tmp_path / ("seen" if stated == "segmentation" else "labels")
    scale = {
        "key": "s0", "size": [4, 3, 2], "resolution": [4, 4, 40], "encoding": "raw",
        "chunk_sizes": [[4, 3, 2]], "voxel_offset": [0, 0, 0],
    }  # fmt: skip
    (folder / "s0").mkdir(parents=True)
    (folder / "s0/0-4_0-3_0-2").write_bytes(NOISE[0, 0, :24].astype("<u4").tobytes())
    info = {"type": stated, "data_type": "uint32", "num_channels": 1, "scales": [scale]}
    (folder / "info").write_text(json.dumps(info))
    assert only(planned(folder)).layer.category == category


def test_the_option_wins(tmp_path: Path) -> None:
    """It is a person's word."""
    source = write_dataset(tmp_path / "a", category="segmentation")
    one = only(planned(source, category="color"))
    assert (one.layer.category, one.evidence) == ("color", "as the option says")


def test_ids_above_the_finest_mag_occur_there() -> None:
    """The kernel of a segmentation invents none."""
    coarse = REDUCERS["mode"](NOISE.transpose(2, 1, 0)[None], (2, 2, 2))
    assert set(np.unique(coarse)) <= set(np.unique(NOISE))


def test_folders_further_up_decide_nothing(tmp_path: Path) -> None:
    """A project may be called segmentation, and its raw images lie in it."""
    source = write_tiffs(tmp_path / "segmentation/labels/em", grains(3, 300, 300))
    one = only(plan_of(source, category=None))
    assert judge_category(one.source)[0] == "color"
    assert one.layer.category == "color"
