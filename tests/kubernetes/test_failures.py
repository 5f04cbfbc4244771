"""What goes wrong in pods: tried again where that helps, told in the server's words where not."""

import json

import pytest

from tests.kubernetes.conftest import Site, finish
from tests.runs import noise, write_bad_voxels

pytestmark = pytest.mark.long


def test_a_killed_pod_is_replaced(site: Site) -> None:
    """A job whose pod dies once is sent again, and the run ends well."""
    run = site.start(site.small())
    site.wait_for(site.cluster.running)
    site.cluster.running()[0].kill()
    status, output = finish(run)
    assert status == 0, output[-4000:]
    assert "its pod was killed: exit code 137" in output
    assert len(site.cluster.history) == 3


def test_a_job_that_was_deleted_is_sent_again(site: Site) -> None:
    """Somebody deletes the job object by hand: nobody waits for it for ever."""
    run = site.start(site.small())
    site.wait_for(site.cluster.running)
    site.cluster.delete_job(next(iter(site.cluster.jobs)), "Foreground")
    status, output = finish(run)
    assert status == 0, output[-4000:]
    assert "its pod or its job object is gone" in output


def test_a_job_that_fails_with_a_reason_keeps_it(site: Site) -> None:
    """A slice that cannot be read ends the run with the job's own words."""
    config = site.small()
    write_bad_voxels(site.volume / "small" / "slice_3.tif", noise(1, 64, 64)[0])
    status, output = site.run(config, "--retries", 0)
    assert status == 1, output[-4000:]
    assert [note["kind"] for note in site.notes()] == ["SourceError"]
    assert "slice_3.tif" in str(site.notes())


def test_what_failed_for_good_is_not_tried_for_long(site: Site) -> None:
    """Snakemake tries again whatever was wrong; the job then repeats what its note says."""
    config = site.small()
    write_bad_voxels(site.volume / "small" / "slice_3.tif", noise(1, 64, 64)[0])
    run = site.start(config, "--retries", 1)
    site.wait_for(site.notes)
    (note,) = site.run_folder.glob("logs/**/*.failure.json")
    before = note.stat().st_ino, note.stat().st_mtime_ns
    status, output = finish(run)
    assert status == 1, output[-4000:]
    assert len(site.cluster.history) == 2
    assert (note.stat().st_ino, note.stat().st_mtime_ns) == before
    (log,) = site.run_folder.glob("logs/convert_slab/**/*.log")
    assert "slice_3.tif" in log.read_text()


def test_a_pod_that_never_gets_to_its_job_leaves_its_last_line(site: Site) -> None:
    """An image without Python: each job was sent three times, and its output is kept."""
    for image in site.cluster.images.values():
        image["PATH"] = "/nowhere"
    status, output = site.run(site.small())
    assert status == 1, output[-4000:]
    (note,) = site.notes()
    assert "exit code 127" in note["what"]
    assert "python: not found" in note["what"]
    assert len(site.cluster.history) == 3
    assert not site.cluster.jobs


def test_memory_over_its_limit_is_told(site: Site) -> None:
    """A job that takes more memory than it asked for is killed, and the note says which way out."""
    more = ("--set-resources", "convert_slab:mem_mb=50", "--retries", 1)
    status, output = site.run(site.small(), *more)
    assert status == 1, output[-4000:]
    (note,) = site.notes()
    assert (note["kind"], note["what"]) == ("ResourceError", "its pod was ended: OOMKilled")
    assert "--job-resources memory=" in note["remedy"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"claims": {}}, 'persistentvolumeclaim "wkflow-data" not found'),
        ({"images": {}}, "wkflow:latest"),
        ({"memory": 1e6}, "1 Insufficient memory"),
        ({"accounts": ()}, 'serviceaccount "default" not found'),
    ],
)
def test_a_pod_that_cannot_start_ends_the_run(
    site: Site, change: dict[str, object], words: str
) -> None:
    """What is missing is said in the cluster's words, soon; nothing stays behind."""
    for name, value in change.items():
        setattr(site.cluster, name, value)
    patience = ("--wkflow-kubernetes-grace", 2, "--wkflow-kubernetes-patience", 4)
    status, output = site.run(site.small(), *patience)
    assert status == 1, output[-4000:]
    assert words in output
    state = json.loads((site.run_folder / "cluster.json").read_bytes())
    assert (state["running"], state["waiting"]) == (0, 1)
    (note,) = site.notes()
    assert note["kind"] == "ConfigError"
    assert words in note["what"]
    assert not site.cluster.jobs
    assert not site.cluster.pods
    assert len(site.cluster.history) == 1


def test_a_right_that_is_missing_is_told(site: Site) -> None:
    """Who may not create jobs reads so, with the role's name for it."""
    site.cluster.allowed.remove(("create", "jobs.batch"))
    status, output = site.run(site.small())
    assert status == 1, output[-4000:]
    (note,) = site.notes()
    assert 'cannot create resource "jobs" in API group "batch"' in note["what"]


def test_without_a_cluster_it_says_so(site: Site) -> None:
    """No kubeconfig and no pod: a sentence, and no traceback."""
    site.kubeconfig.unlink()
    status, output = site.run(site.small())
    assert status == 1
    assert "Give a kubeconfig, or run in a pod" in output
    assert "Traceback" not in output
    (note,) = site.notes()
    assert note["where"] == "Kubernetes"
