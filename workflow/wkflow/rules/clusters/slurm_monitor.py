"""A run on SLURM, attended: what Snakemake's plugin leaves to chance.

The plugin (2.8) asks for the state of jobs ever more rarely, waits for ever for jobs that can
never start and where nothing is accounted, and knows nothing of the jobs of a run that was
killed. All of it is set right on its executor, before the first job is submitted.
"""

import asyncio
import json
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from snakemake.exceptions import WorkflowError as EngineError

from wkflow.errors import TransientError, WkflowError
from wkflow.rules.clusters import slurm
from wkflow.rules.clusters.slurm_check import probe, shared_options
from wkflow.rules.clusters.slurm_failure import Death
from wkflow.rules.clusters.slurm_silence import Silence, outlast_silence
from wkflow.rules.job import leave_note
from wkflow.run_folder import CLUSTER, ENTRANCE, FAILURE_NOTE

LONGEST_S, SHARE = 30.0, 0.1
"""An end is noticed after a tenth of the time in which nothing happened, or half a minute."""

LOOK_S = 10.0
"""Between two looks at the reasons for which jobs wait."""


def monitor_slurm(workflow: Any, folders: Sequence[Path], sources: Sequence[str]) -> None:  # noqa: ANN401 -- it has no type
    """Make ready for the first job; called once, when Snakemake begins.

    Jobs will write into the `folders`, of which the first is the run folder, and read `sources`.

    Raises
    ------
    EngineError
        In place of our own errors, which are noted for the CLI: Snakemake shows it.
    """
    executor = workflow.scheduler._executor  # noqa: SLF001 -- pinned: snakemake <10
    if type(executor).__module__ != "snakemake_executor_plugin_slurm":
        return
    run_folder = folders[0]
    name, teller = slurm.name_of(run_folder), _Teller(run_folder)

    def make_ready() -> None:
        slurm.cancel(name)
        _choose_status_command(executor)
        calls = _submissions(workflow, executor)
        slurm.require_possible(calls)
        if calls:
            options = shared_options(calls[0])
            probe(name, options, folders, sources, teller.waiting)

    try:
        outlast_silence(make_ready, teller.waiting)
    except WkflowError as error:
        leave_note(run_folder / ENTRANCE, error)
        raise EngineError(str(error)) from None
    executor.run_uuid = f"{name}-{executor.run_uuid}"
    attendance = Attendance(executor, name, run_folder)
    executor.sleep = attendance.sleep
    executor.report_job_error = attendance.report_job_error
    executor.report_job_success = attendance.report_job_success
    executor.check_active_jobs = attendance.check_active_jobs
    executor.cancel = attendance.cancel


def _choose_status_command(executor: Any) -> None:  # noqa: ANN401 -- it has no type
    """Ask squeue where nothing is accounted: sacct would never tell of an end.

    The plugin reads the controller's whole configuration, for one number, each time before it asks
    for the states of jobs; and it asks sacct where that fails. It gets the number once.
    """
    settings = executor.workflow.executor_settings
    age = slurm.memory_of_jobs()
    sys.modules[type(executor).__module__].get_min_job_age = lambda: age  # type: ignore[attr-defined]  # it has no types
    if not slurm.is_accounting():
        settings.status_command = "squeue"
        slurm.require_memory_of_jobs(int(LONGEST_S))


def _submissions(workflow: Any, executor: Any) -> list[list[str]]:  # noqa: ANN401 -- they have no type
    """Give the different calls of sbatch that the run will make, as the plugin spells them."""
    from snakemake_executor_plugin_slurm.submit_string import (  # noqa: PLC0415 -- an extra
        get_submit_command,
    )

    jobs = {
        (job.rule.name, job.threads, *sorted(map(str, job.resources.items()))): job
        for job in workflow.dag.needrun_jobs()
        if not job.is_local
    }
    calls = []
    for job in jobs.values():
        about = {
            "run_uuid": "wkflow-trial",
            "slurm_logfile": "/dev/null",
            "comment_str": job.rule.name,
            "account": next(executor.get_account_arg(job)),
            "partition": executor.get_partition_arg(job),
            "workdir": workflow.workdir_init,
        }
        spelled = get_submit_command(job, about, settings=workflow.executor_settings)
        calls.append(shlex.split(spelled))
    return calls


