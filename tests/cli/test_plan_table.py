"""The plan as a table: what a person decides by, before hours are spent."""

from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.cli.plan_table import plan_table
from wkflow.model.plan import Plan
from wkflow.model.read_strategy import ReadStrategy
from wkflow.model.source import Channel
from wkflow.options.settings import Settings

from tests.strategies import dataset_plan, small_layer_plan


def settings(tmp_path: Path) -> Settings:
    given = {"source": tmp_path, "target": tmp_path / "target", "voxel_size": "1,1,1"}
    return Settings.parse(given | {"memory": "3G"}, where="test")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    layers = (
        small_layer_plan((300, 200, 100), job_bytes=100_000),
        small_layer_plan(name="second", mags=("2",)),
    )
    plan = dataset_plan(*layers, dataset=str(tmp_path / "target"))
    return replace(plan, notes=("layer em: numbers missing between slices: 7",))


def test_each_mag_has_a_row(plan: Plan, tmp_path: Path) -> None:
    """Its voxels, shard, chunk, number of files and jobs; small mags are made together."""
    lines = plan_table(plan, settings(tmp_path)).splitlines()
    rows = [" ".join(line.split()) for line in lines]
    first, second = plan.layers
    slabs, blocks = len(first.slabs()), len(first.blocks(first.grids[1]))
    shapes = "16 x 16 x 16 8 x 8 x 8"
    assert f"1 300 x 200 x 100 {shapes} {19 * 13 * 7} {slabs} 0.006" in rows
    assert f"2 150 x 100 x 50 {shapes} {10 * 7 * 4} {blocks} 0.001" in rows
    assert f"2 35 x 25 x 20 {shapes} {3 * 2 * 2} rest 0.000" in rows
    assert slabs > 1
    assert len(second.slabs()) == 1


def test_sums_stand_below(plan: Plan, tmp_path: Path) -> None:
    """Jobs, voxels, bytes, files, and how much memory and disk there is."""
    table = plan_table(plan, settings(tmp_path))
    jobs = list(plan.jobs())
    assert f"jobs       {len(jobs)}, the largest with" in table
    assert f"voxels     {sum(voxels for _, voxels in jobs):,}" in table
    assert f"files      {plan.file_count} shards" in table
    assert "3.2 GB may be used" in table
    assert "GB free" in table


@pytest.mark.parametrize(
    ("contrast", "window", "words"),
    [
        ("auto", None, "shown from black to white by the percentiles of the voxels' values"),
        ("full", None, "shown from black to white by the ends of the voxels' values"),
        ("auto", (5.0, 90.0), "shown from 5 (black) to 90 (white), stated by the file"),
        ("-3,4095", (5.0, 90.0), "shown from -3 (black) to 4095 (white), asked for"),
    ],
)
def test_what_is_shown_black_and_white_is_told(
    plan: Plan, tmp_path: Path, contrast: str, window: tuple[float, float] | None, words: str
) -> None:
    """As far as it is known; of color layers only."""
    color, other = plan.layers
    color = replace(color, contrast=contrast, display=Channel(window=window))
    labels = replace(other, layer=replace(other.layer, category="segmentation"))
    table = plan_table(replace(plan, layers=(color, labels)), settings(tmp_path))
    assert words in table
    assert table.count("shown from") == 1


def test_what_was_judged_and_noticed_is_told(plan: Plan, tmp_path: Path) -> None:
    """The category with its evidence, the kernel, and gaps between slices."""
    table = plan_table(plan, settings(tmp_path))
    assert "layer em: color (as said), uint8\n" in table
    assert "box 300 x 200 x 100, zarr3, zstd:3, median\n" in table
    assert table.endswith("note       layer em: numbers missing between slices: 7")
    assert str(tmp_path / "target") in table
    assert str(tmp_path / "target.wkflow") in table


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        (ReadStrategy("rows", 32, 32), "read in rows of 32 slices"),
        (ReadStrategy("bands", 32, 512), "read in bands of 512 rows of 32 slices"),
        (
            ReadStrategy("scratch", 32, 900, 4, 10**9, 24 * 10**9),
            "decoded into scratch files, 32 slices at once: 24.0 GB of disk",
        ),
    ],
)
def test_how_voxels_come_in_is_told(tmp_path: Path, feed: ReadStrategy, words: str) -> None:
    """It says what the memory and the disk are for."""
    one = replace(small_layer_plan(), feed=feed)
    table = plan_table(dataset_plan(one, dataset=str(tmp_path / "target")), settings(tmp_path))
    assert f"\n{words}\n" in table


def test_frames_are_counted(tmp_path: Path) -> None:
    """The axes are told; files and bytes are those of all frames."""
    small = small_layer_plan((70, 50, 40), mags=())
    one = replace(small, layer=replace(small.layer, axes=(("t", 7), ("e", 2))))
    plan = dataset_plan(one, dataset=str(tmp_path / "target"))
    table = plan_table(plan, settings(tmp_path))
    rows = [" ".join(line.split()) for line in table.splitlines()]
    assert "box 70 x 50 x 40 x 7 t x 2 e, zarr3, zstd:3, median" in rows
    assert f"1 70 x 50 x 40 16 x 16 x 16 8 x 8 x 8 {5 * 4 * 3 * 14} 1 0.002" in rows
    assert f"voxels {70 * 50 * 40 * 14:,}" in rows


def test_nothing_is_written(plan: Plan, tmp_path: Path) -> None:
    """A dry run may be given anywhere."""
    plan_table(plan, settings(tmp_path))
    assert not list(tmp_path.iterdir())


def test_real_sizes_are_told(plan: Plan, tmp_path: Path) -> None:
    """A slip of the unit is seen there: of one voxel, and of the layer."""
    large = replace(plan, voxel_size=(11.24, 11.24, 25.0), unit="nanometer")
    table = plan_table(large, settings(tmp_path))
    assert "voxel 11.24 x 11.24 x 25 nm, all of them 3.372 x 2.248 x 2.5 µm\n" in table
