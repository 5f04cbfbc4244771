"""The ladder of magnifications: the official tool's rules, and what holds for any layer."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import ConfigError
from wkflow.model.box import Triple
from wkflow.model.mag import Mag
from wkflow.model.mag_ladder import FINEST, default_coarsest, list_mags

from tests.strategies import triples

CUBIC = (1.0, 1.0, 1.0)
edges = st.sampled_from([1.0, 4.0, 11.24, 25.0, 40.0, 333.0])
modes = st.sampled_from(["anisotropic", "isotropic", "constant_z"])


def ladder(*args: object, **options: object) -> str:
    """Give the mags as they are printed, with blanks between."""
    return " ".join(map(str, list_mags(*args, **options)))  # type: ignore[arg-type]  # just passed on


@pytest.mark.parametrize(
    ("size", "coarsest"),
    [
        ((100, 80, 5), "4"),
        ((400, 400, 400), "4"),
        ((401, 10, 1), "8"),
        ((10, 1023, 37), "16"),
        ((4096, 4096, 9000), "64"),
    ],
)
def test_the_coarsest_slice_is_about_100_voxels_across(size: Triple, coarsest: str) -> None:
    """The longer edge of a slice decides, depth does not, and 4 is the least."""
    assert str(default_coarsest(size)) == coarsest


def test_thick_slices_are_halved_later() -> None:
    """Voxels get as cubic as they can: z waits until x and y are as thick."""
    assert ladder((4096, 4096, 500), (11.24, 11.24, 25), sampling_mode="anisotropic") == (
        "2-2-1 4-4-2 8-8-4 16-16-8 32-32-16 64-64-32"
    )
    assert ladder((800, 800, 500), (4, 4, 40), sampling_mode="anisotropic") == "2-2-1 4-4-1 8-8-1"


def test_isotropic_halves_all_axes() -> None:
    """Whatever the voxels are like."""
    assert ladder((800, 800, 500), (4, 4, 40), sampling_mode="isotropic") == "2 4 8"


def test_constant_z_keeps_all_slices() -> None:
    """Only x and y are halved."""
    assert ladder((800, 800, 500), CUBIC, sampling_mode="constant_z") == "2-2-1 4-4-1 8-8-1"


@given(size=triples(1, 10**5), mode=modes, voxel_size=st.tuples(edges, edges, edges))
def test_a_single_slice_is_never_reduced_along_z(
    size: Triple, mode: str, voxel_size: tuple[float, float, float]
) -> None:
    """There is nothing to merge it with."""
    mags = list_mags((*size[:2], 1), voxel_size, sampling_mode=mode)
    assert {mag.z for mag in mags} == {1}


@given(
    size=triples(1, 10**5),
    mode=modes,
    voxel_size=st.tuples(edges, edges, edges),
    max_mag=st.none() | st.sampled_from([1, 2, 8, 256]).map(lambda n: Mag(n, n, n)),
)
def test_every_mag_is_made_of_whole_cells_of_the_one_below(
    size: Triple, mode: str, voxel_size: tuple[float, float, float], max_mag: Mag | None
) -> None:
    """No factor ever falls, and the largest one grows with each step."""
    mags = list_mags(size, voxel_size, sampling_mode=mode, max_mag=max_mag)
    for finer, coarser in pairwise([FINEST, *mags]):
        assert all(factor >= 1 for factor in coarser.over(finer))
        assert coarser.largest == 2 * finer.largest
    if mags:
        assert mags[-1].largest == (max_mag or default_coarsest(size)).largest


def test_mag_1_is_no_step() -> None:
    """A layer that ends at mag 1 has nothing above it."""
    assert ladder((9000, 9000, 9000), CUBIC, sampling_mode="anisotropic", max_mag=FINEST) == ""


def test_each_axis_ends_where_it_is_told_to() -> None:
    """`8-8-2` stops halving z at 2."""
    mags = ladder((800, 800, 500), CUBIC, sampling_mode="isotropic", max_mag=Mag(8, 8, 2))
    assert mags == "2 4-4-2 8-8-2"


def test_a_mag_that_no_step_reaches_is_refused() -> None:
    """Here z would be coarser than x and y, which constant_z never makes."""
    with pytest.raises(ConfigError, match="cannot be reached") as caught:
        list_mags((800, 800, 500), (1, 1, 8), sampling_mode="anisotropic", max_mag=Mag(4, 4, 16))
    assert caught.value.where == "coarsest_mag"


def test_layers_share_their_mags() -> None:
    """WEBKNOSSOS wants one mag for each largest factor, so a later layer takes the earlier's."""
    others = [Mag(2, 2, 1), Mag(4, 4, 1)]
    mags = ladder((800, 800, 500), CUBIC, sampling_mode="isotropic", aligned_with=others)
    assert mags == "2-2-1 4-4-1 8-8-2"


