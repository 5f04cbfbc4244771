"""Job objects of a run folder: they carry its label, so that a later run finds what is left."""

from typing import Any

from kubernetes.client import BatchV1Api

from snakemake_executor_plugin_wkflow_kubernetes.server import REQUEST_S

RUN = "wkflow-run"
"""The label's name, of jobs and of their pods."""

GRACE_S = 1
"""What a pod gets to end in; jobs may be killed at any instant."""


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
