"""The inputs of the upload's rules: all is made that is asked for, nothing goes too early."""

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.plan import Plan
from wkflow.rules.inputs import RuleInputs
from wkflow.rules.upload_inputs import AHEAD, UploadInputs
from wkflow.run_folder import EXTENDED, PROOF
from wkflow.voxels.scratch_mag import has_shortcut
from wkflow.webknossos.upload_plan import UploadPlan

from tests.rules.test_inputs import extended, upstream_of
from tests.strategies import dataset_plan, layer_plans, small_layer_plan
from tests.webknossos.test_upload_plan import DELIVERY

RUN = Path("/data/run")  # is not there: nothing was reserved yet
PLAN = dataset_plan(
    small_layer_plan((300, 300, 200), mags=("2", "4", "8"), job_bytes=100_000),
    small_layer_plan(name="small"),
)
NOTHING = Plan.of_nothing("/data/e2006")
LISTS = ("batches/p000000", "batches/p000001")


SHOWN = "receipts/write_properties.json"
"""Says that the properties are there."""


@dataclass
class Wildcards:
    """As Snakemake fills them in from the name of a receipt."""

    batch: str


@dataclass(frozen=True)
class Run:
    """What the rules ask."""

    ask: RuleInputs
    sending: UploadInputs
    delivery: UploadPlan | None

    def rules(self) -> dict[str, list[str]]:
        """Give all files that some rule makes, with their inputs."""
        ask, sending = self.ask, self.sending
        jobs = [job for job, _ in ask.plan.jobs()]
        rules: dict[str, list[str]] = {"draft.json": []}
        rules |= {receipt: ["draft.json"] for receipt in ask.layouts}
        for job in jobs:
            reservation_first = sending.reservation_first if job.startswith("convert_slab") else []
            rules[f"receipts/{job}.json"] = [
                "draft.json",
                *reservation_first,
                *upstream_of(ask, job),
            ]
        shown = ["draft.json", *ask.layouts, *ask.receipts()]
        if jobs:
            rules |= {SHOWN: shown}
        last = [*ask.extensions, *sending.before_report]
        rules["report.json"] = ["draft.json", *ask.receipts(), *last]
        rules |= {done: [*ask.receipts()] for done in ask.extensions}
        rules["delivery.json"] = []
        rules |= {f"receipts/{listed}.json": [] for listed in LISTS if not jobs}
        if self.delivery:
            (reservation,) = sending.reservation
            rules |= {reservation: ["delivery.json"]}
            for batch in self.delivery.batches:
                written = f"receipts/{batch}.json"
                sent = ["delivery.json", *sending.reservation, written]
                rules[f"receipts/upload_shards/{batch}.json"] = sent
                if jobs:
                    waits = sending.sent_with_downstream(Wildcards(batch))
                    rules[f"receipts/discard_shards/{batch}.json"] = [written, *waits]
            rules[PROOF] = [*sending.reservation, *sending.sent(), *sending.last]
            rules["receipts/discard_local.json"] = [
                *(PROOF, "report.json"),
                *sending.discarded(),
            ]
        return rules

    def needs(self, *further: str) -> dict[str, list[str]]:
        """Give all files that the goals and further files need, each with its inputs."""
        found: dict[str, list[str]] = {}
        rules, asked = self.rules(), [*self.sending.final_targets, *further]
        while asked:
            target = asked.pop()
            if target not in found:
                found[target] = rules[target]  # KeyError: no rule makes it
                asked += found[target]
        return found


few_jobs = layer_plans(120).filter(lambda one: len(list(dataset_plan(one).jobs())) < 50)


def run_of(plan: Plan, *, discard: bool | None, folder: Path = RUN, cores: int = 4) -> Run:
    """Give a run that sends and discards, only sends, or (None) neither."""
    batches = tuple(job for job, _ in plan.jobs()) or LISTS
    delivery = replace(DELIVERY, batches=batches, discard=bool(discard))
    delivered = None if discard is None else delivery
    ask = RuleInputs(plan)
    return Run(ask, UploadInputs(delivered, ask, folder, cores), delivered)


