"""Job objects of a run folder: they carry its label, so that a later run finds what is left."""

import time
from collections.abc import Callable
from typing import Any

from kubernetes.client import BatchV1Api

from snakemake_executor_plugin_wkflow_kubernetes.api_calls import REQUEST_S

RUN = "wkflow-run"
"""The label's name, of jobs and of their pods."""

GRACE_S = 1
"""What a pod gets to end in; jobs may be killed at any instant."""

PAUSE_S = 0.5


class Batch(BatchV1Api):  # type: ignore[misc]  # no types
    """The client's jobs, for one run folder."""

    def __init__(self, run: str) -> None:
        super().__init__()
        self._run = run

    def create_namespaced_job(self, namespace: str, body: Any, **given: Any) -> Any:  # noqa: ANN401 -- no types
        """Create a job of this run folder."""
        body.metadata.labels[RUN] = self._run
        template = body.spec.template
        template.metadata = {"labels": {RUN: self._run}}
        template.spec.termination_grace_period_seconds = GRACE_S
        return super().create_namespaced_job(namespace, body, _request_timeout=REQUEST_S, **given)


def has_ended(job: Any) -> bool:  # noqa: ANN401 -- no types
    """Whether nothing of a job is at work any more."""
    return bool(job.status.succeeded or job.status.failed)


def is_going(job: Any) -> bool:  # noqa: ANN401 -- no types
    """Whether a job is being deleted, which takes as long as its pod takes to end."""
    return job.metadata.deletion_timestamp is not None


def end_all(
    list_jobs: Callable[[], list[Any]], delete: Callable[[str], None], patience: float
) -> list[str]:
    """Delete jobs until none is listed; give the names of those that stay after `patience` s."""
    until = time.monotonic() + patience
    while left := [job.metadata.name for job in list_jobs()]:
        if time.monotonic() > until:
            return left
        for name in left:
            delete(name)
        time.sleep(PAUSE_S)
    return []
