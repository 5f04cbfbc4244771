"""A mag that stays in memory: what is read of it is what was computed, and it is small."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from wkflow.model.box import Box
from wkflow.model.layer import KEPT_BYTES, Layer, lay_grid
from wkflow.model.mag import Mag
from wkflow.voxels.kept_mag import KeptMag

from tests.steps.arrays import noise
from tests.strategies import plan_of, triples


@given(size=triples(1, 20), begin=triples(0, 9), channels=st.integers(1, 3), data=st.data())
def test_any_box_is_what_was_kept(
    size: tuple[int, int, int], begin: tuple[int, int, int], channels: int, data: st.DataObject
) -> None:
    """Kept by rows that may begin before the layer, in any frame."""
    x, y, z = (b + extent for b, extent in zip(begin, size, strict=True))
    layer = Layer("em", "color", "uint8", channels, (x, y, z), (("t", 2),), begin=begin)
    grid = lay_grid(layer, Mag(1, 1, 1), chunk=(4, 4, 4), shard=(8, 8, 4))
    whole = noise(2, *grid.size[::-1], channels)
    kept = KeptMag(layer, grid)
    for frame in range(2):

        def region(box: Box, frame: int = frame) -> np.ndarray:
            (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
            return whole[frame, z0:z1, y0:y1, x0:x1].T

        read = kept.keeping(frame, region)
        for position in grid.box.cells(grid.shard):
            box = grid.shard_box(position)
            row = Box(tuple(b // 4 * 4 for b in box.begin), box.end)  # type: ignore[arg-type]
            np.testing.assert_array_equal(read(row), region(row), strict=True)
    low = [data.draw(st.integers(b, e - 1)) for b, e in zip(grid.begin, grid.size, strict=True)]
    high = [data.draw(st.integers(b + 1, e)) for b, e in zip(low, grid.size, strict=True)]
    frame = data.draw(st.integers(0, 1))
    expected = whole[frame, low[2] : high[2], low[1] : high[1], low[0] : high[0]].T
    found = kept.reading(frame)(Box((*low,), (*high,)))  # type: ignore[arg-type]
    np.testing.assert_array_equal(found, expected, strict=True)


def test_only_small_ones_are_kept() -> None:
    """All frames count, and the bytes of a voxel; a job has to have room for two."""
    layer = Layer("em", "color", "uint8", 1, (512, 512, KEPT_BYTES // 512**2))
    mags = [Mag(1, 1, 1), Mag(2, 2, 1), Mag(4, 4, 2), Mag(8, 8, 4)]
    grids = tuple(lay_grid(layer, mag, chunk=(32,) * 3, shard=(256,) * 3) for mag in mags)
    one = plan_of(layer, grids)
    finest, second, third, _ = grids
    assert KeptMag.if_small(one, finest)
    assert KeptMag.if_small(replace(one, layer=replace(layer, dtype="uint16")), finest) is None
    assert KeptMag.if_small(replace(one, layer=replace(layer, axes=(("t", 2),))), finest) is None
    assert one.kept_bytes == second.box.voxels + third.box.voxels
