"""Slabs are counted and a window chosen: of real files, against all their values in order."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from wkflow.errors import IncompleteError
from wkflow.model.chosen_window import ChosenWindow
from wkflow.model.plan import Plan
from wkflow.model.read_strategy import ReadStrategy
from wkflow.run_folder import counts_path
from wkflow.steps.choose_window import choose_window
from wkflow.steps.count_values import begin_counts, count_values, keep_counts
from wkflow.voxels.value_keys import digits_of

from tests.steps.stacks import grains, plan_of, write_tiffs


def count(plan: Plan, folder: Path, digit: int, earlier: list[str]) -> list[str]:
    """Count a digit of all slabs of the first layer, as its script does; give the receipts."""
    (one,), receipts = plan.layers, []
    for slab in map(str, one.slabs()):
        path = folder / f"receipts/count_values/em/{digit}/{slab}.json"
        ticks: list[int] = []
        counted = begin_counts(plan, "em", str(digit), earlier)
        receipt = count_values(
            plan, "em", slab, counted, threads=2, tick=ticks.append, scratch=folder / "scratch"
        )
        keep_counts(counted, receipt, str(counts_path(path))).write(path)
        assert sum(ticks) == receipt.voxels
        receipts.append(str(path))
    return receipts


def choose(plan: Plan, folder: Path) -> ChosenWindow:
    """Count and choose, digit by digit."""
    earlier: list[str] = []
    for digit in range(digits_of(plan.layers[0].source.header.dtype)):
        receipts = count(plan, folder, digit, earlier)
        chosen = choose_window(plan, "em", str(digit), receipts, earlier)
        earlier = [str(folder / f"receipts/choose_window/em/{digit}.json")]
        chosen.write(earlier[0])
    return chosen


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
@pytest.mark.parametrize("kind", ["rows", "bands", "scratch"])
def test_a_window_is_that_of_all_voxels(tmp_path: Path, dtype: str, kind: str) -> None:
    """However the layer is cut and read: each voxel is counted once."""
    volume = grains(dtype=dtype)
    source = write_tiffs(tmp_path / "em", volume)
    for size in (10_000, 10_000_000):
        plan = plan_of(source, window="auto", dtype="uint8", job_size=size)
        layer = replace(plan.layers[0], feed=ReadStrategy(kind, 8, 16, 2))
        chosen = choose(replace(plan, layers=(layer,)), tmp_path / str(size))
        values = np.sort(volume, axis=None)
        beyond = volume.size // 1000
        assert chosen.window == (values[beyond], values[-1 - beyond])
        assert chosen.counted == volume.size
        assert len(layer.slabs()) == (3 if size == 10_000 else 1)


def test_lost_counts_are_made_anew(tmp_path: Path) -> None:
    """The receipts of those that are not there, or damaged, go; those of others stay."""
    source = write_tiffs(tmp_path / "em", grains())
    plan = plan_of(source, window="auto", job_size=10_000)
    lost, damaged, sound = count(plan, tmp_path, 0, [])
    counts_path(lost).unlink()
    counts_path(damaged).write_bytes(b"damaged")
    with pytest.raises(IncompleteError, match="counts of 2 slabs are lost"):
        choose_window(plan, "em", "0", [lost, damaged, sound])
    assert [Path(one).exists() for one in (lost, damaged, sound)] == [False, False, True]
