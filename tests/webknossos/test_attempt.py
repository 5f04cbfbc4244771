"""An upload is taken up again while it holds the same and the server knows it, else begun anew.

Then shards that were sent and removed are wanted again.
"""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.rules.inputs import RuleInputs
from wkflow.rules.stale_receipts import drop_stale_receipts
from wkflow.run_folder import SCRATCH, UPLOAD
from wkflow.voxels.scratch_mag import BOOT, shortcut_of
from wkflow.webknossos.attempt import current, mark_lost, renewed, why_lost

from tests.strategies import dataset_plan, small_layer_plan
from tests.webknossos.test_upload_plan import DELIVERY

FILE = Path(UPLOAD, "attempt.json")


def test_there_is_none_before_the_first(tmp_path: Path) -> None:
    """Also where there is no run folder yet; looking makes nothing."""
    assert current(tmp_path / "run") is None
    assert not list(tmp_path.iterdir())


def test_the_same_recipe_is_the_same_upload(tmp_path: Path) -> None:
    """Its number and its name on the server: what was sent is not sent again."""
    first = renewed(tmp_path, "a")
    assert (first.number, first.recipe) == (1, "a")
    assert renewed(tmp_path, "a") == first == current(tmp_path)


def test_a_changed_recipe_is_a_new_upload(tmp_path: Path) -> None:
    """What a server has accepted it never takes again; going back to a recipe is a change, too."""
    attempts = [renewed(tmp_path, recipe) for recipe in ("a", "b", "a")]
    assert [attempt.number for attempt in attempts] == [1, 2, 3]
    assert len({attempt.upload_id for attempt in attempts}) == 3


def test_a_lost_upload_is_begun_anew(tmp_path: Path) -> None:
    """Why it was lost is kept with it; the next one is not lost."""
    first = renewed(tmp_path, "a")
    assert why_lost(tmp_path, first) is None
    mark_lost(first.folder(tmp_path), 'the "server" forgot it')
    assert why_lost(tmp_path, first) == 'the "server" forgot it'
    second = renewed(tmp_path, "a")
    assert (second.number, why_lost(tmp_path, second)) == (2, None)
    assert second.upload_id != first.upload_id
    assert renewed(tmp_path, "a") == second
    assert why_lost(tmp_path, first)


@given(
    steps=st.lists(
        st.tuples(st.sampled_from("ab"), st.booleans()),  # a recipe, and whether it gets lost
        min_size=1,
        max_size=8,
    )
)
def test_numbers_grow_by_one_for_each_new_upload(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, bool]]
) -> None:
    """Exactly when the recipe changed or the last one was lost, whatever came before."""
    folder = tmp_path_factory.mktemp("run")
    expected, held = 0, None
    for recipe, gets_lost in steps:
        expected += recipe != held
        attempt = renewed(folder, recipe)
        assert attempt.number == expected
        if gets_lost:
            mark_lost(attempt.folder(folder), "gone")
        held = None if gets_lost else recipe


@pytest.mark.parametrize(
    "text", ["", '{"number": 1, "upl', "[]", "7", '{"number": 1}', '{"number": 1, "era": 2}']
)
def test_a_damaged_note_counts_as_none(tmp_path: Path, text: str) -> None:
    """A power cut is no reason to stop: the server is asked anew."""
    first = renewed(tmp_path, "a")
    (tmp_path / FILE).write_text(text)
    assert current(tmp_path) is None
    again = renewed(tmp_path, "a")
    assert again.upload_id != first.upload_id
    assert current(tmp_path) == again


def test_a_torn_mark_is_no_loss(tmp_path: Path) -> None:
    """The server is asked, and says it again."""
    first = renewed(tmp_path, "a")
    mark_lost(first.folder(tmp_path), "gone")
    (first.folder(tmp_path) / "lost.json").write_text('"go')
    assert why_lost(tmp_path, first) is None


def test_the_server_gets_a_name_for_it_that_is_a_folder_anywhere(tmp_path: Path) -> None:
    """Time first, so that an administrator sees its age; then what no other upload has."""
    name = renewed(tmp_path, "a").upload_id
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d__[0-9a-f]{8}(-[0-9a-f]{4}){3}-\w{12}", name
    )


PLAN = small_layer_plan((300, 300, 200), mags=("2", "4", "8"), job_bytes=100_000)


@pytest.fixture
def finished(tmp_path: Path) -> RuleInputs:
    """Write a receipt and a shard for each job of a plan with blocks; nothing is sent yet."""
    plan = dataset_plan(PLAN, dataset=str(tmp_path / "dataset"))
    for job, _ in plan.jobs():
        Receipt("any", (ShardFile(f"{job}/0", 1, ""),)).write(receipt(tmp_path, job))
        shard(plan, job).parent.mkdir(parents=True)
        shard(plan, job).write_bytes(b"1")
    return RuleInputs(plan)


def receipt(folder: Path, job: str) -> Path:
    return folder / "receipts" / f"{job}.json"


def shard(plan: Plan, job: str) -> Path:
    return Path(plan.dataset, job, "0")


