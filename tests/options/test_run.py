"""How a run is carried out: machines, memory, jobs."""

import pytest
from pydantic import ValidationError
from wkflow.options.run import RunOptions


def test_by_default_this_machine_is_used() -> None:
    """All of it that is free."""
    options = RunOptions()
    assert options.distribution_strategy == "multiprocessing"
    assert options.jobs is options.memory is options.job_size is options.work_dir is None


@pytest.mark.parametrize(
    "wrong", [{"jobs": 0}, {"memory": "8"}, {"job_size": 0}, {"distribution_strategy": "pbs"}]
)
def test_what_no_machine_has_is_refused(wrong: dict[str, object]) -> None:
    """Before anything is planned with it."""
    with pytest.raises(ValidationError):
        RunOptions.model_validate(wrong)


def test_amounts_are_bytes() -> None:
    """However a person writes them."""
    options = RunOptions.model_validate({"memory": "2G", "job_size": "1G"})
    assert (options.memory, options.job_size) == (2 * 2**30, 2**30)
