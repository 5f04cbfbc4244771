"""Slabs cut a layer along z and its frames, and two of them never share a file."""

from hypothesis import given
from hypothesis import strategies as st
from wkflow.model.slab import Slab, cut_slabs

steps = st.sampled_from([1, 7, 32, 64, 1024])


@given(depth=st.integers(1, 5000), shard_depth=steps, shards=st.integers(1, 5))
def test_each_shard_has_one_writer(depth: int, shard_depth: int, shards: int) -> None:
    """Two jobs never touch one file, whatever the depth."""
    owners: dict[int, object] = {}
    for slab in cut_slabs(depth, step=shard_depth * shards):
        for z in range(slab.z_begin, slab.z_end):
            assert owners.setdefault(z // shard_depth, slab) == slab


@given(depth=st.integers(0, 5000), step=steps)
def test_slabs_hold_every_slice_once(depth: int, step: int) -> None:
    """Slab after slab, the slices come in order, and none is missing."""
    slabs = list(cut_slabs(depth, step=step))
    assert [z for slab in slabs for z in range(slab.z_begin, slab.z_end)] == list(range(depth))
    assert all(0 < slab.depth <= step for slab in slabs)


@given(depth=st.integers(1, 3000), more=st.integers(0, 3000), step=steps)
def test_appended_slices_leave_whole_slabs_alone(depth: int, more: int, step: int) -> None:
    """Only the last slab changes when a stack grows."""
    before = list(cut_slabs(depth, step=step))
    after = list(cut_slabs(depth + more, step=step))
    assert after[: len(before) - 1] == before[:-1]
    assert after[len(before) - 1].z_begin == before[-1].z_begin


@given(begins=st.lists(st.integers(0, 10**9 - 1), unique=True, min_size=2))
def test_names_sort_like_slabs(begins: list[int]) -> None:
    """A folder listing shows receipts in the order of the slices."""
    slabs = sorted(Slab(z, z + 1) for z in begins)
    assert sorted(map(str, slabs)) == [str(slab) for slab in slabs]
    assert [int(str(slab)[1:]) for slab in slabs] == sorted(begins)


@given(
    depth=st.integers(1, 200), step=steps, frames=st.integers(1, 40), frame_step=st.integers(1, 50)
)
def test_frames_are_cut_too(depth: int, step: int, frames: int, frame_step: int) -> None:
    """Each slice of each frame is in one slab; names tell all of them apart and hold the place."""
    slabs = list(cut_slabs(depth, step=step, frames=frames, frame_step=frame_step))
    held = [(f, z) for slab in slabs for f in slab.frames for z in range(slab.z_begin, slab.z_end)]
    assert sorted(held) == [(f, z) for f in range(frames) for z in range(depth)]
    assert len(set(map(str, slabs))) == len(slabs)
    for slab in slabs:
        frame, z = str(slab).removeprefix("t").split("z")
        assert (int(frame or 0), int(z)) == (slab.frame_begin, slab.z_begin)


def test_a_layer_without_further_axes_knows_no_frames() -> None:
    """Its slabs are named as if there were none."""
    assert [str(slab) for slab in cut_slabs(70, step=64)] == ["z000000000", "z000000064"]
    assert Slab(0, 64).frames == range(1)
