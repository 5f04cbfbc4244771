"""The inputs of rules: every file that a rule asks for is made by another."""

from dataclasses import dataclass, replace
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from wkflow.model.box import Box
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.plan import Plan
from wkflow.model.source import Source
from wkflow.model.stored_mag import StoredMag
from wkflow.rules.inputs import RuleInputs
from wkflow.run_folder import EXTENDED

from tests.strategies import dataset_plan, layer_plans, small_layer_plan

GIVEN = StoredMag("/data/target", "em/1", "zarr3", ("c", "x", "y", "z"))


@dataclass
class Wildcards:
    """As Snakemake fills them in from the name of a receipt."""

    layer: str = "em"
    mag: str = ""
    slab: str = ""
    block: str = ""


def wildcards_of(job: str) -> Wildcards:
    """Read the wildcards out of `rule/layer/...`."""
    rule, layer, *rest = job.split("/")
    if rule == "convert_slab":
        return Wildcards(layer, slab=rest[0])
    return Wildcards(layer, *((rest[0], "", rest[1]) if rest else ()))


PLAN = dataset_plan(
    small_layer_plan((300, 300, 200), mags=("2", "4", "8"), job_bytes=100_000),
    small_layer_plan(name="small"),
)
BICUBIC = replace(PLAN, layers=tuple(replace(one, kernel="bicubic") for one in PLAN.layers))


FEW_JOBS = layer_plans(100).filter(lambda one: len(list(dataset_plan(one).jobs())) < 60)


def upstream_of(ask: RuleInputs, job: str) -> list[str]:
    """Give the receipts that a job waits for."""
    if job.startswith("downsample_block"):
        return ask.block_upstream(wildcards_of(job))
    return ask.rest_upstream(wildcards_of(job)) if job.startswith("downsample_rest") else []


def extended(plan: Plan) -> Plan:
    """Plan the same mags for a dataset that has the first of each layer."""
    nothing = Source.of_nothing()
    layers = tuple(replace(one, source=nothing, given=GIVEN) for one in plan.layers)
    return replace(plan, layers=layers, extends=True, drawn_from="0f")


def inverse_of_upstream(ask: RuleInputs) -> dict[str, list[str]]:
    """Ask all jobs whether they wait for it, one by one."""
    jobs = [job for job, _ in ask.plan.jobs()]
    needs = {job: set(upstream_of(ask, job)) for job in jobs}
    return {fed: [job for job in jobs if f"receipts/{fed}.json" in needs[job]] for fed in jobs}


@pytest.mark.parametrize("plan", [PLAN, BICUBIC], ids=["plain", "with halo"])
def test_consumers_are_the_inverse_of_upstream(plan: Plan) -> None:
    """In every layer: what waits for a job reads what it wrote, and nothing else does."""
    ask = RuleInputs(plan)
    downstream = ask.downstream()
    assert downstream == inverse_of_upstream(ask)
    rules = {
        (fed.split("/")[0], job.split("/")[0]) for fed in downstream for job in downstream[fed]
    }
    assert len(rules) == 4  # slabs and blocks each feed both kinds of jobs


@given(one=FEW_JOBS)
def test_consumers_are_the_inverse_of_upstream_whatever_the_layer(one: LayerPlan) -> None:
    """A shard is removed when all of these are sent: one too few, and a later job finds nothing."""
    ask = RuleInputs(dataset_plan(one))
    assert ask.downstream() == inverse_of_upstream(ask)


def boxes_of(one: LayerPlan, receipt: str) -> list[tuple[int, Box]]:
    """Give what a job wrote of the mag that others read: frames and boxes."""
    rule, *rest = receipt.removeprefix("receipts/").removesuffix(".json").split("/")
    if rule == "convert_slab":
        slab, (x, y, _) = one.slab(rest[1]), one.layer.size
        return [(frame, Box((0, 0, slab.z_begin), (x, y, slab.z_end))) for frame in slab.frames]
    grid = one.step_to(rest[1])[1]
    return [(frame, grid.shard_box(p)) for frame, p in one.block_shards(grid, rest[2])]


@given(one=FEW_JOBS, data=st.data())
def test_what_a_job_reads_was_written_by_its_feeders(one: LayerPlan, data: st.DataObject) -> None:
    """The voxels below each of its shards, in their frame, halo included."""
    ask = RuleInputs(dataset_plan(one))
    jobs = [job for job, _ in ask.plan.jobs() if not job.startswith("convert_slab")]
    assume(jobs)
    job = data.draw(st.sampled_from(jobs))
    wildcards = wildcards_of(job)
    step = one.step_to(wildcards.mag) if wildcards.mag else one.rest_steps()[0]
    blocks = [wildcards.block] if wildcards.block else one.blocks(step[1])
    places = [place for block in blocks for place in one.block_shards(step[1], block)]
    written = [box for receipt in upstream_of(ask, job) for box in boxes_of(one, receipt)]
    for frame, position in places:
        wanted = one.source_box(*step, position)
        parts = [wanted.overlap(box) for at, box in written if at == frame]
        assert sum(box.voxels for box in parts if min(box.size) > 0) == wanted.voxels


@pytest.mark.parametrize("plan", [PLAN, BICUBIC], ids=["plain", "with halo"])
def test_no_joint_is_loose(plan: Plan) -> None:
    """What feeds a job is the receipt of another one, and every slab feeds some job."""
    ask = RuleInputs(plan)
    asked: set[str] = set()
    for job, _ in plan.jobs():
        wildcards = wildcards_of(job)
        if job.startswith("downsample_block"):
            asked.update(ask.block_upstream(wildcards))
        if job.startswith("downsample_rest"):
            asked.update(ask.rest_upstream(wildcards))
    assert asked <= set(ask.receipts())
    assert not {r for r in ask.receipts() if "/downsample_rest/" not in r} - asked


