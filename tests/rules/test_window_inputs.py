"""A slab waits for the window, the window for all slabs: only where that is asked for."""

from dataclasses import dataclass, replace

from wkflow.model.value_map import ValueMap
from wkflow.rules.inputs import RuleInputs
from wkflow.rules.window_inputs import (
    WindowInputs,
    chooses_windows,
    counting_jobs,
    window_receipts,
)

from tests.strategies import dataset_plan, small_layer_plan


@dataclass
class Wildcards:
    """As Snakemake fills them in from the name of a receipt."""

    layer: str = "em"
    slab: str = "z000000000"
    digit: str = "0"
    mag: str = ""
    block: str = ""


PLAIN = small_layer_plan(job_bytes=50_000)
FLOAT = replace(
    PLAIN, source=replace(PLAIN.source, header=replace(PLAIN.source.header, dtype="float32"))
)
AUTO = replace(FLOAT, values=ValueMap(is_auto=True))


def test_without_it_no_slab_waits() -> None:
    """Also where a window is known."""
    for one in (PLAIN, replace(PLAIN, values=ValueMap((0, 9)))):
        assert window_receipts(one) == []
        assert not chooses_windows(dataset_plan(one))
        assert RuleInputs(dataset_plan(one)).window(Wildcards()) == []


def test_passes_follow_one_another() -> None:
    """Of float32 two: each counts all slabs, behind what is known of both ends."""
    plan = dataset_plan(AUTO)
    ask = WindowInputs(plan)
    assert chooses_windows(plan)
    assert RuleInputs(plan).window(Wildcards()) == ["receipts/choose_window/em/1.json"]
    assert ask.earlier(Wildcards(digit="1")) == ["receipts/choose_window/em/0.json"]
    assert ask.earlier(Wildcards()) == []
    counted = ask.counted(Wildcards(digit="1"))
    assert counted == [f"receipts/count_values/em/1/{slab}.json" for slab in AUTO.slabs()]
    assert len(counted) > 1
    jobs = dict(counting_jobs(plan))
    assert set(counted) < {f"receipts/{job}.json" for job in jobs}
    assert sum(jobs.values()) == 2 * AUTO.box.voxels  # progress counts both passes
    assert dict(counting_jobs(dataset_plan(PLAIN))) == {}


def test_counts_depend_on_the_source_alone() -> None:
    """Another codec, dtype or way to map is no reason to count again; another slice is."""
    marks = ((99, 99), *AUTO.source.marks[1:])
    others = [
        replace(AUTO, codec="zstd:5"),
        replace(AUTO, layer=replace(AUTO.layer, dtype="uint16")),
        replace(AUTO, values=ValueMap(is_auto=True, invert=True)),
    ]
    recipe = WindowInputs(dataset_plan(AUTO)).count_recipe(Wildcards())
    assert {WindowInputs(dataset_plan(one)).count_recipe(Wildcards()) for one in others} == {recipe}
    changed = replace(AUTO, source=replace(AUTO.source, marks=marks))
    assert WindowInputs(dataset_plan(changed)).count_recipe(Wildcards()) != recipe
