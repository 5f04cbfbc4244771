"""The first slab keeps what the first file says; it is laid beside the layer."""

from dataclasses import replace
from pathlib import Path

import tifffile
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.slab import Slab
from wkflow.voxels.source_metadata import keep_metadata, lay_metadata

from tests.steps.stacks import grains, plan_of, write_pngs


def ome(tmp_path: Path) -> Plan:
    meta = {"axes": "ZYX", "Description": "a brain"}
    tifffile.imwrite(tmp_path / "em.ome.tif", grains(), metadata=meta)
    return plan_of(tmp_path / "em.ome.tif", layer_name="em", job_size=10_000)


def keep(one: LayerPlan, folder: Path, slab: Slab | None = None) -> None:
    keep_metadata(one, slab or one.slabs()[0], folder)


def test_the_first_slab_keeps_it(tmp_path: Path) -> None:
    """Others find it kept already."""
    (one,) = ome(tmp_path).layers
    keep(one, tmp_path / "kept", one.slabs()[1])
    assert not (tmp_path / "kept").exists()
    keep(one, tmp_path / "kept")
    assert b"a brain" in (tmp_path / "kept/em/ome.xml").read_bytes()
    assert lay_metadata(one, tmp_path / "kept", tmp_path) == {"em/source-metadata.ome.xml"}
    assert b"a brain" in (tmp_path / "em/source-metadata.ome.xml").read_bytes()


def test_another_file_says_another_thing(tmp_path: Path) -> None:
    """What the one before it said goes, also where the new one says nothing."""
    (one,) = ome(tmp_path).layers
    keep(one, tmp_path / "kept")
    (other,) = plan_of(write_pngs(tmp_path / "pngs", grains(4))).layers
    keep(replace(other, layer=one.layer), tmp_path / "kept", other.slabs()[0])
    assert lay_metadata(one, tmp_path / "kept", tmp_path) == set()


def test_a_file_that_lies_about_itself_stops_nothing(tmp_path: Path) -> None:
    """No voxel depends on it."""
    (one,) = ome(tmp_path).layers
    (tmp_path / "em.ome.tif").write_bytes(b"II*\0\xff\xff\xff\xff")
    keep(one, tmp_path / "kept")
    assert lay_metadata(one, tmp_path / "kept", tmp_path) == set()