def test_a_job_waits_for_what_is_below_it_only() -> None:
    """The first block of mag 2 does not wait for the last slab."""
    ask = RuleInputs(PLAN)
    slabs = [r for r in ask.receipts() if r.startswith("receipts/convert_slab/em/")]
    upstream = ask.block_upstream(Wildcards(mag="2", block="b000000"))
    assert set(upstream) < set(slabs)
    assert upstream == slabs[: len(upstream)]


def test_a_halo_waits_for_its_neighbours() -> None:
    """The bicubic kernel looks over the border of its block."""
    last = PLAN.layers[0].blocks(PLAN.layers[0].grids[1])[-1]
    plain, wide = (
        RuleInputs(plan).block_upstream(Wildcards(mag="2", block=last)) for plan in (PLAN, BICUBIC)
    )
    assert set(plain) <= set(wide)


def test_frames_have_slabs_of_their_own() -> None:
    """Each has a recipe of its own, though the same files hold all frames."""
    one = PLAN.layer("em")
    timed = dataset_plan(replace(one, layer=replace(one.layer, axes=(("t", 2),))))
    ask, slabs = RuleInputs(timed), timed.layers[0].slabs()
    wildcards = [Wildcards(slab=str(slab)) for slab in slabs]
    assert len(slabs) == 2 * len(one.slabs())
    assert len({ask.slab_recipe(cards) for cards in wildcards}) == len(slabs)


def test_recipes_belong_to_their_job() -> None:
    """Two jobs of one rule never have one recipe, and each is the same when asked again."""
    ask, again = RuleInputs(PLAN), RuleInputs(PLAN)
    blocks = [f"b{n:06d}" for n in range(2)]
    asked = [ask.block_recipe(Wildcards(mag="2", block=block)) for block in blocks]
    assert len(set(asked)) == 2
    assert asked == [again.block_recipe(Wildcards(mag="2", block=block)) for block in blocks]
    layers = ("em", "small")
    for recipe, layer in product(("rest_recipe", "layout_recipe"), layers):
        assert getattr(ask, recipe)(Wildcards(layer)) == getattr(again, recipe)(Wildcards(layer))
    assert len({ask.rest_recipe(Wildcards(layer)) for layer in layers}) == 2
    slabs = [f"z{z:09d}" for z in (0, PLAN.layer("em").slab_depth)]
    assert len({ask.slab_recipe(Wildcards(slab=slab)) for slab in slabs}) == 2


def test_the_dataset_is_described_anew_when_it_changes() -> None:
    """Its name, its category or a further slab."""
    ask = RuleInputs(PLAN)
    others = [replace(PLAN, name="other"), replace(PLAN, layers=PLAN.layers[:1])]
    assert len({RuleInputs(plan).properties_recipe() for plan in (PLAN, *others)}) == 3
    assert ask.properties == "/data/target/datasource-properties.json"


def test_all_layers_are_laid_out() -> None:
    """A receipt for each, under the rule's name."""
    assert RuleInputs(PLAN).layouts == [
        "receipts/create_layer/em.json",
        "receipts/create_layer/small.json",
    ]


@pytest.mark.parametrize("plan", [PLAN, BICUBIC], ids=["plain", "with halo"])
def test_nobody_is_waited_for_where_the_finest_mag_is_there(plan: Plan) -> None:
    """What is computed from it may begin at once; all above waits as ever."""
    ask, whole = RuleInputs(extended(plan)), RuleInputs(plan)
    assert ask.downstream() == inverse_of_upstream(ask)
    assert not any("convert_slab" in receipt for receipt in ask.receipts())
    assert set(ask.receipts()) < set(whole.receipts())
    for job, _ in ask.plan.jobs():
        upstream = [one for one in upstream_of(whole, job) if "convert_slab" not in one]
        assert upstream_of(ask, job) == upstream
    assert not ask.block_upstream(Wildcards(mag="2", block="b000000"))


def test_an_extension_ends_where_the_dataset_is() -> None:
    """On disk with its properties, on a server with the last mag; with nothing to add nowhere."""
    here, there = EXTENDED
    plan = extended(PLAN)
    assert RuleInputs(plan).extensions == [here]
    assert RuleInputs(replace(plan, destination="https://wk.example/d")).extensions == [there]
    assert RuleInputs(replace(plan, layers=())).extensions == []


def test_each_new_mag_is_sent_when_it_is_made() -> None:
    """By itself: it waits for the jobs that write it, of whichever rule."""
    ask = RuleInputs(extended(PLAN))
    sent = [f"receipts/upload_mag/em/{mag}.json" for mag in ("2", "4", "8")]
    sent += [f"receipts/upload_mag/small/{mag}.json" for mag in ("2", "4")]
    assert ask.mags_sent == sent
    one = PLAN.layer("em")
    waited: set[str] = set()
    for receipt in sent:
        _, _, layer, mag = receipt.removesuffix(".json").split("/")
        receipts = ask.mag_receipts(Wildcards(layer, mag=mag))
        assert set(receipts) <= set(ask.receipts())
        waited.update(receipts)
    assert waited == set(ask.receipts())
    blocks = [f"receipts/downsample_block/em/2/{block}.json" for block in one.blocks(one.grids[1])]
    assert ask.mag_receipts(Wildcards("em", mag="2")) == blocks
    assert ask.mag_receipts(Wildcards("small", mag="4")) == ["receipts/downsample_rest/small.json"]
