"""The values of a slab are counted, each once; what cannot be read is named."""

from pathlib import Path

import numpy as np
import pytest
from wkflow.errors import SourceError
from wkflow.model.chosen_window import ChosenWindow
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt
from wkflow.steps.count_values import begin_counts, count_values, keep_counts
from wkflow.voxels.value_counts import ValueCounts
from wkflow.voxels.value_keys import keys_of

from tests.runs import write_bad_voxels
from tests.steps.stacks import grains, plan_of, write_tiffs


def counted(plan: Plan, folder: Path, begun: ValueCounts) -> Receipt:
    """Count the first slab."""
    slab, ticks = str(plan.layers[0].slabs()[0]), []
    receipt = count_values(
        plan, "em", slab, begun, threads=2, tick=ticks.append, scratch=folder / "scratch"
    )
    assert sum(ticks) == receipt.voxels
    return receipt


def test_each_sample_of_a_slab_is_counted_once(tmp_path: Path) -> None:
    """Of the slices of the slab alone; the receipt knows the checksum of the counts."""
    volume = grains(dtype="int16")
    plan = plan_of(
        write_tiffs(tmp_path / "em", volume), window="auto", dtype="uint8", job_size=10_000
    )
    begun = begin_counts(plan, "em", "0", [])
    receipt = counted(plan, tmp_path, begun)
    depth = plan.layers[0].slabs()[0].depth
    keys, counts = np.unique(keys_of(volume[:depth]), return_counts=True)
    assert depth < len(volume)
    assert np.flatnonzero(begun.counts[0]).tolist() == keys.tolist()
    assert begun.counts[0][keys].tolist() == counts.tolist()
    kept = keep_counts(begun, receipt, str(tmp_path / "z0.npz"))
    assert (kept.rule, kept.voxels) == ("count_values", volume[:depth].size)
    assert begun.read(tmp_path / "z0.npz", kept.histogram) is not None


def test_a_later_digit_is_counted_behind_what_is_known(tmp_path: Path) -> None:
    """Of floats in a second pass: few samples are left."""
    volume = grains(dtype="float32")
    plan = plan_of(write_tiffs(tmp_path / "em", volume), window="auto", dtype="uint8")
    low, high = (int(key) for key in keys_of(np.array([7, 200], np.float32)) >> 16)
    ChosenWindow("choose_window", 1, (low, high), (1, 1), (), (0, 9), 5).write(tmp_path / "0.json")
    begun = begin_counts(plan, "em", "1", [str(tmp_path / "0.json")])
    counted(plan, tmp_path, begun)
    assert begun.counts.sum(axis=1).tolist() == [(volume == 7).sum(), (volume == 200).sum()]


def test_bad_slices_are_named(tmp_path: Path) -> None:
    """All of a slab at once, as when they are converted."""
    source = write_tiffs(tmp_path / "em", grains())
    plan = plan_of(source, window="auto")
    for z in (3, 7):
        write_bad_voxels(source / f"slice_{z}.tif", grains(1)[0])
    with pytest.raises(SourceError) as fault:
        counted(plan, tmp_path, begin_counts(plan, "em", "0", []))
    assert "slice_3.tif" in str(fault.value) + fault.value.detail
    assert "slice_7.tif" in str(fault.value) + fault.value.detail
