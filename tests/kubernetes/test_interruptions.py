"""The API server hiccups, and Snakemake itself is stopped or killed."""

import signal
import subprocess

import pytest

from tests.kubernetes.api_server import TOKEN
from tests.kubernetes.conftest import Site, finish, write_kubeconfig

pytestmark = pytest.mark.long


def test_a_server_that_hiccups_loses_no_job(site: Site) -> None:
    """Errors of the server, before and after it did its work, cost nothing but time."""
    site.server.faults = {
        ("create", "jobs.batch"): [503, None],
        ("list", "jobs.batch"): [0, 500, 503, 500],
        ("list", "pods"): [500],
        ("delete", "jobs.batch"): [500],
    }
    status, output = site.run(site.small())
    assert status == 0, output[-4000:]
    assert len(site.cluster.history) == 2
    assert "Kubernetes gives no answer" in output


def test_an_expired_token_is_read_anew(site: Site) -> None:
    """Tokens of clusters are renewed while a run goes on."""
    run = site.start(site.small())
    site.wait_for(site.cluster.running)
    url = site.kubeconfig.read_text().split("server: ")[1].split()[0]
    write_kubeconfig(site.kubeconfig, url, "a-newer-one")
    site.server.tokens = {"a-newer-one"}
    status, output = finish(run)
    assert status == 0, output[-4000:]
    assert TOKEN not in output


def test_an_interrupt_leaves_nothing_on_the_cluster(site: Site) -> None:
    """Control-C ends pods, jobs and the secret of the variables."""
    run = site.start(site.small(), "--envvars", "WKFLOW_TEST_VARIABLE")
    site.wait_for(site.cluster.running)
    assert site.cluster.secrets
    run.send_signal(signal.SIGINT)
    status, output = finish(run)
    assert status != 0, output[-4000:]
    site.wait_for(lambda: not site.cluster.jobs)
    assert not site.cluster.running()
    assert not site.cluster.secrets


@pytest.mark.parametrize("verb", ["", "create", "list"])
def test_an_interrupted_command_deletes_its_pods(site: Site, verb: str) -> None:
    """Status 130, as everywhere, and no pod left: also of a job that is just being sent.

    Or that is just being asked about.
    """
    run = subprocess.Popen(
        site.by_cli(),
        cwd=site.volume,
        env=site.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    site.wait_for(lambda: ("list", "jobs.batch") in site.server.seen)
    site.server.delays = {(verb, "jobs.batch"): 3}
    site.wait_for(site.cluster.running)
    if verb == "list":
        asked = site.server.seen.count(("list", "jobs.batch"))
        site.wait_for(lambda: site.server.seen.count(("list", "jobs.batch")) > asked)
    run.send_signal(signal.SIGINT)
    status, output = finish(run)
    assert status == 130, output
    site.wait_for(lambda: not site.cluster.jobs)  # one that has ended may be on its way out
    assert not site.cluster.running()


def test_variables_travel_as_a_secret(site: Site) -> None:
    """What `--envvars` names is in no job object, and in no secret after the run."""
    status, output = site.run(site.small(), "--envvars", "WKFLOW_TEST_VARIABLE")
    assert status == 0, output[-4000:]
    assert "key-of-a-bucket" not in str(site.cluster.history)
    assert len(site.cluster.kept) == 1
    assert not site.cluster.secrets


def test_a_killed_run_goes_on_without_double_writers(site: Site) -> None:
    """After SIGKILL the same command ends the pods that are left before it sends any."""
    config = site.config()
    run = site.start(config, "--envvars", "WKFLOW_TEST_VARIABLE")
    site.wait_for(lambda: len(site.cluster.running()) == 2)
    run.kill()
    finish(run)
    assert len(site.cluster.running()) == 2
    sent = len(site.cluster.history)
    status, output = site.run(config, "--envvars", "WKFLOW_TEST_VARIABLE")
    assert status == 0, output[-4000:]
    assert "jobs that an earlier run left" in output
    assert site.cluster.neighbours[sent] == 0
    assert max(site.cluster.neighbours) <= 1
    assert not site.cluster.secrets
