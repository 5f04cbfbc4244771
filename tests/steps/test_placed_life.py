"""A layer off the origin whose finest mag is 2-2-1: resumed, checked for files, sent, extended."""

from pathlib import Path

import numpy as np
import pytest
from wkflow.formats.missing_files import find_lost
from wkflow.model.plan import Plan
from wkflow.options.settings import Settings
from wkflow.planning.plan_downsampling import plan_downsampling
from wkflow.planning.plan_upload import plan_layers_upload

from tests.datasets import HandLayer, properties, read_mags
from tests.planning.test_place_layers import write_dataset
from tests.runs import shard_bytes
from tests.steps.extensions import extend
from tests.steps.stacks import grains
from tests.steps.whole_runs import carry_out

SHARDED = {"zarr3", "wkw"}
OTHERS = ["zarr", "n5", "wkw", "neuroglancerPrecomputed"]
HAND = HandLayer("cells", {"2-2-1": np.zeros((1, 1, 1, 1, 1), "uint16")}, size=(164, 144, 75))


def settings(source: Path, target: Path, **options: object) -> Settings:
    given: dict[str, object] = {
        "source": source, "target": target, "name": "moved", "chunk_shape": "16", "job_size": 1,
        "shard_shape": "32" if options.get("data_format", "zarr3") in SHARDED else "16",
        "max_mag": "4",
    }  # fmt: skip
    return Settings.parse(given | options, where="test")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give labels behind the first shards along all axes."""
    voxels = (grains(40, 37, 45) // 8 + 1).transpose(2, 1, 0).astype("uint16")
    return write_dataset(tmp_path / "source", (74, 70, 35), voxels, (2, 2, 1))


def lost(plan: Plan, settings: Settings) -> list[str]:
    return [one.path for one in find_lost(plan, settings.run_folder / "receipts")]


@pytest.mark.parametrize("until", ["convert_slab/cells/z000000064", "downsample"])
def test_a_run_that_was_ended_goes_on(source: Path, tmp_path: Path, until: str) -> None:
    """Wherever it ended, the bytes are those of a run that did not."""
    right, other = settings(source, tmp_path / "right"), settings(source, tmp_path / "other")
    carry_out(right)
    carry_out(other, until=until)
    carry_out(other)
    assert shard_bytes(tmp_path / "other") == shard_bytes(tmp_path / "right")


@pytest.mark.parametrize("data_format", OTHERS)
def test_so_it_is_in_every_format(source: Path, tmp_path: Path, data_format: str) -> None:
    """Ended after a slab, resumed, extended here: box, mags and bytes are right at each step."""
    right = settings(source, tmp_path / "right", data_format=data_format, max_mag="8")
    given = settings(source, tmp_path / "other", data_format=data_format)
    carry_out(right)
    carry_out(given, until="convert_slab/cells/z000000048")
    assert lost(carry_out(given), given) == []
    extend(tmp_path / "other", max_mag="8", sampling_mode="anisotropic")
    (layer,) = properties(tmp_path / "other")["dataLayers"]
    assert layer["boundingBox"]["topLeft"] == [74, 70, 35]
    found, wanted = (read_mags(tmp_path / name, HAND) for name in ("other", "right"))
    assert list(found) == list(wanted) == ["2-2-1", "4-4-1", "8-8-1"]
    for mag, voxels in found.items():
        np.testing.assert_array_equal(voxels, wanted[mag])


def test_files_before_the_layer_are_not_missed(source: Path, tmp_path: Path) -> None:
    """As many shards are written as are announced to a server; one that goes is missed."""
    given = settings(source, tmp_path / "out")
    plan = carry_out(given)
    assert lost(plan, given) == []
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert plan_layers_upload(given, plan).file_count == len(files)
    shard = next(path for path in files if "/c/" in str(path))
    shard.unlink()
    assert lost(plan, given) == [shard.relative_to(tmp_path / "out").as_posix()]


def test_mags_are_added_from_the_finest_that_there_is(source: Path, tmp_path: Path) -> None:
    """The layer keeps its box."""
    carry_out(settings(source, tmp_path / "out", max_mag="2"))
    given = {"command": "downsample", "target": tmp_path / "out", "max_mag": "4"}
    (one,) = plan_downsampling(Settings.parse(given, where="test")).layers
    assert [str(grid.mag) for grid in one.grids] == ["2-2-1", "4-4-1"]
    assert (one.layer.begin, one.layer.size) == ((74, 70, 35), (164, 144, 75))
