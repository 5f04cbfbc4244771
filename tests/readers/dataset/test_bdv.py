"""A length without a unit is none; the project file beside a container has one."""

import json
from pathlib import Path

import numpy as np
import pytest
from wkflow.readers.dataset.reader import StoreReader

PROJECT = """<?xml version="1.0" encoding="UTF-8"?>
<SpimData version="0.2"><SequenceDescription><ImageLoader format="bdv.n5" version="1.0">
<n5 type="relative">{container}</n5></ImageLoader><ViewSetups>
<ViewSetup><id>0</id><voxelSize><unit>{unit}</unit><size>0.5 0.25 2.0</size></voxelSize></ViewSetup>
<ViewSetup><id>1</id><voxelSize><unit>nm</unit><size>4 4 40</size></voxelSize></ViewSetup>
</ViewSetups></SequenceDescription></SpimData>"""


def write_container(folder: Path, resolution: dict[str, object]) -> Path:
    for setup in range(2):
        group = folder / f"data.n5/setup{setup}/timepoint0"
        (group / "s0/0/0").mkdir(parents=True)
        attributes: dict[Path, dict[str, object]] = {
            group.parent: {"downsamplingFactors": [[1, 1, 1]], "dataType": "uint8"},
            group: {"multiScale": True, **resolution},
            group / "s0": {
                "dimensions": [4, 3, 2], "blockSize": [4, 3, 2], "dataType": "uint8",
                "compression": {"type": "raw"},
            },
        }  # fmt: skip
        for place, said in attributes.items():
            (place / "attributes.json").write_text(json.dumps(said))
        head = bytes([0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 2])
        (group / "s0/0/0/0").write_bytes(head + np.arange(24, dtype="uint8").tobytes())
    (folder / "data.n5/attributes.json").write_text('{"n5": "2.5.1"}')
    return folder / "data.n5"


def sizes(path: Path) -> list[object]:
    return [probe.about.voxel_nm for probe in StoreReader().probe(str(path))]


@pytest.mark.parametrize(
    "resolution",
    [
        {"resolution": [0.5, 0.5, 2.0]},
        {"pixelResolution": [0.5, 0.5, 2.0]},
        {"pixelResolution": {"dimensions": [0.5, 0.5, 2.0]}},
        {"resolution": [0.5, 0.5, 2.0], "units": ["", "", ""]},
        {"resolution": ["a", None, 2.0], "units": ["nm"] * 3},
    ],
)
def test_a_length_without_a_unit_is_none(tmp_path: Path, resolution: dict[str, object]) -> None:
    """What it is, nobody can know."""
    (first, _) = sizes(write_container(tmp_path, resolution))
    assert first in ((None, None, None), (None, None, 2.0))


def test_the_project_beside_a_container_has_the_size(tmp_path: Path) -> None:
    """Of each setup its own, also where a part of the container is named."""
    container = write_container(tmp_path, {"resolution": [0.5, 0.5, 2.0]})
    (tmp_path / "other.xml").write_text("<SpimData>")
    (tmp_path / "project.xml").write_text(PROJECT.format(container="data.n5", unit="µm"))
    assert sizes(container) == [(500, 250, 2000), (4, 4, 40)]
    assert sizes(container / "setup1") == [(4, 4, 40)]


@pytest.mark.parametrize(("container", "unit"), [("other.n5", "µm"), ("data.n5", "pixel")])
def test_a_project_of_something_else_says_nothing(
    tmp_path: Path, container: str, unit: str
) -> None:
    """Another container, or a unit that is none."""
    path = write_container(tmp_path, {})
    (tmp_path / "project.xml").write_text(PROJECT.format(container=container, unit=unit))
    assert sizes(path)[0] == (None, None, None)


@pytest.mark.parametrize(
    ("affine", "size", "is_told"),
    [
        ("1 0 0 0 0 1 0 0 0 0 1 0", "0.5 0.25 2.0", False),
        ("2 0 0 0 0 1 0 0 0 0 8 0", "0.5 0.25 2.0", False),
        ("2 0 0 0 0 1 0 0 0 0 8 0", "", True),
        ("1 0 0 70 0 1 0 0 0 0 1 0", "0.5 0.25 2.0", True),
        ("0 1 0 0 1 0 0 0 0 0 1 0", "0.5 0.25 2.0", True),
        ("1 0 0 x", "0.5 0.25 2.0", False),
    ],
)
def test_what_a_project_does_with_views_is_told(
    tmp_path: Path, affine: str, size: str, *, is_told: bool
) -> None:
    """A calibration counts in the smallest edge: where no size is stated, it is none either."""
    container = write_container(tmp_path, {})
    view = (
        '<ViewRegistrations><ViewRegistration timepoint="0" setup="0"><ViewTransform type="affine">'
        f"<affine>{affine}</affine></ViewTransform></ViewRegistration></ViewRegistrations></SpimData>"
    )
    text = PROJECT.format(container="data.n5", unit="µm").replace("0.5 0.25 2.0", size)
    (tmp_path / "project.xml").write_text(text.replace("</SpimData>", view))
    first, second = StoreReader().probe(str(container))
    assert first.about.voxel_nm == ((500, 250, 2000) if size else (None, None, None))
    told = ("project.xml moves, turns or scales setup 0: that is not applied",)
    assert first.about.notes == (told if is_told else ())
    assert second.about.notes == ()
