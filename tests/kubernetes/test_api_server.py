"""The stand-in says no as a real API server does: seen through the real client."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import ApiClient, BatchV1Api, Configuration, CoreV1Api
from kubernetes.client.exceptions import ApiException
from snakemake_executor_plugin_wkflow_kubernetes.api_calls import says

from tests.kubernetes.api_server import TOKEN
from tests.kubernetes.conftest import CLAIM, IMAGE, Site


@pytest.fixture
def client(site: Site) -> Iterator[ApiClient]:
    """Give the real client, logged in."""
    url = site.kubeconfig.read_text().split("server: ")[1].split()[0]
    configuration = Configuration(url, api_key={"authorization": f"Bearer {TOKEN}"})
    with ApiClient(configuration) as one:
        yield one


def job(site: Site, script: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    """Give a job object that runs a shell script."""
    container = {
        "name": "snakemake",
        "image": IMAGE,
        "command": ["/bin/sh"],
        "args": ["-c", script],
        "volumeMounts": [{"name": CLAIM, "mountPath": str(site.volume)}],
    }
    pod = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        "containers": [container | changes],
        "volumes": [{"name": CLAIM, "persistentVolumeClaim": {"claimName": CLAIM}}],
    }
    labels = {"run": "a"}
    template = {"metadata": {"labels": labels}, "spec": pod}
    return {
        "metadata": {"name": "one", "labels": labels},
        "spec": {"backoffLimit": 0, "template": template},
    }


def refusal(call: Any, *given: Any, **more: Any) -> tuple[int, str]:  # noqa: ANN401 -- the client has no types
    """Give the code and the words of a refusal."""
    with pytest.raises(ApiException) as caught:
        call(*given, **more)
    return caught.value.status, says(caught.value)


def test_a_job_runs_and_its_output_can_be_had(site: Site, client: ApiClient) -> None:
    """Pending, running, ended: with the exit code, and what it printed."""
    batch, core = BatchV1Api(client), CoreV1Api(client)
    batch.create_namespaced_job("wk", job(site, "echo $PATH; exit 3"))
    site.wait_for(lambda: batch.list_namespaced_job("wk").items[0].status.failed)
    (pod,) = core.list_namespaced_pod("wk", label_selector="job-name=one,run=a").items
    assert pod.status.phase == "Failed"
    assert pod.status.container_statuses[0].state.terminated.exit_code == 3
    ask = {"name": pod.metadata.name, "namespace": "wk", "container": "snakemake"}
    site.cluster.allowed.add(("get", "pods/log"))
    assert "/usr/bin" in core.read_namespaced_pod_log(**ask)
    words = f'previous terminated container "snakemake" in pod "{pod.metadata.name}" not found'
    assert refusal(core.read_namespaced_pod_log, **ask, previous=True) == (400, words)


def test_it_refuses_in_the_real_words(site: Site, client: ApiClient) -> None:
    """What exists, what does not, what may not be, and what is no job."""
    batch = BatchV1Api(client)
    batch.create_namespaced_job("wk", job(site, "sleep 60"))
    create, delete = batch.create_namespaced_job, batch.delete_namespaced_job
    assert refusal(create, "wk", job(site, "")) == (409, 'jobs.batch "one" already exists')
    assert refusal(delete, "two", "wk") == (404, 'jobs.batch "two" not found')
    assert refusal(create, "else", job(site, "")) == (404, 'namespaces "else" not found')
    code, words = refusal(create, "wk", job(site, "", image=7))
    assert (code, "Job.batch" in words) == (422, True)
    resources = {"requests": {"memory": "ten"}}
    assert refusal(create, "wk", job(site, "", resources=resources))[0] == 400
    code, words = refusal(CoreV1Api(client).delete_namespaced_pod, "one", "wk")
    assert code == 403
    assert 'cannot delete resource "pods" in API group "" in the namespace "wk"' in words
    site.server.tokens = set()
    assert refusal(create, "wk", job(site, "")) == (401, "Unauthorized")


def test_a_deletion_takes_the_pod_with_it(site: Site, client: ApiClient, tmp_path: Path) -> None:
    """With propagation its process is killed after its time of grace; without, it goes on."""
    batch = BatchV1Api(client)
    script = f"trap '' TERM; sleep 4; touch {tmp_path}/late"
    batch.create_namespaced_job("wk", job(site, script))
    site.wait_for(site.cluster.running)
    batch.delete_namespaced_job("one", "wk", propagation_policy="Foreground")
    site.wait_for(lambda: not batch.list_namespaced_job("wk").items)
    assert not site.cluster.pods
    assert not (tmp_path / "late").exists()
    batch.create_namespaced_job("wk", job(site, "sleep 60"))
    site.wait_for(site.cluster.running)
    batch.delete_namespaced_job("one", "wk")
    assert not batch.list_namespaced_job("wk").items
    assert site.cluster.running()
