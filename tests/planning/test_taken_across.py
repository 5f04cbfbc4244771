"""How often slices are decoded that are taken across: what is said is what is done."""

from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from wkflow.errors import ConfigError
from wkflow.model.source import Source
from wkflow.readers import Image
from wkflow.steps.convert_slab import convert_slab
from wkflow.voxels import layer_reader

from tests.planning.test_select_parts import write
from tests.steps.stacks import grains, plan_of

VOXELS = grains(20, 40, 200)
PLANE = 20 * 40
"""Voxels of a slice across."""


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each slice is opened for its voxels."""
    seen: Counter[str] = Counter()
    open_image = layer_reader.open_image

    def counting(source: Source, file: str) -> AbstractContextManager[Image]:
        seen[file] += 1
        return open_image(source, file)

    monkeypatch.setattr(layer_reader, "open_image", counting)
    return seen


@pytest.mark.parametrize(
    ("options", "often"),
    [
        ({"chunk_shape": 32, "shard_shape": 32}, "once"),
        ({"shard_shape": 64, "job_size": 72 * PLANE}, "4 times"),
        ({"shard_shape": 128, "job_size": 1}, "2 times"),
        (
            {"shard_shape": 32, "job_size": 72 * PLANE, "bounding_box": "30,0,0,120,40,20"},
            "4 times",
        ),
    ],
)
@pytest.mark.parametrize("flip", [None, "z"])
def test_slices_are_decoded_as_often_as_is_said(
    tmp_path: Path,
    opened: Counter[str],
    options: dict[str, object],
    often: str,
    flip: str | None,
) -> None:
    """However jobs are cut, also where shards are deeper than what a job would take."""
    source = write(tmp_path / "in", "zipped slices", VOXELS)
    given = {"chunk_shape": 8, "transpose": "zyx", "flip": flip, "downsample": False, **options}
    plan = plan_of(source, category="color", **given)
    (one,) = plan.layers
    opened.clear()
    for slab in one.slabs():
        convert_slab(plan, one.layer.name, str(slab), threads=2, tick=lambda _: None,
                     scratch=tmp_path / "scratch")  # fmt: skip
    assert len(opened) == len(VOXELS)
    (times,) = set(opened.values())
    assert f"layer in: slices are taken across, each is decoded {often}" in plan.notes
    assert ("once" if times == 1 else f"{times} times") == often


def test_shards_deeper_than_a_job_are_counted(tmp_path: Path) -> None:
    """Jobs of 56 slices across are of 32, where shards are so deep: 7 of them, not 4."""
    source = write(tmp_path / "in", "zipped slices", VOXELS)
    with pytest.raises(ConfigError, match="would be decoded 7 times"):
        plan_of(source, transpose="zyx", chunk_shape=8, shard_shape=32, job_size=56 * PLANE)


def test_uncompressed_slices_are_read_in_parts(tmp_path: Path) -> None:
    """So they may be read more often; and nothing is said where nothing lies across."""
    source = write(tmp_path / "in", "slices", VOXELS)
    given = {"chunk_shape": 8, "shard_shape": 32, "job_size": 56 * PLANE}
    plan = plan_of(source, transpose="zyx", **given)
    assert "layer em: slices are taken across, each is read 7 times" in plan.notes
    for options in ({}, {"transpose": "yxz"}, {"flip": "z"}):
        assert not [note for note in plan_of(source, **given, **options).notes if "across" in note]
