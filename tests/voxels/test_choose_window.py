"""The ends of a window, against all samples in order."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from wkflow.model.chosen_window import ChosenWindow
from wkflow.voxels.choose_window import begin_window, next_digit
from wkflow.voxels.value_counts import ValueCounts
from wkflow.voxels.value_keys import digits_of

from tests.steps.arrays import Voxels


def choose(*slabs: Voxels) -> ChosenWindow:
    """Count and choose as the rules do."""
    dtype = slabs[0].dtype.name
    chosen: ChosenWindow | None = None
    for digit in range(digits_of(dtype)):
        counts = ValueCounts(dtype, digit, chosen.prefixes if chosen else (0,))
        for slab in slabs:
            part = ValueCounts(dtype, digit, chosen.prefixes if chosen else (0,))
            part.include(slab)
            counts.add(part)
        chosen = next_digit(chosen or begin_window(counts, dtype), counts, dtype)
    assert chosen is not None
    return chosen


def by_sorting(voxels: Voxels) -> tuple[float, float] | None:
    """Give the values beyond which a thousandth lies at most; none where they are one."""
    values = sorted(one for one in voxels.reshape(-1).tolist() if np.isfinite(one))
    different = set(values)
    filling = {
        one for one in {0, values[0], values[-1]} if values.count(one) > Fraction(len(values), 20)
    }
    if len(different) - len(filling) >= 16:
        values = [one for one in values if one not in filling]
    beyond = len(values) // 1000
    ends = values[beyond], values[-1 - beyond]
    return ends if ends[0] < ends[1] else None


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "int64",
                                   "float16", "float32", "float64"])  # fmt: skip
@pytest.mark.parametrize("padding", [0, 40, 3000])
def test_percentiles_are_exact(dtype: str, padding: int) -> None:
    """In slabs of any depth; a value of its own for padding and saturation is left out."""
    rng = np.random.default_rng(padding)
    volume = rng.normal(60, 20, 9000).clip(0, 120)
    volume[:padding] = 0
    voxels = volume.astype(dtype).reshape(9, 50, 20)
    if dtype.startswith("float"):
        voxels[3, 3, :5] = [np.nan, np.inf, -np.inf, -0.0, 1e-3]
    found = choose(voxels[:2], voxels[2:3], voxels[3:])
    assert found.window == by_sorting(voxels)
    assert ("without 0" in found.evidence) == (padding == 3000)


@given(
    voxels=st.sampled_from(["uint8", "int32", "float32", "float64"]).flatmap(
        lambda one: arrays.arrays(one, st.integers(1, 60))
    )
)
def test_any_samples_have_a_window(voxels: Voxels) -> None:
    """Whatever they are; where percentiles are one value, all are shown."""
    found = choose(voxels)
    finite = [one for one in voxels.tolist() if np.isfinite(one)]
    assert found.window is not None
    assert found.window[0] < found.window[1]
    if not finite:
        assert (found.window, found.evidence) == ((0, 1), "no voxel has a finite value")
    elif min(finite) == max(finite):
        assert found.window[0] == min(finite)
    else:
        assert found.window == (by_sorting(np.array(finite)) or (min(finite), max(finite)))


def test_a_thousandth_may_lie_beyond() -> None:
    """And not one sample more: of 3000 the fourth from each end is taken."""
    assert choose(np.arange(3000, dtype=np.uint16)).window == (3, 2996)
    assert choose(np.arange(2999, dtype=np.int32)).window == (2, 2996)


def test_masks_keep_all_their_values() -> None:
    """With fewer than 16 other values nothing is left out: zero is one of them."""
    mask = np.repeat(np.array([0, 1, 2], np.uint8), [900, 50, 50])
    assert choose(mask).window == (0, 2)
    assert choose(mask.astype(np.float32)).window == (0, 2)
