"""Recipes: a job is redone when its voxels would change, and for no other reason."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from wkflow.model.layer_plan import digest
from wkflow.model.read_strategy import ReadStrategy
from wkflow.model.source import Channel, RawLayout

from tests.strategies import channels, dataset_plan, feeds, resized, small_layer_plan


@given(depth=st.integers(1, 200), more=st.integers(0, 200))
def test_appended_slices_change_the_last_slab_only(depth: int, more: int) -> None:
    """Files, marks and place of the others make the same recipe as before."""
    before = small_layer_plan((30, 30, depth), job_bytes=30_000)
    after = resized(before, (30, 30, depth + more))
    kept = before.slabs()[:-1] if more else before.slabs()
    assert after.slabs()[: len(kept)] == kept
    assert [after.slab_recipe(slab) for slab in kept] == [before.slab_recipe(slab) for slab in kept]


def test_a_changed_slice_changes_one_recipe() -> None:
    """A new size or time of a file redoes its slab, and no other."""
    plan = small_layer_plan((50, 50, 100), job_bytes=50_000)
    marks = list(plan.source.marks)
    marks[50] = (1001, 50)
    changed = replace(plan, source=replace(plan.source, marks=tuple(marks)))
    differing = [s for s in plan.slabs() if plan.slab_recipe(s) != changed.slab_recipe(s)]
    assert [slab.z_begin <= 50 < slab.z_end for slab in differing] == [True]


def test_what_voxels_depend_on_changes_recipes() -> None:
    """The codec and the format redo everything, the kernel only what it made."""
    plan = small_layer_plan()
    slab, step = plan.slabs()[0], plan.steps()[0]
    codec, kernel = replace(plan, codec="zstd:4"), replace(plan, kernel="mode")
    other = replace(plan, layer=replace(plan.layer, data_format="zarr"))
    assert len({one.slab_recipe(slab) for one in (plan, codec, kernel, other)}) == 3
    assert len({one.rest_recipe() for one in (plan, codec, kernel, other)}) == 4
    places = [(0, (0, 0, 0))]
    assert len({one.block_recipe(*step, places) for one in (plan, codec, kernel, other)}) == 4


def test_what_is_read_of_a_file_changes_the_recipe_of_its_slab() -> None:
    """Other samples, another image, layout or frame are other voxels."""
    plan = small_layer_plan()
    source, slab = plan.source, plan.slabs()[0]
    others = [
        replace(source, picks=(1,)),
        replace(source, image=1),
        replace(source, raw=RawLayout((70, 50, 40), "uint8")),
        replace(source, raw=RawLayout((70, 50, 40), "uint8", "C")),
        replace(source, header=replace(source.header, samples=3)),
    ]
    recipes = {replace(plan, source=one).slab_recipe(slab) for one in (source, *others)}
    typed = replace(plan, layer=replace(plan.layer, dtype="uint16"))
    recipes |= {plan.slab_recipe(replace(slab, frame_begin=1, frame_end=2))}
    recipes |= {typed.slab_recipe(slab), replace(plan, pad=True).slab_recipe(slab)}
    assert len(recipes) == 1 + len(others) + 3


@given(
    feed=feeds(),
    display=channels(),
    passing=st.booleans(),
    contrast=st.sampled_from(["auto", "full", "0,99"]),
)
def test_how_voxels_pass_and_are_shown_changes_no_recipe(
    feed: ReadStrategy,
    display: Channel,
    passing: bool,  # noqa: FBT001
    contrast: str,
) -> None:
    """Another memory, colour, contrast or place to stay is no reason to convert again."""
    plan = small_layer_plan()
    other = replace(plan, feed=feed, display=display, passing=passing, contrast=contrast)
    slab, step, places = plan.slabs()[0], plan.steps()[0], [(0, (0, 0, 0))]
    assert other.slab_recipe(slab) == plan.slab_recipe(slab)
    assert other.block_recipe(*step, places) == plan.block_recipe(*step, places)
    assert other.rest_recipe() == plan.rest_recipe()


def test_another_contrast_is_described_anew() -> None:
    """Only the properties and the report depend on the plan as a whole."""
    plan = dataset_plan()
    other = replace(plan, layers=(replace(plan.layers[0], contrast="0,99"),))
    assert other.recipe() != plan.recipe()
    assert other.layout_recipe("em") == plan.layout_recipe("em")


def test_a_digest_tells_values_and_places_apart() -> None:
    """The same parts make the same text in any process, others another."""
    assert digest("a", 1) == digest("a", 1) == "".join(digest("a", 1).split())
    digests = {digest(), digest("a", "b"), digest("b", "a"), digest("ab"), digest(["a", "b"])}
    assert len(digests) == 5
    assert digest((1, 2)) == digest([1, 2])


def test_a_link_that_is_signed_anew_is_the_same_file() -> None:
    """Its mark tells whether it was replaced; here, `?` is part of a name."""
    plan = small_layer_plan()

    def recipe(file: str) -> str:
        files = (file, *plan.source.files[1:])
        signed = replace(plan, source=replace(plan.source, files=files))
        return signed.slab_recipe(signed.slabs()[0])

    assert recipe("https://host/em.tif?signed=1") == recipe("https://host/em.tif?signed=2")
    assert recipe("https://host/a.tif") != recipe("https://host/b.tif")
    assert recipe("/data/em?1.tif") != recipe("/data/em?2.tif")
