"""The last words of jobs that left none."""

from dataclasses import replace
from pathlib import Path

from wkflow.errors import ResourceError, TransientError
from wkflow.rules.clusters.slurm_failure import Death

TOLD = "SLURM-job '7' failed, SLURM status is: '{}'. Reason: Unknown."


def death(told: str, log: Path | None = None) -> Death:
    return Death("convert_slab", "7", told, log, 3, 3)


def test_memory_is_told_by_the_state_or_by_the_log(tmp_path: Path) -> None:
    """Where the controller only knows that it failed, slurmstepd said why."""
    by_state = death(TOLD.format("OUT_OF_MEMORY")).explain()
    log = tmp_path / "7.log"
    log.write_text("a\nslurmstepd: error: Step 7.0 exceeded memory limit (9 > 8)\nb\n\n")
    by_log = death(TOLD.format("FAILED"), log).explain()
    for error in (by_state, by_log):
        assert isinstance(error, ResourceError)
        assert error.what.startswith("was killed for memory (try 3 of 3)")
        assert "mem=32G" in error.remedy
    assert by_log.what.endswith("slurmstepd: error: Step 7.0 exceeded memory limit (9 > 8)")


def test_other_ends_are_called_by_their_name(tmp_path: Path) -> None:
    """With the end of the log, and where it is."""
    late = death(TOLD.format("TIMEOUT")).explain()
    assert late.what == "was killed for its time limit (try 3 of 3)"
    assert "time=" in late.remedy
    log = tmp_path / "7.log"
    log.write_text("first\nlast but one\n\nlast\n")
    ended = death(TOLD.format("CANCELLED"), log).explain()
    assert isinstance(ended, TransientError)
    assert ended.what == "ended as CANCELLED (try 3 of 3): last but one / last"
    assert ended.where == f"job 7 (convert_slab), log {log}"
    assert "ended as FAILED" in death("something else").explain().what


def test_what_was_never_submitted_has_no_log() -> None:
    """Only what sbatch said."""
    never = replace(death("\n  sbatch failed: no\nmore\n"), number=None).explain()
    assert never.what == "convert_slab could not be submitted: sbatch failed: no"
    assert len(str(never).splitlines()) <= 5
