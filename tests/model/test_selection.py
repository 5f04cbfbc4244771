"""A selection is what numpy's indexing makes of an array."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from wkflow.model.box import Box, Triple
from wkflow.model.selection import Selection

from tests.strategies import boxes, triples


@given(box=boxes(6), more=triples(0, 3), z_step=st.integers(1, 4), data=st.data())
def test_spans_are_the_voxels_of_the_image(
    box: Box, more: Triple, z_step: int, data: st.DataObject
) -> None:
    """Of any box of the part."""
    x, y, z = (end + extra for end, extra in zip(box.end, more, strict=True))
    image = np.arange(x * y * z).reshape(x, y, z)
    (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
    part = image[x0:x1, y0:y1, z0:z1:z_step]
    begin = tuple(data.draw(st.integers(0, size - 1)) for size in part.shape)
    end = tuple(data.draw(st.integers(b + 1, s)) for b, s in zip(begin, part.shape, strict=True))
    inner = Box((begin[0], begin[1], begin[2]), (end[0], end[1], end[2]))
    spans = Selection.of_box(box, (x, y, z), z_step=z_step).spans(inner)
    expected = part[tuple(slice(b, e) for b, e in zip(begin, end, strict=True))]
    np.testing.assert_array_equal(image[np.ix_(*spans)], expected)


@given(start=st.integers(0, 20), step=st.sampled_from([1, 2, 3, -1]), every=st.integers(1, 9))
def test_cuts_join_what_lies_in_one_grain(start: int, step: int, every: int) -> None:
    """In order, without gaps; each grain of the image is met once."""
    first = start + 30 * (step < 0)
    part = Selection((99, 99, 99), (0, first, 0), (1, step, 1))
    cuts = list(part.cuts(1, 2, 25, every))
    assert [cuts[0][0], *(end for _, end in cuts)] == [begin for begin, _ in cuts] + [25]
    grains = [{(first + step * at) // every for at in range(*cut)} for cut in cuts]
    assert all(len(grain) == 1 for grain in grains)
    assert all(a != b for a, b in pairwise(grains))


def test_extents_are_turned_with_the_axes() -> None:
    """Those of the image, in the order of the layer's axes."""
    assert Selection((7, 8, 9), (0, 0, 0), axes=(1, 2, 0)).arranged((7, 8, 9)) == (8, 9, 7)
