"""The official executor, with what a shared volume needs, and what it does wrong put right.

It dies of a failed pod's log (it asks for the log of an earlier container, which the API server
refuses), drops jobs when the API server hiccups, and waits for ever for pods that cannot start.
"""

import hashlib
import json
import os
import shlex
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import snakemake_executor_plugin_kubernetes as official
from kubernetes.client import CoreV1Api
from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException, load_incluster_config, load_kube_config
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from urllib3.exceptions import HTTPError

from snakemake_executor_plugin_wkflow_kubernetes.api_calls import (
    NOT_FOUND,
    REQUEST_S,
    UNAUTHORIZED,
    ask,
    passes,
    says,
)
from snakemake_executor_plugin_wkflow_kubernetes.failure_notes import (
    cannot_start,
    explain,
    leave_notes,
    logs_of,
    no_cluster,
)
from snakemake_executor_plugin_wkflow_kubernetes.job_api import (
    RUN,
    Batch,
    end_all,
    has_ended,
    is_going,
)
from snakemake_executor_plugin_wkflow_kubernetes.pod import CONTAINER, Pod
from snakemake_executor_plugin_wkflow_kubernetes.pod_deadlines import NO_POD, Vigil

SWEEP_S = 90
"""How long jobs of a run that was killed may take to end; on a node that is lost they never do."""

PARTING_S = 10
"""How long a run that ends waits for its own."""

STATE = Path("cluster.json")
"""In the run folder: what `wkflow` shows beside its progress."""

RUN_VARIABLE = "WKFLOW_RUN"
"""By which a job knows that an earlier try in this run failed for good: `wkflow.rules.job.RUN`."""

ENTRANCE = "logs/entrance.log"
"""Beside which goes the note of what is no fault of one job."""