class _Teller:
    """Writes for the person who waits what the cluster does."""

    def __init__(self, run_folder: Path) -> None:
        self._file, self._told = run_folder / CLUSTER, ""

    def tell(self, *, running: int, waiting: int, reason: str) -> None:
        text = json.dumps({"running": running, "waiting": waiting, "reason": reason})
        if text != self._told:
            with suppress(OSError):  # progress is worth no failure
                self._file.write_text(text)
            self._told = text

    def waiting(self, reason: str) -> None:
        """Say that the first job waits."""
        self.tell(running=int(not reason), waiting=int(bool(reason)), reason=reason)


class Attendance:
    """Takes the place of five methods of the plugin's executor."""

    def __init__(self, executor: Any, name: str, run_folder: Path) -> None:  # noqa: ANN401 -- it has no type
        self._executor, self._name, self._folder = executor, name, run_folder
        self._report, self._cancel = executor.report_job_error, executor.cancel
        self._succeed = executor.report_job_success
        self._teller, self._silence = _Teller(run_folder), Silence(executor, name)
        self.check_active_jobs = self._silence.check_active_jobs
        self._notes: set[Path] = set()
        self._jobs: frozenset[str] = frozenset()
        self._changed = self._looked = monotonic()

    async def sleep(self) -> None:
        """Wait until jobs are asked about again: the longer, the longer nothing happened."""
        active = frozenset(str(one.external_jobid) for one in self._executor.active_jobs)
        if active - self._jobs:
            self._silence.end()
        if active != self._jobs:
            self._jobs, self._changed = active, monotonic()
        if active and monotonic() - self._looked > LOOK_S:
            self._looked = monotonic()
            self._look()
        settings = self._executor.workflow.remote_execution_settings
        least = float(settings.seconds_between_status_checks)
        quiet = SHARE * (monotonic() - self._changed)
        await asyncio.sleep(max(least, min(quiet, LONGEST_S)))

    def _look(self) -> None:
        """Tell what waits; end the run if something waits for what will not come.

        Raises
        ------
        EngineError
            Which ends Snakemake, from the thread that waits for jobs.
        """
        with suppress(slurm.NoAnswerError):  # the controller restarts: jobs do not notice
            jobs = slurm.jobs_of(self._name)
            states = [state for state, _ in jobs.values()]
            reasons = sorted({reason for state, reason in jobs.values() if state == "PENDING"})
            waiting = states.count("PENDING")
            self._teller.tell(
                running=len(states) - waiting, waiting=waiting, reason=", ".join(reasons)
            )
            for number, (state, reason) in jobs.items():
                if state == "PENDING" and reason in slurm.NEVER:
                    error = slurm.never_starts(number, reason)
                    leave_note(self._folder / ENTRANCE, error)
                    slurm.cancel(self._name)
                    raise EngineError(str(error))

    def cancel(self) -> None:
        """End all jobs, also those that were on their way to SLURM: they are on no list here."""
        self._silence.give_up()
        self._cancel()
        with suppress(TransientError):  # the next run ends them
            slurm.cancel(self._name)

    def report_job_success(self, info: Any) -> None:  # noqa: ANN401 -- it has no type
        """Do what the plugin does."""
        self._silence.hears(info)
        self._succeed(info)

    def report_job_error(self, info: Any, msg: str | None = None, **more: Any) -> None:  # noqa: ANN401 -- it has no type
        """Leave a note where a job died without one, then do what the plugin does.

        A job that no controller took has not been tried: it is sent again, and nothing else.
        """
        if info.external_jobid is None and self._silence.bears(info.job, msg or ""):
            return
        self._silence.hears(info)
        log = Path(info.job.log[0])
        note = log.with_name(log.stem + FAILURE_NOTE)
        if note in self._notes or not note.exists():
            self._notes.add(note)
            leave_note(note, _death(info, msg or "").explain())
        if info.job.attempt > info.job.restart_times:
            # others like it would die one by one; a bad slice is no such death, and all are found
            self._executor.workflow.scheduler.keepgoing &= note not in self._notes
        self._report(info, msg, **more)


def _death(info: Any, told: str) -> Death:  # noqa: ANN401 -- it has no type
    log = (info.aux or {}).get("slurm_logfile")
    tries = info.job.restart_times + 1
    name = info.job.rule.name
    return Death(name, info.external_jobid, told, log and Path(log), info.job.attempt, tries)
