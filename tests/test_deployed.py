"""The workflow as `snakedeploy deploy-workflow` leaves it: rules and scripts come out of git.

The repository is a clone on this machine, at an address that git is told to find there: so the
real snakedeploy and Snakemake's own source cache do what they do with GitHub.
"""

import os
import re
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from wkflow import __version__

from tests.runs import ROOT, TIMEOUT_S, environment, noise, voxels, write_stack

pytestmark = pytest.mark.long

NAME, TAG, OTHER = "somebody/wkflow", f"v{__version__}", "v77.0"
"""Of the repository at github.com, of the release that is here, and of another."""

SNAKEMAKE = version("snakemake")

OPTIONS = "source: images\ntarget: out\nvoxel_size: [1, 1, 2]\n"


@dataclass(frozen=True)
class Hosted:
    """A repository at GitHub, as it seems to git; `variables` let it seem so."""

    clone: Path
    variables: dict[str, str]

    def snakemake(
        self, *words: str, cwd: Path, python: str = sys.executable
    ) -> "subprocess.CompletedProcess[str]":
        """Run plain Snakemake in a folder."""
        return subprocess.run(
            [python, "-m", "snakemake", "--cores", "2", *words], cwd=cwd, check=False,
            capture_output=True, text=True, timeout=TIMEOUT_S,
            env=environment() | self.variables,
        )  # fmt: skip


def git(*words: object, cwd: Path) -> None:
    """Run git, as nobody in particular."""
    who = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")
    subprocess.run(["git", *who, *map(str, words)], cwd=cwd, check=True, capture_output=True)


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Hosted:
    """Commit what the workflow has now into a repository of its own, with a tag."""
    folder = tmp_path_factory.mktemp("hosts")
    clone = folder / "github.com" / NAME
    clone.mkdir(parents=True)
    for name in ("Snakefile", "workflow", "scripts", "envs", "config", "LICENSE"):
        if (ROOT / name).is_dir():
            skip = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, clone / name, ignore=skip)
        else:
            shutil.copy2(ROOT / name, clone)
    git("init", "--quiet", "--initial-branch", "main", cwd=clone)
    init = clone / "workflow" / "wkflow" / "__init__.py"
    ours = init.read_text()
    for tag in (OTHER, TAG):
        init.write_text(ours.replace(f'"{__version__}"', f'"{tag[1:]}"'))
        git("add", "--all", cwd=clone)
        git("commit", "--quiet", "--message", tag, cwd=clone)
        git("tag", tag, cwd=clone)
    return Hosted(
        clone,
        {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.file://{folder}/github.com/.insteadOf",
            "GIT_CONFIG_VALUE_0": "https://github.com/",
            "XDG_CACHE_HOME": str(folder / "cache"),
        },
    )


@pytest.fixture(scope="module")
def snakedeploy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install snakedeploy where nothing else is: it brings pandas, and is no part of a run."""
    folder = tmp_path_factory.mktemp("snakedeploy")
    venv.create(folder, with_pip=True)
    install = [folder / "bin" / "pip", "install", "--quiet", "snakedeploy>=0.17,<1"]
    told = subprocess.run(install, check=False, capture_output=True, text=True)
    if told.returncode:
        pytest.skip(f"snakedeploy cannot be installed (no network?): {told.stderr[-300:]}")
    return folder / "bin" / "snakedeploy"


@pytest.fixture(scope="module")
def snakemake_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install Snakemake, and what it brings, where nothing else is; give the interpreter."""
    folder = tmp_path_factory.mktemp("alone")
    venv.create(folder, with_pip=True)
    install = [folder / "bin" / "pip", "install", "--quiet", f"snakemake=={SNAKEMAKE}"]
    told = subprocess.run(install, check=False, capture_output=True, text=True)
    if told.returncode:
        pytest.skip(f"Snakemake cannot be installed (no network?): {told.stderr[-300:]}")
    return folder / "bin" / "python"