@pytest.mark.parametrize("discard", [None, False, True])
@pytest.mark.parametrize("plan", [PLAN, NOTHING], ids=["converted", "as it is"])
def test_no_joint_is_loose(plan: Plan, discard: bool | None) -> None:  # noqa: FBT001 -- a case
    """All that the goals need, and what that needs, some rule makes; where to send is known."""
    run = run_of(plan, discard=discard if plan.layers else discard and None)
    made = run.needs()
    assert (PROOF in made) == (run.delivery is not None)
    if run.delivery:
        assert set(run.sending.sent()) <= set(made)
        assert set(run.sending.reservation) <= set(made)
    assert set(run.ask.receipts()) <= set(made)


def test_nothing_is_sent_where_nobody_asks(tmp_path: Path) -> None:
    """All answers are empty, and jobs are not held back."""
    run = run_of(PLAN, discard=None, folder=tmp_path)
    sending = run.sending
    assert sending.final_targets == [SHOWN, "report.json"]
    for answer in (
        sending.reservation,
        sending.reservation_first,
        sending.sent(),
        sending.discarded(),
    ):
        assert answer == []
    assert not sending.discards
    assert sending.weight == 0
    assert not [file for file in run.needs() if "upload" in file or "discard" in file]


def test_nothing_is_waited_for_where_nobody_sends(tmp_path: Path) -> None:
    """Also in the folder of a run that once did."""
    (tmp_path / "receipts" / "reserve_upload").mkdir(parents=True)
    (tmp_path / "receipts" / "reserve_upload" / "1.json").touch()
    assert run_of(PLAN, discard=None, folder=tmp_path).sending.reservation_first == []


def test_what_is_only_a_means_ends_with_its_removal() -> None:
    """Its properties are no goal then; where it stays, they are."""
    goes, stays = (run_of(PLAN, discard=discard).sending for discard in (True, False))
    assert goes.discards
    assert goes.final_targets == ["report.json", PROOF, "receipts/discard_local.json"]
    assert not stays.discards
    assert stays.final_targets == [SHOWN, "report.json", PROOF]
    assert run_of(NOTHING, discard=False).sending.final_targets == ["report.json", PROOF]


def test_the_report_comes_last() -> None:
    """It shows the dataset as it is described and names its place; it is there before that goes."""
    sent, kept = (run_of(PLAN, discard=discard).sending for discard in (True, None))
    assert sent.before_report == [SHOWN, PROOF]
    assert kept.before_report == [SHOWN]
    assert run_of(NOTHING, discard=False).sending.before_report == [PROOF]
    assert "report.json" in run_of(PLAN, discard=True).rules()["receipts/discard_local.json"]


def test_mags_that_were_only_a_means_go_last() -> None:
    """When the server has them, and the report has shown them; where they are kept, they stay."""
    plan = replace(PLAN, extends=True, destination="https://wk.example/d")
    ask, gone = RuleInputs(plan), "receipts/discard_local.json"
    goes = UploadInputs(None, ask, RUN, 4, adds=True)
    assert goes.proof == [EXTENDED[1]]
    assert goes.final_targets == [EXTENDED[1], "report.json", gone]
    assert gone not in UploadInputs(None, ask, RUN, 4).final_targets
    assert run_of(PLAN, discard=True).sending.proof == [PROOF]


def test_a_page_that_is_wanted_is_a_goal_of_its_own() -> None:
    """Else nobody would draw it where the numbers are there already."""
    ask, both = RuleInputs(PLAN), ("report.json", "report.html")
    assert UploadInputs(None, ask, RUN, 4, both).final_targets == [SHOWN, *both]
    assert UploadInputs(None, RuleInputs(NOTHING), RUN, 4, both).final_targets == []


def test_the_properties_are_waited_for() -> None:
    """They go last, with the metadata of all layers; a dataset that exists has them."""
    assert set(run_of(PLAN, discard=False).sending.last) == {
        "receipts/write_properties.json",
        "receipts/create_layer/em.json",
        "receipts/create_layer/small.json",
    }
    assert run_of(NOTHING, discard=False).sending.last == []


@pytest.mark.parametrize("destination", ["", "https://wk.example/datasets/a-b"])
def test_an_extension_is_done_when_its_mags_are_part_of_the_dataset(destination: str) -> None:
    """Wherever that is; its properties are its own, no goal of a run."""
    plan = replace(extended(PLAN), destination=destination)
    sending = run_of(plan, discard=None).sending
    assert sending.final_targets == [EXTENDED[bool(destination)], "report.json"]
    assert RuleInputs(plan).properties not in sending.final_targets


