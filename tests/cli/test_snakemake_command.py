"""The Snakemake command, word for word."""

import os
import sys
from pathlib import Path

import pytest
import yaml
from wkflow.cli import snakemake_command as spelling
from wkflow.cli.snakemake_command import (
    environment_of,
    process_command,
    require_means,
    snakemake_command,
)
from wkflow.errors import ConfigError
from wkflow.options.settings import Settings


def settings(tmp_path: Path, **options: object) -> Settings:
    given = {"source": "/data/stack", "target": tmp_path / "set", "voxel_size": "1,1,1"}
    return Settings.parse(given | options, where="test")


def option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


def test_here_it_takes_cores_and_memory(tmp_path: Path) -> None:
    """As many as were given, one for `sequential`, else all."""
    command = snakemake_command(settings(tmp_path, jobs=3, memory="2G"), ("-n",))
    assert command[:3] == [sys.executable, "-m", "snakemake"]
    assert option(command, "--cores") == "3"
    assert option(command, "--resources") == "mem_mb=2048"
    assert option(command, "--directory") == f"{tmp_path}/set.wkflow"
    assert command[-1] == "-n"
    alone = snakemake_command(settings(tmp_path, distribution_strategy="sequential"))
    assert option(alone, "--cores") == "1"
    assert int(option(snakemake_command(settings(tmp_path)), "--cores")) >= 1


@pytest.mark.parametrize("strategy", ["slurm", "slurm+batching"])
def test_on_a_cluster_it_takes_the_profile(tmp_path: Path, strategy: str) -> None:
    """Which is a file that Snakemake's users take as well; cores are no business of it."""
    command = snakemake_command(settings(tmp_path, distribution_strategy=strategy, jobs=7))
    profile = Path(option(command, "--profile"))
    assert profile.parts[-2:] == ("profiles", "slurm")
    document = yaml.safe_load((profile / "config.yaml").read_text())
    assert document["executor"] == "slurm"
    assert tuple(document["rerun-triggers"]) == spelling.TRIGGERS
    assert option(command, "--jobs") == "7"
    assert "--cores" not in command


def test_a_run_without_a_cluster_looks_for_no_plugins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They take a second, and SLURM's ten more where its controller is down."""
    monkeypatch.delenv("SNAKEMAKE_PROFILE", raising=False)
    here, on_slurm = settings(tmp_path), settings(tmp_path, distribution_strategy="slurm")
    assert process_command(here)[2] == "wkflow.cli.local_snakemake"
    assert process_command(here)[3:] == snakemake_command(here)[3:]
    assert process_command(on_slurm) == snakemake_command(on_slurm)
    for extra in (("--executor", "slurm"), ("-eslurm",), ("--profile=mine",)):
        assert process_command(here, extra) == snakemake_command(here, extra)
    monkeypatch.setenv("SNAKEMAKE_PROFILE", "mine")
    assert process_command(here) == snakemake_command(here)


def test_a_missing_plugin_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before Snakemake says that an argument has an invalid choice."""
    monkeypatch.setattr(spelling, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="plugin for slurm is not installed") as caught:
        require_means(settings(tmp_path, distribution_strategy="slurm+batching"))
    assert caught.value.remedy == "pip install 'wkflow[slurm]'"
    require_means(settings(tmp_path))


def test_a_blank_in_the_path_of_python_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Snakemake would cut the path there."""
    monkeypatch.setattr(sys, "executable", "/my env/bin/python")
    with pytest.raises(ConfigError, match="path with a blank"):
        require_means(settings(tmp_path))


def test_what_is_the_same_for_all_pods_is_told_to_the_executor(tmp_path: Path) -> None:
    """Several volumes are several words."""
    resources = {"namespace": "em", "image": "r/wkflow:1", "mounts": ["a:/a", "b:/b"], "cpu": 2}
    pods = settings(tmp_path, distribution_strategy="kubernetes", job_resources=resources)
    command = snakemake_command(pods)
    assert option(command, "--wkflow-kubernetes-namespace") == "em"
    assert option(command, "--container-image") == "r/wkflow:1"
    place = command.index("--wkflow-kubernetes-persistent-volumes")
    assert command[place + 1 : place + 3] == ["a:/a", "b:/b"]
    assert Path(option(command, "--profile")).name == "kubernetes"


def test_temporary_files_of_local_jobs_lie_in_one_folder(tmp_path: Path) -> None:
    """Which goes with the run; on nodes of a cluster there is none of that name."""
    there = tmp_path / "temporary"
    assert environment_of(settings(tmp_path), there)["TMPDIR"] == str(there)
    on_slurm = settings(tmp_path, distribution_strategy="slurm")
    assert environment_of(on_slurm, there).get("TMPDIR") == os.environ.get("TMPDIR")


@pytest.mark.parametrize("home", ["file/home", "/proc/home", "/dev/null", "~"])
def test_a_home_that_cannot_be_made_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    """Snakemake's cache has a place in any case; where the home is well, it is there."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "XDG_CACHE_HOME" not in environment_of(settings(tmp_path), tmp_path / "t")
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / home) if home == "file/home" else home)
    cache = environment_of(settings(tmp_path), tmp_path / "t")["XDG_CACHE_HOME"]
    assert cache == str(tmp_path / "t" / "cache")
