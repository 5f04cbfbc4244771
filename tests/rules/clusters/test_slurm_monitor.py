"""What Snakemake's plugin for SLURM does by itself, for which arrays are not used.

Where one of these fails with a new version, they may be (docs/explanation/executor-plugins.md).
"""

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

plugin = pytest.importorskip("snakemake_executor_plugin_slurm")


def test_the_plugin_loses_jobs_that_are_too_few_for_an_array() -> None:
    """It submits them neither now nor later, where others of the rule do not fit into --jobs."""
    jobs = [
        SimpleNamespace(rule=SimpleNamespace(name="slab"), is_group=lambda: False)
        for _ in range(900)
    ]
    made = object.__new__(plugin.Executor)
    made._main_event_loop, made.array_jobs, made.max_array_size = None, {"slab"}, 1000
    made.workflow = SimpleNamespace(dag=SimpleNamespace(ready_jobs=jobs[100:]))
    made.logger = logging.getLogger("test")
    submitted: list[Any] = []
    made._submit_job = made._submit_array_jobs = submitted.append
    made.run_jobs(jobs[:100])
    assert submitted == []


def test_the_plugin_starts_the_first_job_of_an_array_in_all_tasks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a script, what the others are to do is a line of its own: no option, but a command."""
    sbatch = tmp_path / "sbatch"
    sbatch.write_text(f"#!/bin/sh\ncat >'{tmp_path}/script'\necho 7\n")
    sbatch.chmod(0o755)
    monkeypatch.setattr(plugin, "get_submit_command", lambda *_, **__: str(sbatch))
    rule = SimpleNamespace(name="slab")
    jobs = [
        SimpleNamespace(rule=rule, name="slab", wildcards=[z], resources={}, jobid=z) for z in "012"
    ]
    for job in jobs:
        job.is_group = lambda: False
    made = object.__new__(plugin.Executor)
    settings = SimpleNamespace(pass_command_as_script=True, disable_memory_fudge=True)
    made.workflow = SimpleNamespace(executor_settings=settings, workdir_init="/")
    made.logger = logging.getLogger("test")
    made.slurm_logdir, made.run_uuid, made.max_array_size = tmp_path / "logs", "run", 1000
    made._failed_nodes, made._main_event_loop = set(), None
    made.get_account_arg = lambda _: iter([""])
    made.get_partition_arg = lambda _: ""
    made.format_job_exec = lambda job: f"snakemake slab {job.jobid}"
    reported: list[Any] = []
    made.report_job_submission = reported.append
    made.run_array_jobs(jobs)
    script = (tmp_path / "script").read_text().splitlines()
    assert script[1:3] == ["snakemake slab 0", "--slurm-jobstep-array-execs"]
    assert [one.external_jobid for one in reported] == ["7_1", "7_2", "7_3"]
    logs = {one.aux["slurm_logfile"].parent for one in reported}
    assert tmp_path / "logs" / "rule_slab" not in logs  # where sbatch was told to write them