def test_a_dataset_that_has_all_mags_needs_nothing() -> None:
    """No goal, no job, and no report of nothing."""
    assert run_of(replace(extended(PLAN), layers=()), discard=None).sending.final_targets == []
    assert run_of(NOTHING, discard=None).sending.final_targets == []


def test_no_voxel_is_read_before_the_server_agreed(tmp_path: Path) -> None:
    """Later attempts are no reason to read them again: the gate stays where they went through."""
    run = run_of(PLAN, discard=True, folder=tmp_path)
    slab = run.ask.receipts()[0]
    assert (
        run.sending.reservation_first
        == run.sending.reservation
        == ["receipts/reserve_upload/1.json"]
    )
    assert run.sending.reservation_first[0] in run.rules()[slab]
    for number in ("2", "10"):
        path = tmp_path / "receipts" / "reserve_upload" / f"{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    third = replace(DELIVERY, attempt=11)
    sending = UploadInputs(third, run.ask, tmp_path, 4)
    assert sending.reservation_first == ["receipts/reserve_upload/2.json"]
    assert sending.reservation == ["receipts/reserve_upload/11.json"]


def check_removal(plan: Plan) -> None:
    """Look at what each batch's removal waits for."""
    run = run_of(plan, discard=True)
    needs = {job: set(upstream_of(run.ask, job)) for job, _ in plan.jobs()}
    for batch in needs:
        waits = run.sending.sent_with_downstream(Wildcards(batch))
        is_read = not has_shortcut(plan, batch)
        readers = [job for job in needs if is_read and f"receipts/{batch}.json" in needs[job]]
        assert sorted(waits) == sorted(
            f"receipts/upload_shards/{job}.json" for job in (batch, *readers)
        )


def test_shards_wait_for_all_that_is_made_of_them() -> None:
    """They go when they, and what is made of them, are sent: then nobody reads them again."""
    check_removal(PLAN)


@given(one=few_jobs)
def test_shards_wait_whatever_the_layer(one: LayerPlan) -> None:
    """With a halo, too, and with mags that are no multiples of one another's shards."""
    check_removal(dataset_plan(one))


@settings(max_examples=40)
@given(one=few_jobs, random=st.randoms(use_true_random=False))
def test_in_any_order_nobody_misses_a_shard(one: LayerPlan, random: Random) -> None:
    """Jobs may end in any order that their inputs allow: what one reads or sends is on the disk.

    Of a slab with a shortcut nothing but the sending itself is to wait for.
    """
    plan = dataset_plan(one)
    run = run_of(plan, discard=True)
    spared = {r for r in run.ask.receipts() if has_shortcut(plan, r.removeprefix("receipts/"))}
    removals = [f"receipts/discard_shards/{job}.json" for job, _ in plan.jobs()]
    needs, done, gone = run.needs(*removals), set[str](), set[str]()
    while len(done) < len(needs):
        ready = [file for file in needs.keys() - done if done.issuperset(needs[file])]
        assert ready, "the rules wait for one another in a circle"
        target = random.choice(sorted(ready))
        done.add(target)
        rule, _, batch = target.removeprefix("receipts/").partition("/")
        if rule == "discard_shards":
            gone.add(f"receipts/{batch}")
        elif rule in {"downsample_block", "downsample_rest"}:
            assert not gone.intersection(needs[target]) - spared
        elif rule == "upload_shards":
            assert not gone.intersection(needs[target])
    assert gone == set(run.ask.receipts())


def test_batches_leave_the_disk_one_by_one_where_there_are_many() -> None:
    """Then the last waits for them; of few the disk holds most at once anyway.

    Small mags stay until the report has shown them.
    """
    many, few = run_of(PLAN, discard=True), run_of(dataset_plan(), discard=True)
    early = [job for job, _ in PLAN.jobs() if not job.startswith("downsample_rest")]
    removals = [f"receipts/discard_shards/{job}.json" for job in early]
    assert many.sending.discarded() == removals
    assert set(removals) <= set(many.needs())
    assert few.sending.discarded() == []
    assert PROOF in few.rules()["receipts/discard_local.json"]


@pytest.mark.parametrize("cores", [1, 4, 64])
def test_conversion_runs_ahead_of_the_network_a_little(cores: int) -> None:
    """All cores have work while some batches wait; a disk has to hold only so many."""
    run = run_of(PLAN, discard=True, cores=cores)
    assert run.sending.in_flight == cores + AHEAD
    assert run.sending.weight == 1
    assert run_of(NOTHING, discard=False, cores=cores).sending.in_flight == 1
