"""What Snakemake's plugin for SLURM does where the controller is silent, and what is mended here.

The first tests are about the plugin alone: where one fails with a new version, a mend may go
(docs/explanation/executor-plugins.md).
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from wkflow.errors import ConfigError
from wkflow.rules.clusters import slurm, slurm_silence
from wkflow.rules.clusters.slurm_silence import Silence, outlast_silence

plugin = pytest.importorskip("snakemake_executor_plugin_slurm")

NO_CONTROLLER = "squeue: error: Unable to contact slurm controller (connect failure)"
REFUSED = "SLURM sbatch failed. The error message was 'sbatch: error: Batch job submission failed: "


class Submissions:
    """Does at once what the plugin's thread does."""

    def submit(self, call: Callable[..., None], *given: object) -> None:
        call(*given)


@pytest.fixture
def executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 -- it has no type
    """Give the plugin's executor, without a workflow; squeue finds no controller."""
    for name in ("squeue", "scontrol", "sacct"):
        command = tmp_path / name
        command.write_text(f"#!/bin/sh\necho '{NO_CONTROLLER}' >&2\nexit 1\n")
        command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    made = object.__new__(plugin.Executor)
    settings = SimpleNamespace(
        status_attempts=5, status_command="squeue", init_seconds_before_status_checks=1
    )
    made.workflow = SimpleNamespace(executor_settings=settings)
    made.logger = logging.getLogger("test")
    made.status_rate_limiter = AsyncExitStack()
    made.run_uuid = "run"
    made._status_query_calls = made._status_query_failures = 0
    made._job_submission_executor = Submissions()
    made.submitted = []
    made.run_job = made.submitted.append
    return made


def active(*numbers: str) -> list[SubmittedJobInfo]:
    """Give jobs that were submitted."""
    job = SimpleNamespace(name="convert_slab", wildcards=["em", "z0"])
    return [SubmittedJobInfo(job, number, {}) for number in numbers]


def asked(check: Callable[[list[Any]], Any], jobs: list[SubmittedJobInfo]) -> list[Any]:
    """Give what goes on by what the executor says."""

    async def collect() -> list[Any]:
        return [one async for one in check(jobs)]

    return asyncio.run(collect())


def test_the_plugin_forgets_jobs_of_which_nobody_tells(executor: Any) -> None:  # noqa: ANN401 -- it has no type
    """It gives back none of them, so that Snakemake waits for ever."""
    assert asked(executor.check_active_jobs, active("1", "2")) == []


def test_jobs_of_which_nobody_tells_go_on(executor: Any) -> None:  # noqa: ANN401 -- it has no type
    """As they did before."""
    jobs = active("1", "2")
    assert asked(Silence(executor, "run").check_active_jobs, jobs) == jobs


def test_jobs_of_which_something_is_told_are_left_to_the_plugin() -> None:
    """Ended ones are not given back, others once."""
    one, two = active("1", "2")

    async def check(jobs: list[Any]) -> Any:  # noqa: ANN401 -- an iterator
        silence.hears(jobs[0])
        yield jobs[1]

    silence = Silence(SimpleNamespace(check_active_jobs=check), "run")
    assert asked(silence.check_active_jobs, [one, two]) == [two]


@pytest.mark.parametrize("words", slurm.SILENCE)
def test_a_job_that_no_controller_took_is_submitted_again(
    executor: Any,  # noqa: ANN401 -- it has no type
    monkeypatch: pytest.MonkeyPatch,
    words: str,
) -> None:
    """First, what it took without saying so is ended; other refusals are failures."""
    ended: list[tuple[str, str | None]] = []
    monkeypatch.setattr(slurm, "cancel", lambda *given: ended.append(given))
    silence = Silence(executor, "run")
    (info,) = active("1")
    assert silence.bears(info.job, f"{REFUSED}{words}'")
    assert ended == [("run", "rule_convert_slab_wildcards_em_z0")]
    assert executor.submitted == [info.job]
    assert not silence.bears(info.job, f"{REFUSED}Invalid account'")
    silence.give_up()
    assert not silence.bears(info.job, f"{REFUSED}{words}'")


def test_silence_has_an_end(
    executor: Any,  # noqa: ANN401 -- it has no type
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of one run as of its start; other errors are told at once."""
    monkeypatch.setattr(slurm_silence, "LONGEST_S", -1.0)
    monkeypatch.setattr(slurm_silence, "PAUSE_S", 0.01)
    assert not Silence(executor, "run").bears(active("1")[0].job, f"{REFUSED}{slurm.SILENCE[0]}'")
    tries: list[int] = []

    def ask() -> None:
        tries.append(1)
        if len(tries) != 3:
            slurm.jobs_of("run")

    told: list[str] = []
    outlast_silence(ask, told.append)
    assert len(tries) == 3
    (words,) = told
    assert "Unable to contact" in words
    monkeypatch.setattr(slurm_silence, "AT_START_S", -1.0)
    with pytest.raises(slurm.NoAnswerError, match="Unable to contact"):
        outlast_silence(ask, told.append)
    assert len(tries) == 4

    def refuse() -> None:
        raise ConfigError("sbatch refuses", "sbatch", "Ask for less.")

    with pytest.raises(ConfigError):
        outlast_silence(refuse, told.append)
