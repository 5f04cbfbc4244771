"""A cluster of one node: its objects, and what controllers, scheduler and kubelet do to them."""

import base64
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock, Thread
from typing import Any

from tests.kubernetes.answers import RefusalError, exists, missing
from tests.kubernetes.container import Container
from tests.kubernetes.schema import amount, check

SECOND_PULL_S = 0.3
"""After which a pull that failed is called a back-off."""


@dataclass
class Cluster:
    """What a test gives, and what came of it.

    Attributes
    ----------
    folder
        For logs and empty volumes.
    images
        The environment of each image that can be pulled.
    claims
        The folder of each persistent volume claim; pods can mount it there and nowhere else.
    allowed
        What the role has: pairs of verb and resource, as `("create", "jobs.batch")`.
    history
        All job objects that were ever accepted, as they came.
    kept
        All secrets that were ever accepted.
    neighbours
        How many containers were at work when each job came.
    """

    folder: Path
    images: dict[str, dict[str, str]]
    claims: dict[str, Path]
    cpu: float = 64
    memory: float = 64e9
    namespace: str = "wk"
    accounts: tuple[str, ...] = ("default", "wkflow")
    allowed: set[tuple[str, str]] = field(default_factory=set)
    history: list[dict[str, Any]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    neighbours: list[int] = field(default_factory=list)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    pods: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    containers: dict[str, Container] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock)

    def create_secret(self, given: dict[str, Any]) -> dict[str, Any]:
        """Keep a secret."""
        check(given, "Secret", "")
        made = self._new(given, self.secrets, "secrets")
        self.kept.append(made)
        return made

    def delete_secret(self, name: str) -> dict[str, Any]:
        """Forget a secret."""
        with self.lock:
            if name not in self.secrets:
                raise missing("secrets", name)
            del self.secrets[name]
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}

    def create_job(self, given: dict[str, Any]) -> dict[str, Any]:
        """Accept a job, and let its controller make a pod."""
        check(given, "Job", "batch")
        for part in ("requests", "limits"):
            for quantity in _container(given).get("resources", {}).get(part, {}).values():
                amount(quantity)
        job = self._new(given, self.jobs, "jobs.batch")
        job["status"] = {}
        self.history.append(given)
        self.neighbours.append(len(self.running()))
        Thread(target=self._run, args=(job,), daemon=True).start()
        return job

    def _new(
        self, given: dict[str, Any], among: dict[str, dict[str, Any]], resource: str
    ) -> dict[str, Any]:
        name = given["metadata"]["name"]
        with self.lock:
            if name in among:
                raise exists(resource, name)
            about = given["metadata"] | {
                "uid": str(uuid.uuid4()),
                "namespace": self.namespace,
                "creationTimestamp": now(),
            }
            among[name] = given | {"metadata": about}
            return among[name]

    def delete_job(self, name: str, policy: str | None) -> dict[str, Any]:
        """Delete a job; without a policy its pods stay, as in batch/v1."""
        with self.lock:
            if name not in self.jobs:
                raise missing("jobs.batch", name)
            job = self.jobs[name]
            pods = [
                pod for pod in self.pods.values() if pod["metadata"]["labels"]["job-name"] == name
            ]
            if policy != "Foreground" or not pods:
                del self.jobs[name]
            else:
                job["metadata"]["deletionTimestamp"] = now()
                job["metadata"]["finalizers"] = ["foregroundDeletion"]
            if policy in {"Foreground", "Background"}:
                for pod in pods:
                    self.delete_pod(pod["metadata"]["name"])
        return job

    def delete_pod(self, name: str) -> dict[str, Any]:
        """End a pod: after its grace it is killed, since a shell as first process is deaf."""
        with self.lock:
            if name not in self.pods:
                raise missing("pods", name)
            pod = self.pods[name]
            is_first = "deletionTimestamp" not in pod["metadata"]
            pod["metadata"]["deletionTimestamp"] = now()
        if is_first:
            Thread(target=self._end, args=(pod,), daemon=True).start()
        return pod

    def _end(self, pod: dict[str, Any]) -> None:
        name = pod["metadata"]["name"]
        if pod["status"]["phase"] == "Running":
            time.sleep(pod["spec"].get("terminationGracePeriodSeconds", 30))
            self.containers[name].kill()
            while pod["status"]["phase"] == "Running":
                time.sleep(0.02)
        job_name = pod["metadata"]["labels"]["job-name"]
        with self.lock:
            self.pods.pop(name, None)
            job = self.jobs.get(job_name)
            if job and "deletionTimestamp" in job["metadata"]:
                del self.jobs[job_name]
            elif job and "conditions" not in job["status"]:
                _fail(job)

    def log(self, name: str, container: str, *, previous: bool) -> str:
        """Give what a container printed."""
        if name not in self.pods:
            raise missing("pods", name)
        where = f'container "{container}" in pod "{name}"'
        if previous:  # no pod of a job is ever started again
            raise RefusalError(400, f"previous terminated {where} not found")
        if name not in self.containers:
            raise RefusalError(
                400, f"{where} is waiting to start: trying and failing to pull image"
            )
        return self.containers[name].output

    def running(self) -> list[Container]:
        """List the containers at work."""
        pods = {name for name, pod in self.pods.items() if pod["status"]["phase"] == "Running"}
        return [self.containers[name] for name in sorted(pods)]

    def stop(self) -> None:
        """End all processes."""
        for container in self.containers.values():
            container.kill()

    def _run(self, job: dict[str, Any]) -> None:
        """Do for one job what controllers, scheduler and kubelet do."""
        template = job["spec"]["template"]
        account = template["spec"].get("serviceAccountName", "default")
        if account not in self.accounts:
            self._event(
                job,
                f'Error creating: pods "{job["metadata"]["name"]}-" is forbidden: error looking up '
                f'service account {self.namespace}/{account}: serviceaccount "{account}" not found',
            )
            return
        pod = self._pod(job)
        if pod is None:
            return
        if words := self._unschedulable(pod["spec"]):
            state = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
            pod["status"]["conditions"] = [state | {"message": f"0/1 nodes are available: {words}"}]
            return
        container = pod["spec"]["containers"][0]
        if container["image"] not in self.images:
            self._cannot_pull(pod)
            return
        self._work(job, pod)

    def _pod(self, job: dict[str, Any]) -> dict[str, Any] | None:
        """Make a job's pod, unless the job was deleted meanwhile."""
        name = job["metadata"]["name"]
        template = job["spec"]["template"]
        labels = {"job-name": name, "batch.kubernetes.io/job-name": name}
        given = template.get("metadata", {}).get("labels", {})
        pod = {
            "metadata": {"name": f"{name}-{uuid.uuid4().hex[:5]}", "labels": labels | given},
            "spec": template["spec"],
            "status": {"phase": "Pending"},
        }
        check({"kind": "Pod"} | pod, "Pod", "")
        with self.lock:
            is_gone = name not in self.jobs or "deletionTimestamp" in job["metadata"]
            return None if is_gone else self._new(pod, self.pods, "pods")

    def _unschedulable(self, spec: dict[str, Any]) -> str:
        """Give the scheduler's words, if the pod fits nowhere."""
        for volume in spec.get("volumes", ()):
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            if claim and claim not in self.claims:
                return (
                    f'persistentvolumeclaim "{claim}" not found. preemption: 0/1 nodes are '
                    "available: 1 Preemption is not helpful for scheduling."
                )
        requests = spec["containers"][0].get("resources", {}).get("requests", {})
        for name, there_is in (("cpu", self.cpu), ("memory", self.memory)):
            if amount(requests.get(name, "0")) > there_is:
                return (
                    f"1 Insufficient {name}. preemption: 0/1 nodes are available: 1 No preemption "
                    "victims found for incoming pod."
                )
        return ""

    def _cannot_pull(self, pod: dict[str, Any]) -> None:
        image = pod["spec"]["containers"][0]["image"]
        words = (
            f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": '
            "pull access denied, repository does not exist or may require authorization"
        )
        _set_state(pod, {"waiting": {"reason": "ErrImagePull", "message": words}})
        time.sleep(SECOND_PULL_S)
        words = f'Back-off pulling image "{image}"'
        _set_state(pod, {"waiting": {"reason": "ImagePullBackOff", "message": words}})

    def _work(self, job: dict[str, Any], pod: dict[str, Any]) -> None:
        name, spec = pod["metadata"]["name"], pod["spec"]["containers"][0]
        cwd = self.folder / f"{name}-empty"
        cwd.mkdir(parents=True)
        for mount in spec.get("volumeMounts", ()):
            if mount["name"] in self.claims:
                assert str(self.claims[mount["name"]]) == mount["mountPath"], "a stand-in's limit"
        env = self.images[spec["image"]] | self._variables(spec)
        limit = amount(spec.get("resources", {}).get("limits", {}).get("memory", "0"))
        command = [*spec["command"], *spec["args"]]
        with self.lock:
            if "deletionTimestamp" in pod["metadata"]:
                return
            container = Container(command, env, cwd, self.folder / f"{name}.log", limit)
            self.containers[name] = container
            pod["status"]["phase"] = "Running"
            job["status"] = {"active": 1, "startTime": now()}
            _set_state(pod, {"running": {"startedAt": now()}})
        code = container.wait()
        reason = "OOMKilled" if container.is_short_of_memory else "Error" if code else "Completed"
        with self.lock:
            ended = {"exitCode": code, "reason": reason, "finishedAt": now()}
            _set_state(pod, {"terminated": ended})
            pod["status"]["phase"] = "Failed" if code else "Succeeded"
            _fail(job) if code else _complete(job)

    def _variables(self, spec: dict[str, Any]) -> dict[str, str]:
        found = {}
        for variable in spec.get("env", ()):
            place = variable["valueFrom"]["secretKeyRef"]
            value = self.secrets[place["name"]]["data"][place["key"]]
            found[variable["name"]] = base64.b64decode(value).decode()
        return found

    def _event(self, about: dict[str, Any], message: str) -> None:
        name = about["metadata"]["name"]
        self.events.append(
            {
                "metadata": {"name": f"{name}.{uuid.uuid4().hex[:8]}", "namespace": self.namespace},
                "involvedObject": {"name": name, "namespace": self.namespace},
                "type": "Warning",
                "reason": "FailedCreate",
                "message": message,
            }
        )


def now() -> str:
    """Give the time as the API server writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _container(job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = job["spec"]["template"]["spec"]["containers"][0]
    return found


def _set_state(pod: dict[str, Any], state: dict[str, Any]) -> None:
    spec = pod["spec"]["containers"][0]
    pod["status"]["containerStatuses"] = [
        {
            "name": spec["name"],
            "image": spec["image"],
            "imageID": "",
            "ready": "running" in state,
            "restartCount": 0,
            "state": state,
        }
    ]


def _fail(job: dict[str, Any]) -> None:
    words = "Job has reached the specified backoff limit"
    condition = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}
    job["status"] = {"failed": 1, "conditions": [condition | {"message": words}]}


def _complete(job: dict[str, Any]) -> None:
    condition = {"type": "Complete", "status": "True"}
    job["status"] = {"succeeded": 1, "completionTime": now(), "conditions": [condition]}
