"""A run that closed slices up is told apart from one whose slices were taken away."""

from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.model.source import Source
from wkflow.planning.claim_target import claim_target
from wkflow.planning.moved_slices import is_moved
from wkflow.planning.plan_conversion import plan_conversion

from tests.steps.stacks import grains, settings_of, write_tiffs

NOTHING = Source.of_nothing()


def stack(names: str, missing: str = "") -> Source:
    files = tuple("" if name == "_" else name for name in names)
    return replace(NOTHING, files=files, is_stack=True, missing=missing)


@pytest.mark.parametrize(
    ("earlier", "now", "is_one"),
    [
        (stack("abd"), stack("ab_d", "3"), True),
        (stack("abd"), stack("abbd", "3"), True),
        (stack("ab"), stack("ab_d", "3"), False),
        (stack("abcd"), stack("ab_d", "3"), False),
        (stack("abd"), stack("abcd"), False),
        (stack("abd"), stack("abc_d", "4"), False),
        (stack("ab_d", "3"), stack("ab_d", "3"), False),
        (stack("xy"), stack("ab_d", "3"), False),
        (NOTHING, stack("ab_d", "3"), False),
    ],
)
def test_slices_that_lay_next_to_each_other_have_moved(
    earlier: Source, now: Source, *, is_one: bool
) -> None:
    """Only if nothing but missing ones is between them now."""
    assert is_moved(earlier, now) == is_one


def test_it_is_told_until_the_run_has_ended(tmp_path: Path) -> None:
    """A resumed run has the same plan; one that closes up goes on as it was."""
    source = write_tiffs(tmp_path / "em", grains(2))
    write_tiffs(source, grains(1), begin=3)
    closed, kept = settings_of(source, missing_slices="close"), settings_of(source)
    before = plan_conversion(closed)
    claim_target(closed, before)
    assert plan_conversion(closed) == before
    plan = plan_conversion(kept)
    assert "what lies behind missing ones moves and is made anew" in plan.notes[-1]
    claim_target(kept, plan)
    assert plan_conversion(kept) == plan
