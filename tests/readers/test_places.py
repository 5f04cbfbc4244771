"""What files state of the place of an image."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from wkflow.model.source import Place
from wkflow.readers import probe


@pytest.mark.parametrize(
    ("level", "whole", "begin", "voxel_nm"),
    [
        ([("scale", [40, 4, 4]), ("translation", [120, 80, 40])], [], (10, 20, 3), (4, 4, 40)),
        ([("scale", [1, 1, 1])], [("scale", [40, 4, 4]), ("translation", [40, 8, 4])], (1, 2, 1),
         (4, 4, 40)),
        ([("scale", [2, 2, 2]), ("translation", [2, 2, 2])], [("scale", [20, 2, 2])], (1, 1, 1),
         (4, 4, 40)),
        ([("identity", None)], [], (0, 0, 0), (1, 1, 1)),
    ],
)  # fmt: skip
def test_ome_zarr_translates_in_two_places(
    tmp_path: Path,
    level: list[tuple[str, list[float] | None]],
    whole: list[tuple[str, list[float]]],
    begin: tuple[float, ...],
    voxel_nm: tuple[float, ...],
) -> None:
    """Transformations of the level act first."""
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2)
    group.create_array("0", data=np.zeros((2, 8, 8), "uint8"))
    axes = [{"name": name, "type": "space", "unit": "nanometer"} for name in "zyx"]
    steps = [{"type": kind} | ({kind: values} if values else {}) for kind, values in level]
    above = [{"type": kind, kind: values} for kind, values in whole]
    datasets = [{"path": "0", "coordinateTransformations": steps}]
    pyramid = {"version": "0.4", "axes": axes, "datasets": datasets}
    group.attrs["multiscales"] = [pyramid | {"coordinateTransformations": above}]
    (one,) = probe(str(tmp_path / "a.zarr"))
    assert one.about.place == Place((begin[0], begin[1], begin[2]), is_centred=True)
    assert one.about.voxel_nm == voxel_nm


def test_precomputed_volumes_have_an_offset(tmp_path: Path) -> None:
    """In voxels of the finest scale."""
    scale = {
        "key": "s0", "size": [4, 3, 2], "resolution": [4, 4, 40], "encoding": "raw",
        "chunk_sizes": [[4, 3, 2]], "voxel_offset": [100, 200, -30],
    }  # fmt: skip
    info = {"type": "image", "data_type": "uint8", "num_channels": 1, "scales": [scale]}
    (tmp_path / "a").mkdir()
    (tmp_path / "a/info").write_text(json.dumps(info))
    (one,) = probe(str(tmp_path / "a"))
    assert one.about.place == Place((100, 200, -30))


@pytest.mark.parametrize(
    ("unit", "place"), [("µm", Place((20, 0, 0), frame="stage")), (None, Place())]
)
def test_a_stage_of_ome_tiff_has_a_unit(tmp_path: Path, unit: str | None, place: Place) -> None:
    """By default that of a reference frame, which is no length."""
    position = {"PositionX": [10.0], "PositionY": [0.0]}
    units = {"PositionXUnit": [unit], "PositionYUnit": [unit]} if unit else {}
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(
        path, np.zeros((8, 8), "uint8"), ome=True,
        metadata={"axes": "YX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5,
                  "Plane": position | units},
    )  # fmt: skip
    (one,) = probe(str(path))
    assert one.about.place == place
