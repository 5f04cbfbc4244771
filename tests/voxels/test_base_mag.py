"""The mag that others are computed from loses files after that was planned."""

from collections.abc import Callable
from pathlib import Path

import pytest
from wkflow.errors import SourceError
from wkflow.steps.extend_properties import extend_properties

from tests.steps.extensions import (
    SMALL,
    computed,
    drawn,
    extend,
    files_of,
    layer_of,
    settings_of,
    write_dataset,
)


@pytest.mark.parametrize("lost", ["em/1", "em/1/c"])
def test_a_base_that_lost_files_since_the_plan_is_missed(tmp_path: Path, lost: str) -> None:
    """No mag comes of zeros, neither when a run goes on nor at its end; restored, all is well.

    Shards of which not one is there look like what was never written.
    """
    dataset, kept = write_dataset(tmp_path / "set", layer_of(1)), tmp_path / "kept"
    run_folder = settings_of(dataset, **SMALL).run_folder

    def refused(work: Callable[[], object]) -> None:
        with pytest.raises(SourceError, match=r"mag 1 of layer em (lacks|is not there)"):
            work()

    drawn(dataset, **SMALL)
    (dataset / lost).rename(kept)
    refused(lambda: drawn(dataset, **SMALL))
    kept.rename(dataset / lost)
    plan = drawn(dataset, **SMALL)
    receipts = computed(plan, run_folder)
    (dataset / lost).rename(kept)
    refused(lambda: extend_properties(plan, receipts, run_folder))
    assert not [path for path in receipts if Path(path).exists()]
    kept.rename(dataset / lost)
    extend_properties(plan, computed(drawn(dataset, **SMALL), run_folder), run_folder)
    whole = write_dataset(tmp_path / "whole", layer_of(1))
    extend(whole, **SMALL)
    assert files_of(dataset) == files_of(whole)