def discard(folder: Path, plan: Plan, *jobs: str) -> None:
    """Remove the shards of jobs that are sent, as their receipts say."""
    for job in jobs:
        shard(plan, job).unlink()
        for done in ("upload_shards", "discard_shards"):
            receipt(folder, f"{done}/{job}").parent.mkdir(parents=True, exist_ok=True)
            receipt(folder, f"{done}/{job}").touch()


def forgotten(folder: Path, ask: RuleInputs) -> set[str]:
    return {job for job, _ in ask.plan.jobs() if not receipt(folder, job).exists()}


def test_a_new_upload_wants_shards_that_are_gone(tmp_path: Path, finished: RuleInputs) -> None:
    """Their receipts are removed once, those of others stay: they need not be made again."""
    jobs = [job for job, _ in finished.plan.jobs()]
    gone = {jobs[0], jobs[3], jobs[-1]}
    discard(tmp_path, finished.plan, *gone)
    second = replace(DELIVERY, attempt=2)
    drop_stale_receipts(finished, second, tmp_path)
    assert forgotten(tmp_path, finished) == gone
    for job in gone:
        Receipt("any", (ShardFile(f"{job}/0", 1, ""),)).write(receipt(tmp_path, job))
        shard(finished.plan, job).write_bytes(b"1")
    drop_stale_receipts(finished, second, tmp_path)
    assert not forgotten(tmp_path, finished)


@pytest.mark.parametrize("attempt", [1, 2])
def test_an_upload_that_goes_on_wants_nothing_back(
    tmp_path: Path, finished: RuleInputs, attempt: int
) -> None:
    """What is sent and built upon may be gone for good."""
    delivery = replace(DELIVERY, attempt=attempt)
    drop_stale_receipts(finished, delivery, tmp_path)
    discard(tmp_path, finished.plan, *(job for job, _ in finished.plan.jobs()))
    drop_stale_receipts(finished, delivery, tmp_path)
    assert not forgotten(tmp_path, finished)


def test_a_block_that_is_built_again_wants_what_lies_below(
    tmp_path: Path, finished: RuleInputs
) -> None:
    """All the way down where it is gone; what is there is kept, and what nobody asks for."""
    jobs = [job for job, _ in finished.plan.jobs()]
    top = next(job for job in jobs if job.startswith("downsample_block/em/4/"))
    below = {job for job, readers in finished.downstream().items() if top in readers}
    kept = min(below)
    lowest = {
        job for job, readers in finished.downstream().items() if {*readers} & (below - {kept})
    }
    assert len(below) > 1
    discard(tmp_path, finished.plan, *(job for job in jobs if job not in {kept, top}))
    receipt(tmp_path, top).unlink()
    drop_stale_receipts(finished, DELIVERY, tmp_path)
    assert forgotten(tmp_path, finished) >= {top} | (below - {kept}) | lowest
    assert kept not in forgotten(tmp_path, finished)


@pytest.mark.skipif(not BOOT.exists(), reason="shortcuts are named after Linux's start")
def test_a_slab_whose_shortcut_is_there_is_not_wanted(tmp_path: Path, finished: RuleInputs) -> None:
    """What is built of it reads the shortcut; where that is lost, the slab is made again."""
    one = replace(PLAN, passing=True)
    ask = RuleInputs(replace(finished.plan, layers=(one,)))
    slabs = [job for job, _ in ask.plan.jobs() if job.startswith("convert_slab/")]
    discard(tmp_path, ask.plan, *slabs)
    opened = {job for slab in slabs for job in ask.downstream()[slab]} | {"downsample_rest/em"}
    for job in opened:
        receipt(tmp_path, job).unlink()
    shortcut = shortcut_of(one, tmp_path / SCRATCH)
    assert shortcut
    for slab in one.slabs():
        shortcut.path(slab).parent.mkdir(parents=True, exist_ok=True)
        shortcut.path(slab).touch()
    drop_stale_receipts(ask, DELIVERY, tmp_path)
    assert forgotten(tmp_path, ask) == opened
    shortcut.path(one.slabs()[1]).unlink()
    drop_stale_receipts(ask, DELIVERY, tmp_path)
    assert forgotten(tmp_path, ask) == opened | {slabs[1]}


def test_what_is_built_again_finds_what_it_reads(tmp_path: Path, finished: RuleInputs) -> None:
    """A job runs when its receipt or one below it is gone: then it needs all that lie below."""
    jobs = [job for job, _ in finished.plan.jobs()]
    blocks = [job for job in jobs if job.startswith("downsample_block/em/2/")]
    discard(tmp_path, finished.plan, *(job for job in jobs if job not in blocks))
    receipt(tmp_path, blocks[-1]).unlink()
    drop_stale_receipts(finished, DELIVERY, tmp_path)
    runs = forgotten(tmp_path, finished)
    for job, readers in finished.downstream().items():  # fine mags first
        runs.update(readers if job in runs else ())
    missing = {
        job: reader
        for job, readers in finished.downstream().items()
        for reader in runs.intersection(readers)
        if job not in runs and not shard(finished.plan, job).exists()
    }
    assert not missing
