"""A conversion whose jobs run in pods."""

import base64
import json
import subprocess

import pytest
import yaml

from tests.kubernetes.conftest import SECRET_OF_THE_USER, Site, options
from tests.kubernetes.schema import amount
from tests.runs import VOXEL_SIZE, noise, shard_bytes, snakemake, wkflow, write_stack

pytestmark = pytest.mark.long(but=["test_it_makes_the_same_bytes_as_here"])


def test_it_makes_the_same_bytes_as_here(site: Site) -> None:
    """A dataset with its pyramid is byte for byte the one that is made without a cluster."""
    status, output = site.run(site.config())
    assert status == 0, output[-4000:]
    made = shard_bytes(site.volume / "dataset")
    other = {"target": str(site.volume / "local"), "work_dir": str(site.volume / "local-run")}
    local = site.volume / "local.yaml"
    local.write_text(yaml.safe_dump(options(site.volume) | other))
    run = snakemake("--configfile", local, "--cores", 2, cwd=site.volume)
    assert run.returncode == 0, run.stderr
    assert made == shard_bytes(site.volume / "local")
    assert any("/2/" in name or "/2-2-1/" in name for name in made), sorted(made)


def test_its_jobs_say_what_they_need_and_no_secret(site: Site) -> None:
    """Job objects hold requests and limits; the token is nowhere, and nothing stays behind."""
    status, output = site.run(site.config())
    assert status == 0, output[-4000:]
    assert len(site.cluster.history) == 5  # four slabs and the small mags
    for job in site.cluster.history:
        given = job["spec"]["template"]["spec"]["containers"][0]["resources"]
        assert 0.9 < amount(given["requests"]["cpu"]) <= amount(given["limits"]["cpu"]) <= 4
        assert 400e6 < amount(given["requests"]["memory"]) == amount(given["limits"]["memory"])
    said = json.dumps([site.cluster.history, site.cluster.kept])
    encoded = base64.b64encode(SECRET_OF_THE_USER.encode()).decode()
    assert SECRET_OF_THE_USER not in said
    assert encoded not in said
    assert "pip install" not in said
    assert not site.cluster.secrets
    assert not site.cluster.jobs
    assert not site.cluster.pods


def test_the_command_says_the_same(site: Site) -> None:
    """`wkflow convert` with a strategy and resources, instead of a profile; no core of ours."""
    by_cli(site)
    assert (site.volume / "dataset" / "datasource-properties.json").exists()
    for job in site.cluster.history:
        given = job["spec"]["template"]["spec"]["containers"][0]["resources"]
        assert amount(given["limits"]["cpu"]) == 2
        assert amount(given["limits"]["memory"]) == 900e6
    assert len(site.cluster.history) == 5


def test_another_dataset_is_replaced_when_the_new_one_is_whole(site: Site) -> None:
    """Pods write beside the old dataset, which the end swaps for theirs."""
    other, target = write_stack(site.volume / "other", noise(8, 32, 32)), site.volume / "dataset"
    run = wkflow("convert", *VOXEL_SIZE, "--work-dir", site.run_folder, other, target)
    assert run.returncode == 0, run.stderr
    by_cli(site, "--overwrite-existing")
    assert [path.name for path in target.iterdir() if path.is_dir()] == ["stack"]
    assert {path.name for path in site.volume.iterdir() if path.name.startswith(".")} == set()


def by_cli(site: Site, *more: str) -> None:
    """Let the command run to its end."""
    run = subprocess.run(
        [*site.by_cli(), *more],
        cwd=site.volume,
        env=site.environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