@given(first=triples(2, 5000), second=triples(2, 5000), mode=modes)
def test_a_longer_ladder_goes_on_from_the_shared_one(
    first: Triple, second: Triple, mode: str
) -> None:
    """Of two layers with the same voxel size, mags of equal largest factor are equal."""
    shared = list_mags(first, (11.24, 11.24, 25), sampling_mode=mode)
    own = list_mags(second, (11.24, 11.24, 25), sampling_mode=mode, aligned_with=shared)
    by_largest = {mag.largest: mag for mag in shared}
    assert all(by_largest.get(mag.largest, mag) == mag for mag in own)
    assert all(min(b.over(a)) >= 1 for a, b in pairwise([FINEST, *own]))


def test_a_single_slice_goes_on_above_the_mags_of_a_thick_layer() -> None:
    """Its own steps keep the z that the shared ones have reached: a factor never falls."""
    shared = [Mag(2, 2, 2), Mag(4, 4, 4)]
    mags = list_mags((900, 800, 1), CUBIC, sampling_mode="isotropic", aligned_with=shared)
    assert all(min(b.over(a)) >= 1 for a, b in pairwise([FINEST, *mags]))


def test_a_ladder_goes_on_above_what_is_there() -> None:
    """As if all had been climbed at once; what is as coarse as wanted already has nothing above."""
    size, thick = (4096, 4096, 500), (11.24, 11.24, 25.0)
    whole = list_mags(size, thick, sampling_mode="anisotropic")
    for place, mag in enumerate(whole):
        assert list_mags(size, thick, sampling_mode="anisotropic", start=mag) == whole[place + 1 :]
    above = list_mags(
        size, thick, sampling_mode="anisotropic", start=Mag(2, 2, 2), max_mag=Mag(2, 2, 2)
    )
    assert above == []


def test_what_is_there_need_not_be_a_mag_of_ours() -> None:
    """Other programs halve other axes: each step doubles what there is, up to what is wanted."""
    size = (4096, 4096, 500)
    wide = ladder(
        size, CUBIC, sampling_mode="isotropic", start=Mag(4, 4, 1), max_mag=Mag(16, 16, 4)
    )
    assert wide == "8-8-2 16-16-4"
    deep = ladder(size, CUBIC, sampling_mode="constant_z", start=Mag(2, 2, 2), max_mag=Mag(8, 8, 8))
    assert deep == "4-4-2 8-8-2"
    flat = ladder((4096, 4096, 1), CUBIC, sampling_mode="isotropic", start=Mag(2, 2, 1))
    assert flat == "4-4-1 8-8-1 16-16-1 32-32-1 64-64-1"


@given(
    size=triples(2, 10**5),
    mode=modes,
    voxel_size=st.tuples(edges, edges, edges),
    start=st.sampled_from([Mag(2, 2, 1), Mag(2, 2, 2), Mag(4, 4, 2), Mag(1, 1, 4)]),
    largest=st.sampled_from([4, 16, 256]),
)
def test_every_mag_above_is_made_of_whole_cells(
    size: Triple, mode: str, voxel_size: tuple[float, float, float], start: Mag, largest: int
) -> None:
    """Of the one below it, from whatever mag the ladder begins at."""
    wanted = Mag(largest, largest, largest)
    mags = list_mags(size, voxel_size, sampling_mode=mode, max_mag=wanted, start=start)
    for finer, coarser in pairwise([start, *mags]):
        assert coarser.is_over(finer)
        assert coarser.largest == 2 * finer.largest
    assert [start, *mags][-1].largest == largest or start.largest > largest


def test_a_mag_of_another_layer_that_no_step_reaches_is_refused() -> None:
    """Its z is finer than what is there: half a voxel would have to be made."""
    others = [Mag(4, 4, 1)]
    with pytest.raises(ConfigError, match="4-4-1 cannot be reached from 2 in") as caught:
        list_mags((800, 800, 500), CUBIC, sampling_mode="isotropic", aligned_with=others,
              start=Mag(2, 2, 2))  # fmt: skip
    assert caught.value.where == "coarsest_mag"


def test_what_can_be_reached_is_told() -> None:
    """All mags of the ladder that the sampling mode climbs by itself."""
    with pytest.raises(ConfigError, match="4-4-16 cannot be reached from 1 in") as caught:
        list_mags((800, 800, 500), (1, 1, 8), sampling_mode="anisotropic", max_mag=Mag(4, 4, 16))
    assert caught.value.what.endswith("reachable: 2-2-1, 4-4-1, 8-8-1, 16-16-2")
