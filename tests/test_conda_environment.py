"""`envs/runtime.yaml`: what jobs need, pinned, and no wheel of ours among it.

Conda itself is not here, nor are its channels. A stand-in for its command makes a virtual
environment: so it shows what Snakemake asks of conda, and that jobs run in what comes of it.
"""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.runs import ROOT, TIMEOUT_S, environment, noise, write_stack

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
ALL = re.fullmatch(r"wkflow\[(.*)\]", EXTRAS["all"][0])
RULE_FILES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))


def pins() -> dict[str, str]:
    """Give the versions that pip installs, by the names as it compares them."""
    *_, of_pip = yaml.safe_load((ROOT / "envs" / "runtime.yaml").read_text())["dependencies"]
    words = (pin.split("==") for pin in of_pip["pip"])
    return {canonicalize_name(name): version for name, version in words}


def test_the_environment_has_all_that_is_needed() -> None:
    """Each requirement, with those of `all`, has a version that suits; the package has none."""
    assert ALL is not None
    wanted = [
        *PROJECT["dependencies"],
        *(one for extra in ALL[1].split(",") for one in EXTRAS[extra]),
    ]
    pinned = pins()
    unmet = [
        str(one)
        for one in map(Requirement, wanted)
        if one.marker is None or one.marker.evaluate({"python_version": "3.11"})
        if not one.specifier.contains(pinned.get(canonicalize_name(one.name), "0"))
    ]
    assert unmet == []
    assert "wkflow" not in pinned
    assert len(pinned) > len(wanted)


@pytest.mark.parametrize("file", RULE_FILES, ids=lambda file: file.name)
def test_each_script_has_it(file: Path) -> None:
    """A rule that runs a script names it."""
    text = file.read_text()
    assert text.count("    script:\n") == text.count(
        '    conda:\n        "../../envs/runtime.yaml"\n'
    )


CONDA = """#!{python}
import json, subprocess, sys
from pathlib import Path

PREFIX = Path(__file__).resolve().parents[1]
match sys.argv[1:]:
    case ["info", "--json"]:
        print(json.dumps({{"conda_prefix": str(PREFIX), "platform": "linux-64"}}))
    case ["--version"]:
        print("conda 25.1.0")
    case ["clean", *_]:
        pass
    case ["config", *_]:
        print(json.dumps({{"get": {{"channel_priority": "strict"}}}}))
    case ["env", "create", *words]:
        given = dict(zip(words, words[1:]))
        prefix = Path(given["--prefix"])
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
        (site,) = prefix.glob("lib/python*/site-packages")
        (site / "libraries.pth").write_text({libraries!r})
        (PREFIX / "asked.yaml").write_text(Path(given["--file"]).read_text())
    case words:
        sys.exit(f"no such command: {{words}}")
"""
ACTIVATE = 'export PATH="$1/bin:$PATH" CONDA_PREFIX="$1"\n'


def snakemake_with_conda(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run Snakemake on a small stack in a folder, beside the stand-in for conda."""
    programs = folder / "conda" / "bin"
    programs.mkdir(parents=True)
    libraries = "\n".join(path for path in sys.path if path.endswith("site-packages"))
    (programs / "conda").write_text(CONDA.format(python=sys.executable, libraries=libraries))
    (programs / "conda").chmod(0o755)
    (programs / "activate").write_text(ACTIVATE)
    write_stack(folder / "images", noise(3, 20, 20))
    (folder / "my.yaml").write_text("source: images\ntarget: out\nvoxel_size: [1, 1, 2]\n")
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    return subprocess.run(
        [*command, "--configfile", "my.yaml", "--cores", "2", *words], check=False,
        capture_output=True, text=True, cwd=folder, timeout=TIMEOUT_S,
        env=environment() | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip


@pytest.mark.long
def test_jobs_run_in_the_environment(tmp_path: Path) -> None:
    """It is made of the file as it is, and its interpreter runs the scripts, which find wkflow."""
    run = snakemake_with_conda(tmp_path, "--sdm", "conda")
    assert run.returncode == 0, run.stderr
    asked = (tmp_path / "conda" / "asked.yaml").read_text()
    assert asked == (ROOT / "envs" / "runtime.yaml").read_text()
    (made,) = (tmp_path / "out.wkflow" / ".snakemake" / "conda").glob("*/bin/python")
    assert made.exists()
    assert "Activating conda environment" in run.stderr
    assert (tmp_path / "out" / "datasource-properties.json").exists()


@pytest.mark.long
def test_an_image_can_be_described(tmp_path: Path) -> None:
    """`--containerize` prints a Dockerfile with the environment; it is built nowhere here."""
    run = snakemake_with_conda(tmp_path, "--containerize")
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("FROM ")
    assert "envs/runtime.yaml" in run.stdout
    assert "natsort==" in run.stdout


@pytest.mark.long
def test_an_archive_would_lack_the_rules(tmp_path: Path) -> None:
    """`--archive` packs what lies below the run folder: neither rules nor scripts, and says so."""
    run = snakemake_with_conda(tmp_path, "--archive", "all.tar.gz")
    assert re.search(r"rules/convert\.smk cannot be archived: not within working dir", run.stderr)
    assert re.search(r"scripts/convert_slab\.py cannot be archived", run.stderr)