def deploy(snakedeploy: Path, clone: str | Path, hosted: Hosted, cwd: Path, *words: str) -> Path:
    """Deploy into an empty folder below `cwd`, as the catalog prints the command."""
    command = [snakedeploy, "deploy-workflow", clone, "deployed", *words]
    told = subprocess.run(
        command, cwd=cwd, check=False, capture_output=True, text=True,
        env=os.environ | hosted.variables,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    return cwd / "deployed"


def test_what_is_deployed_runs(hosted: Hosted, snakedeploy: Path, tmp_path: Path) -> None:
    """With no edit but `config/`; it resumes, and makes Snakemake's own report."""
    deployed = deploy(snakedeploy, hosted.clone, hosted, tmp_path, "--tag", TAG)
    assert f'github("{NAME}"' in (deployed / "workflow" / "Snakefile").read_text()
    write_stack(deployed / "images", noise(3, 20, 20))
    (deployed / "config" / "config.yaml").write_text(OPTIONS)
    run = hosted.snakemake(cwd=deployed)
    assert run.returncode == 0, run.stderr
    np.testing.assert_array_equal(voxels(deployed / "out", "images"), noise(3, 20, 20))
    assert "Nothing to be done" in hosted.snakemake(cwd=deployed).stderr
    run = hosted.snakemake("--report", "page.html", cwd=deployed)
    assert run.returncode == 0, run.stderr
    assert (deployed / "page.html").exists()


def test_untouched_it_makes_the_sample(hosted: Hosted, snakedeploy: Path, tmp_path: Path) -> None:
    """The deployed `config/config.yaml` names no source."""
    deployed = deploy(snakedeploy, hosted.clone, hosted, tmp_path, "--branch", "main")
    run = hosted.snakemake(cwd=deployed)
    assert run.returncode == 0, run.stderr
    assert (deployed / "sample" / "dataset" / "datasource-properties.json").exists()


def test_of_a_folder_one_line_is_wrong(hosted: Hosted, snakedeploy: Path, tmp_path: Path) -> None:
    """Snakedeploy names a clone's Snakefile as if it lay in the deployed folder."""
    clone = tmp_path / "clone"
    git("clone", "--quiet", hosted.clone, clone, cwd=tmp_path)
    deployed = deploy(snakedeploy, "clone", hosted, tmp_path, "--tag", TAG)
    snakefile = deployed / "workflow" / "Snakefile"
    declared, rightly = '"workflow/Snakefile"', '"../../clone/workflow/Snakefile"'
    written = snakefile.read_text()
    assert written.count(declared) == 1
    snakefile.write_text(written.replace(declared, rightly))
    write_stack(deployed / "images", noise(3, 20, 20))
    (deployed / "config" / "config.yaml").write_text(OPTIONS)
    run = hosted.snakemake(cwd=deployed)
    assert run.returncode == 0, run.stderr
    np.testing.assert_array_equal(voxels(deployed / "out", "images"), noise(3, 20, 20))


MODULE = """
configfile: "config/config.yaml"

module wkflow:
    snakefile: {source}
    config: config

use rule * from wkflow
"""


def deployed_by_hand(folder: Path, source: str) -> Path:
    """Write what snakedeploy writes, about a source."""
    write_stack(folder / "images", noise(3, 20, 20))
    for name, content in (
        ("config/config.yaml", OPTIONS),
        ("workflow/Snakefile", MODULE.format(source=source)),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    return folder


def test_rules_of_another_version_are_refused(hosted: Hosted, tmp_path: Path) -> None:
    """A release is deployed, but the package beside Snakemake is of another one."""
    source = f'github("{NAME}", path="workflow/Snakefile", tag="{OTHER}")'
    run = hosted.snakemake(cwd=deployed_by_hand(tmp_path, source))
    assert run.returncode == 1
    assert f"rules are of wkflow 77.0, but {__version__} is installed" in run.stderr
    assert f"pip install 'git+https://github.com/{NAME}@{OTHER}'" in run.stderr
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "out").exists()


def test_without_the_package_it_is_told_how_to_get_it(
    hosted: Hosted, snakemake_alone: Path, tmp_path: Path
) -> None:
    """Where only Snakemake is installed; the release that was deployed is named."""
    source = f'github("{NAME}", path="workflow/Snakefile", tag="{TAG}")'
    folder = deployed_by_hand(tmp_path, source)
    run = subprocess.run(
        [snakemake_alone, "-m", "snakemake", "--cores", "1"], cwd=folder, check=False,
        capture_output=True, text=True, env=os.environ | hosted.variables,
    )  # fmt: skip
    assert run.returncode == 1
    assert "the package wkflow is missing where Snakemake runs" in run.stderr
    assert f"pip install 'git+https://github.com/{NAME}@{TAG}'" in run.stderr


def test_git_without_a_server_is_refused(hosted: Hosted, tmp_path: Path) -> None:
    """Snakemake's `gitfile` reads rules, and stumbles over the scripts of any workflow."""
    source = f'gitfile("{hosted.clone}", path="workflow/Snakefile", tag="{TAG}")'
    run = hosted.snakemake(cwd=deployed_by_hand(tmp_path, source))
    assert run.returncode == 1
    assert "Snakemake reads rules from there, but no scripts" in run.stderr
    assert "Traceback" not in run.stderr


LOOKS = ("--rulegraph", "--lint", "--list-rules", "-n")
"""What asks for no job."""


def edges(graph: str) -> set[tuple[str, str]]:
    """Read which rule feeds which out of a graph in the language of Graphviz."""
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', graph))
    return {(names[one], names[other]) for one, other in re.findall(r"(\d+) -> (\d+)", graph)}


def test_a_clone_can_be_looked_at(hosted: Hosted, snakemake_alone: Path, tmp_path: Path) -> None:
    """Where only Snakemake is installed: all rules, as of the sample, and no job of them runs."""
    clone = tmp_path / "clone"
    git("clone", "--quiet", hosted.clone, clone, cwd=tmp_path)

    def run(python: Path, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [python, "-m", "snakemake", *words], cwd=clone, check=False, capture_output=True,
            text=True, timeout=TIMEOUT_S,
        )  # fmt: skip

    looks = {look: run(snakemake_alone, look) for look in LOOKS}
    for look in looks.values():
        assert look.returncode == 0, look.stderr
        assert "rules can be looked at, no job can run" in look.stdout + look.stderr
    whole = run(Path(sys.executable), "--rulegraph")
    assert ("convert_slab", "downsample_rest") in edges(whole.stdout)
    assert edges(looks["--rulegraph"].stdout) == edges(whole.stdout)
    told = run(snakemake_alone, "--cores", "1", "--until", "convert_slab")
    assert told.returncode == 1
    assert "the package numpy is missing where Snakemake runs" in told.stderr
    assert f"-m pip install -e '{clone}'" in told.stderr
    assert not list(clone.rglob("receipts"))
    told = run(snakemake_alone, "--config", "source=images", "target=out", "--rulegraph")
    assert told.returncode == 1
    assert "is missing where Snakemake runs" in told.stderr