class Executor(official.Executor):  # type: ignore[misc]  # no types
    """Sends jobs to pods that share a volume with Snakemake itself."""

    def __init__(self, workflow: Any, logger: Any) -> None:  # noqa: ANN401 -- they have no types
        # the base starts the thread that asks for jobs before it calls `__post_init__`
        settings = workflow.executor_settings
        self._vigil = Vigil(settings.grace, settings.patience)
        self._told: set[str] = set()
        super().__init__(workflow, logger)

    def __post_init__(self) -> None:
        settings = self.workflow.executor_settings
        volumes = [str(volume.unparse()) for volume in settings.persistent_volumes]
        key = "\n".join([*volumes, os.getcwd()])  # noqa: PTH109 -- a string for a digest
        self._run = hashlib.sha256(key.encode()).hexdigest()[:32]
        try:
            super().__post_init__()
            self.batchapi = Batch(self._run)
            self._sweep()
        except (ConfigException, WorkflowError) as error:
            leave_notes([ENTRANCE], no_cluster(str(error)))
            raise WorkflowError(str(no_cluster(str(error)))) from None

    def _connect(self) -> None:
        """Read the configuration anew: tokens expire."""
        try:
            load_kube_config()
        except ConfigException:
            load_incluster_config()
        self.kubeapi, self.batchapi = CoreV1Api(), Batch(self._run)

    def _kubernetes_retry(self, func: Callable[[], Any]) -> Any:  # noqa: ANN401 -- the client has no types
        return ask(func, self._connect)

    def _list(self, call: Callable[..., Any]) -> list[Any]:
        """List what this run folder has, with one request, however much it is."""
        answer = call(
            self.namespace, label_selector=f"{RUN}={self._run}", _request_timeout=REQUEST_S
        )
        found: list[Any] = answer.items
        return found

    def _sweep(self) -> None:
        """End what an earlier run of this folder left: no file has two writers."""
        if found := self._kubernetes_retry(self._jobs):
            self.logger.info("Ending %d jobs that an earlier run left.", len(found))
        left = end_all(lambda: self._kubernetes_retry(self._jobs), self._delete, SWEEP_S)
        if left:
            raise WorkflowError(f"jobs that an earlier run left do not end: {' '.join(left)}")

    def register_secret(self) -> None:
        """Keep the variables of `--envvars`, if there are any, under a name that is found again."""
        self.run_namespace = f"wkflow-{self._run}"
        if self.envvars():
            self._kubernetes_retry(self._delete_secret)
            self._kubernetes_retry(super().register_secret)

    def unregister_secret(self) -> None:
        """Remove them."""
        if self.secret_envvars:
            self._kubernetes_retry(self._delete_secret)

    def _delete_secret(self) -> None:
        try:
            self.kubeapi.delete_namespaced_secret(
                self.run_namespace, self.namespace, _request_timeout=REQUEST_S
            )
        except ApiException as error:
            if error.status != NOT_FOUND:
                raise

    def get_python_executable(self) -> str:
        """Name the image's own; the head's may be elsewhere."""
        return "python"

    def get_job_exec_prefix(self, job: Any) -> str:  # noqa: ANN401, ARG002 -- as the base has it
        """Say which run it is, and go to its folder; without a shared volume there is none."""
        folder = shlex.quote(os.getcwd())  # noqa: PTH109 -- a string for the shell
        return f"export {RUN_VARIABLE}={os.environ.get(RUN_VARIABLE, '')} && cd {folder}"

    def get_job_args(self, job: Any) -> str:  # noqa: ANN401 -- it has no type
        """Give a job the threads it asked for, not all that its node has."""
        return f"{super().get_job_args(job)} --cores {job.threads}"

    def run_job(self, job: Any) -> None:  # noqa: ANN401 -- it has no types
        """Submit a job; if the API server refuses it, leave its words."""
        try:
            super().run_job(job)
        except WorkflowError as error:
            leave_notes([ENTRANCE], cannot_start(str(error), str(job)))
            raise

    async def check_active_jobs(
        self, active_jobs: list[SubmittedJobInfo]
    ) -> AsyncGenerator[SubmittedJobInfo, None]:
        """Ask for all jobs and pods at once, and give back the jobs that go on."""
        if not active_jobs:
            self._vigil.idle()
            return
        going: list[tuple[SubmittedJobInfo, Pod | None]]
        async with self.status_rate_limiter:
            try:
                jobs = {job.metadata.name: job for job in self._jobs()}
                pods = self._pods()
            except (ApiException, HTTPError) as error:
                self._bear(error, active_jobs)
                going = [(one, None) for one in active_jobs]
            else:
                self._vigil.answered(is_running=any(pod.is_running for pod in pods.values()))
                pairs = [(one, pods.get(str(one.external_jobid))) for one in active_jobs]
                going = [
                    (one, pod)
                    for one, pod in pairs
                    if self._goes_on(one, jobs.get(one.external_jobid), pod)
                ]
                self._watch(going)
        for one, _ in going:
            yield one

    def _jobs(self) -> list[Any]:
        return self._list(self.batchapi.list_namespaced_job)

    def _pods(self) -> dict[str, Pod]:
        """Give the newest pod of each job, by the job's name."""
        found = self._list(self.kubeapi.list_namespaced_pod)
        by_age = sorted(found, key=lambda pod: pod.metadata.creation_timestamp)
        return {pod.metadata.labels.get("job-name"): Pod.of(pod) for pod in by_age}

    def _goes_on(self, one: SubmittedJobInfo, job: Any, pod: Pod | None) -> bool:  # noqa: ANN401 -- the client has no types
        """Report a job that has ended; say whether it has not."""
        code = pod.exit_code if pod else None
        if job is None or job.status.failed or code:
            self._report_failure(one, pod)
        elif job.status.succeeded or code == 0:
            self.report_job_success(one)
        else:
            return True
        if not self.workflow.executor_settings.omit_job_cleanup:
            self._delete(one.external_jobid)
        return False

    def _report_failure(self, one: SubmittedJobInfo, pod: Pod | None) -> None:
        log = self.log_path / f"{one.external_jobid}.log"
        log.write_text(self._output(pod) if pod else "")
        error = explain(pod, str(one.job), log)
        leave_notes(logs_of(one.job), error)
        self.report_job_error(one, msg=f"{error.what}. ", aux_logs=[str(log)])

    def _output(self, pod: Pod) -> str:
        try:
            text: str = self.kubeapi.read_namespaced_pod_log(
                pod.name, self.namespace, container=CONTAINER, _request_timeout=REQUEST_S
            )
        except (ApiException, HTTPError) as error:
            return f"its output cannot be had: {says(error)}\n"
        return text

    def _watch(self, going: list[tuple[SubmittedJobInfo, Pod | None]]) -> None:
        """Tell why pods wait, once; end the run when it is for too long."""
        self._tell([pod for _, pod in going])
        for one, pod in going:
            waiting = pod.waiting if pod else NO_POD
            if waiting and waiting.words not in self._told:
                self._told.add(waiting.words)
                self.logger.info("Pod of %s waits: %s", one.external_jobid, waiting.words)
            if waiting and self._vigil.gives_up(str(one.external_jobid), pod):
                words = f"{waiting.words} {self._events(pod.name if pod else one.external_jobid)}"
                self._stop(words.strip(), [one for one, _ in going])

    def _tell(self, pods: list[Pod | None]) -> None:
        """Write for the person who waits what the cluster does."""
        running = sum(pod is not None and pod.is_running for pod in pods)
        reasons = sorted({pod.waiting.words for pod in pods if pod and pod.waiting})
        state = {"running": running, "waiting": len(pods) - running, "reason": ", ".join(reasons)}
        with suppress(OSError):  # progress is worth no failure
            STATE.write_text(json.dumps(state))

    def _events(self, name: str | None) -> str:
        """Give what the cluster says last of an object; not everyone may ask."""
        try:
            selector = f"involvedObject.name={name},type=Warning"
            events = self.kubeapi.list_namespaced_event(
                self.namespace, field_selector=selector, _request_timeout=REQUEST_S
            )
        except (ApiException, HTTPError):
            return ""
        return f"({events.items[-1].message})" if events.items else ""

    def _bear(self, error: Exception, active: list[SubmittedJobInfo]) -> None:
        """Wait for a server that gives no answer: jobs go on without it."""
        self.logger.warning("Kubernetes gives no answer: %s", says(error))
        if getattr(error, "status", None) == UNAUTHORIZED:
            self._connect()
        if self._vigil.hears_nothing(is_refused=not passes(error)):
            self._stop(says(error), active)

    def _stop(self, words: str, active: list[SubmittedJobInfo]) -> None:
        error = cannot_start(words, str(active[0].job))
        leave_notes([ENTRANCE], error)
        self.cancel_jobs(active)
        raise WorkflowError(str(error))

    def cancel_jobs(self, active_jobs: list[SubmittedJobInfo]) -> None:
        """End jobs and their pods."""
        for one in active_jobs:
            self._delete(one.external_jobid)

    def _delete(self, name: str | None) -> None:
        """Delete a job, with its pod; one that cannot be deleted now the next run sweeps away."""
        try:
            self.batchapi.delete_namespaced_job(
                name,
                self.namespace,
                propagation_policy="Foreground",
                _request_timeout=REQUEST_S,
            )
        except (ApiException, HTTPError) as error:
            if getattr(error, "status", None) != NOT_FOUND:
                self.logger.warning("Job %s stays: %s", name, says(error))

    def shutdown(self) -> None:
        """End what is still there after an error or an interrupt; it may be on no list yet."""
        with self.lock:
            left = list(self.active_jobs)
        self.cancel_jobs(left)
        super().shutdown()
        try:
            end_all(self._left, self._delete, PARTING_S)
        except (ApiException, HTTPError) as error:
            self.logger.warning("Jobs may be left, which the next run ends: %s", says(error))

    def _left(self) -> list[Any]:
        """List the jobs to end: of those that ended, the ones that nobody deleted or keeps."""
        is_kept = self.workflow.executor_settings.omit_job_cleanup
        return [job for job in self._jobs() if not (has_ended(job) and (is_kept or is_going(job)))]
