"""A pod that failed, as an error for the person at the terminal, and its note."""

import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wkflow.errors import ConfigError, ResourceError, TransientError, WkflowError

from snakemake_executor_plugin_wkflow_kubernetes.pod import Pod

RESUMES = "The same command resumes."
MEMORY = ("OOMKilled", "Evicted")
KILLED = (128 + signal.SIGKILL, 128 + signal.SIGTERM)


def explain(pod: Pod | None, job: str, log: Path) -> WkflowError:
    """Say why a job failed that left no word itself; `log` is where its pod's output is."""
    if pod is None:
        return TransientError("its pod or its job object is gone", f"job {job}", RESUMES)
    if pod.ended.startswith(MEMORY):
        remedy = "Give jobs more memory: --job-resources memory=... " + RESUMES
        return ResourceError(f"its pod was ended: {pod.ended}", f"job {job}", remedy)
    if pod.exit_code in KILLED:
        words = f"its pod was killed: exit code {pod.exit_code}"
        return TransientError(words, f"job {job}", RESUMES)
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "no output")
    words = f"its pod ended with exit code {pod.exit_code}: {last}"
    return WkflowError(words, str(log.absolute()), f"This log says more. {RESUMES}")


def cannot_start(words: str, job: str) -> WkflowError:
    """Say that a pod waits for what does not come."""
    remedy = "Look at image, volume, namespace, --job-resources; kubectl describe says more."
    return ConfigError(f"its pod cannot start: {words}", f"job {job}", remedy)


def no_cluster(words: str) -> WkflowError:
    """Say that the run cannot begin."""
    remedy = "Give a kubeconfig, or run in a pod; look at namespace, service account and its role."
    return ConfigError(words, "Kubernetes", remedy)


def logs_of(job: Any) -> list[str]:  # noqa: ANN401 -- it has no types
    """List the logs of a job, or of the jobs of a group."""
    jobs = job.jobs if job.is_group() else [job]
    return [str(log) for one in jobs for log in one.log[:1]]


def leave_notes(logs: Iterable[str], error: WkflowError) -> None:
    """Leave the error where the CLI looks for it; a job's own note says more, and stays."""
    from wkflow.rules.job import leave_note  # noqa: PLC0415 -- 20 ms, at Snakemake's every start
    from wkflow.run_folder import FAILURE_NOTE  # noqa: PLC0415

    for log in map(Path, logs):
        note = log.with_name(log.stem + FAILURE_NOTE)
        if not note.exists():
            note.parent.mkdir(parents=True, exist_ok=True)
            leave_note(note, error)
