"""The workflow by Snakemake's own doors: docs/how-to/snakemake.md says what is shown here."""

import json
import os
import shutil
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

import numpy as np
import pytest

from tests.runs import (
    ROOT,
    TIMEOUT_S,
    environment,
    noise,
    snakemake,
    voxels,
    wkflow,
    write_bad_voxels,
    write_stack,
)

pytestmark = pytest.mark.long(
    but=["test_it_runs_as_the_catalog_asks", "test_plain_snakemake_says_where_all_is"]
)

CATALOG = ROOT / ".test"


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Convert a stack by plain Snakemake; give the folder of the command."""
    folder = tmp_path_factory.mktemp("complete")
    configured(folder)
    run = snakemake("--configfile", "my.yaml", "--cores", "2", cwd=folder)
    assert run.returncode == 0, run.stderr
    return folder


def configured(folder: Path) -> None:
    """Write a stack and its config."""
    write_stack(folder / "images", noise(3, 20, 20))
    (folder / "my.yaml").write_text("source: images\ntarget: out\nvoxel_size: [1, 1, 2]\n")


LOOKS = {
    "--dag": "digraph",
    "--rulegraph": "digraph",
    "--filegraph": "digraph",
    "--summary": "output_file\t",
    "--detailed-summary": "output_file\t",
    "--list-rules": "all (",
    "--list-target-rules": "all (",
    "-n": "",
    "--lint": "",
}


@pytest.mark.parametrize("look", LOOKS)
def test_looks_need_no_cores(tmp_path: Path, look: str) -> None:
    """On a dataset that is not there; nothing is made. What programs read begins as they want."""
    configured(tmp_path)
    run = snakemake("--configfile", "my.yaml", look, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(LOOKS[look])
    assert not (tmp_path / "out").exists()


def test_parts_can_be_asked_for(tmp_path: Path) -> None:
    """Rules are left out, done again, and all goes on from there; a touch makes nothing anew."""
    configured(tmp_path)

    def run(*words: str) -> str:
        told = snakemake("--configfile", "my.yaml", "--cores", "2", *words, cwd=tmp_path)
        assert told.returncode == 0, told.stderr
        return told.stderr

    receipts = tmp_path / "out.wkflow" / "receipts"
    run("--until", "convert_slab")
    assert {path.name for path in receipts.iterdir()} == {"convert_slab"}
    run("--omit-from", "write_report")
    assert (receipts / "write_properties.json").exists()
    assert not (tmp_path / "out.wkflow" / "report.json").exists()
    run()
    (slab,) = receipts.glob("convert_slab/*/*.json")
    stamp = slab.stat().st_mtime_ns
    assert "Nothing to be done" in run("--touch")
    assert slab.stat().st_mtime_ns == stamp
    run("--forcerun", "convert_slab")
    assert slab.stat().st_mtime_ns > stamp
    assert "Nothing to be done" in run()


def test_outputs_are_receipts(tmp_path: Path) -> None:
    """`--delete-all-output` removes those and the report, and no voxel; the next run makes all."""
    folder = tmp_path / "copy"
    folder.mkdir()
    configured(folder)
    arguments = ("--configfile", "my.yaml", "--cores", "2")
    assert snakemake(*arguments, cwd=folder).returncode == 0
    run = snakemake(*arguments, "--delete-all-output", cwd=folder)
    assert run.returncode == 0, run.stderr
    assert not list((folder / "out.wkflow" / "receipts").rglob("*.json"))
    np.testing.assert_array_equal(voxels(folder / "out", "images"), noise(3, 20, 20))
    run = snakemake(*arguments, cwd=folder)
    assert run.returncode == 0, run.stderr
    assert "(100%) done" in run.stderr


def test_benchmarks_are_in_nobodys_way(complete: Path) -> None:
    """They tell of jobs with voxels; without them, or with stale ones, nothing is made anew."""
    folder = complete / "out.wkflow" / "benchmarks"
    names = {str(path.relative_to(folder)) for path in folder.rglob("*.tsv")}
    slab, rest = "convert_slab/images/z000000000.tsv", "downsample_rest/images.tsv"
    assert names == {slab, rest, "write_report.tsv"}
    names, values = ((folder / slab).read_text().splitlines()[row].split("\t") for row in (0, 1))
    assert float(values[names.index("s")]) > 0
    again = ("--configfile", "my.yaml", "--cores", "2")
    for stale in (slab, rest):
        os.utime(folder / stale, (2**32, 2**32))
    assert "Nothing to be done" in snakemake(*again, cwd=complete).stderr
    shutil.rmtree(folder)
    assert "Nothing to be done" in snakemake(*again, cwd=complete).stderr


def test_it_reports(complete: Path) -> None:
    """Snakemake's own report, with our pictures; the path begins in the run folder."""
    run = snakemake("--configfile", "my.yaml", "--report", "page.html", cwd=complete)
    assert run.returncode == 0, run.stderr
    assert (complete / "out.wkflow" / "page.html").exists()


def test_a_folder_of_its_own_holds_all(tmp_path: Path) -> None:
    """With --directory, receipts and report lie there, and paths of the config begin there."""
    configured(tmp_path / "there")
    where = ("--directory", "there", "--configfile", "there/my.yaml", "--cores", "2")
    run = snakemake(*where, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "there" / "out" / "datasource-properties.json").exists()
    assert (tmp_path / "there" / "report.json").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    assert "Nothing to be done" in snakemake(*where, cwd=tmp_path).stderr


def test_a_link_to_the_folder_is_the_folder(tmp_path: Path) -> None:
    """The run folder keeps the name that was given, though Snakemake's folder is the real one."""
    (tmp_path / "real").mkdir()
    configured(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    command = ("run", "my.yaml", "--target", tmp_path / "link" / "out")
    run = wkflow(*command, cwd=tmp_path / "real")
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "real" / "out.wkflow" / "report.json").exists()
    assert f"report   {tmp_path / 'link'}" in run.stderr
    assert "nothing to do" in wkflow(*command, cwd=tmp_path / "real").stderr


def test_it_runs_as_the_catalog_asks(tmp_path: Path) -> None:
    """`snakemake --directory .test` in a checkout, which finds `.test/config/config.yaml`."""
    folder = tmp_path / ".test"
    for name in ("config", "images"):
        shutil.copytree(CATALOG / name, folder / name)
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", "--directory", folder, "--cores", "1"],
        check=False, capture_output=True, text=True, cwd=ROOT, env=environment(), timeout=TIMEOUT_S,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    properties = json.loads((folder / "dataset" / "datasource-properties.json").read_text())
    assert [layer["name"] for layer in properties["dataLayers"]] == ["images"]


def test_its_profile_is_found(tmp_path: Path) -> None:
    """That of `workflow/Snakefile` by itself; what a kill left is made again without a word."""
    configured(tmp_path)
    command = [sys.executable, "-m", "snakemake", "--configfile", "my.yaml", "--cores", "2"]
    command += ["--snakefile", str(ROOT / "workflow" / "Snakefile")]

    def run() -> str:
        told = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=tmp_path, env=environment(),
            timeout=TIMEOUT_S,
        )  # fmt: skip
        assert told.returncode == 0, told.stderr
        return told.stderr

    assert "workflow specific profile" in run()
    marks = tmp_path / "out.wkflow" / ".snakemake" / "incomplete"
    receipt = "receipts/write_properties.json"
    marks.mkdir(exist_ok=True)
    (marks / urlsafe_b64encode(receipt.encode()).decode()).touch()
    assert "rule write_properties" in run()


@pytest.mark.parametrize("name", ["default", "profiles/default"])
def test_folders_beside_a_command_are_no_profiles(tmp_path: Path, name: str) -> None:
    """Snakemake would look into them, and fail: the one has no config.yaml, the other no plugin."""
    configured(tmp_path)
    (tmp_path / name).mkdir(parents=True)
    if name != "default":
        (tmp_path / name / "config.yaml").write_text("executor: nowhere\n")
    run = wkflow("run", "my.yaml", cwd=tmp_path)
    assert run.returncode == 0, run.stderr


def test_a_config_that_is_given_is_the_only_one(tmp_path: Path) -> None:
    """`config/config.yaml` of a folder counts where no other is named, and not beside one."""
    configured(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text("source: nowhere\nlayer_name: other\n")
    run = snakemake("--cores", "1", cwd=tmp_path)
    assert run.returncode == 1
    assert "target: required" in run.stderr
    run = snakemake("--configfile", "my.yaml", "--cores", "2", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    np.testing.assert_array_equal(voxels(tmp_path / "out", "images"), noise(3, 20, 20))


TWICE = """
configfile: "config/config.yaml"

module cells:
    snakefile: "{snakefile}"
    config: config["cells"]
    prefix: "results/cells"

use rule * from cells as cells_*

module nuclei:
    snakefile: "{snakefile}"
    config: config["nuclei"]
    prefix: "results/nuclei"

use rule * from nuclei as nuclei_*

rule layers:
    default_target: True
    input: rules.cells_all.input, rules.nuclei_all.input
    output: "layers.txt"
    shell: "cat data/*/datasource-properties.json | grep -o '\\"name\\": \\"[a-z]*\\"' > {{output}}"
"""


@pytest.mark.parametrize("name", ["Snakefile", "workflow/Snakefile"])
def test_another_workflow_has_ours_twice(tmp_path: Path, name: str) -> None:
    """Two sources, and a rule of its own that reads both datasets; neither `work_dir` is given."""
    options = {}
    for seed, stack in enumerate(("cells", "nuclei")):
        write_stack(tmp_path / stack, noise(3, 20, 20, seed=seed))
        options[stack] = {"source": stack, "target": f"data/{stack}", "voxel_size": [1, 1, 2]}
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text(json.dumps(options))
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow" / "Snakefile").write_text(TWICE.format(snakefile=ROOT / name))
    command = ("--snakefile", "workflow/Snakefile", "--cores", "2")
    run = snakemake(*command, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    for seed, stack in enumerate(("cells", "nuclei")):
        np.testing.assert_array_equal(
            voxels(tmp_path / "data" / stack, stack), noise(3, 20, 20, seed=seed)
        )
        assert (tmp_path / "results" / stack / "report.json").exists()
    assert (tmp_path / "layers.txt").read_text().count("name") >= 2
    assert "Nothing to be done" in snakemake(*command, cwd=tmp_path).stderr


def test_a_module_needs_neither_prefix_nor_folder(tmp_path: Path) -> None:
    """As `snakedeploy deploy-workflow` writes it: receipts lie in the folder that was deployed."""
    configured(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "my.yaml").rename(tmp_path / "config" / "config.yaml")
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow" / "Snakefile").write_text(
        f"""
configfile: "config/config.yaml"

module wkflow:
    snakefile: {str(ROOT / "workflow" / "Snakefile")!r}
    config: config

use rule * from wkflow
"""
    )
    command = [sys.executable, "-m", "snakemake", "--cores", "2"]
    for _ in range(2):
        run = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=tmp_path, env=environment(),
            timeout=TIMEOUT_S,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
    assert "Nothing to be done" in run.stderr
    np.testing.assert_array_equal(voxels(tmp_path / "out", "images"), noise(3, 20, 20))
    assert (tmp_path / "report.json").exists()


def test_plain_snakemake_says_where_all_is(tmp_path: Path) -> None:
    """The end is told as by the command: what was made; or what failed, what to do, the log."""
    configured(tmp_path)
    write_stack(tmp_path / "images", noise(100, 20, 20))  # the plan decodes a few of them
    bad = tmp_path / "images" / "slice_7.tif"
    good = bad.read_bytes()
    write_bad_voxels(bad, noise(1, 20, 20)[0])
    command = ("--configfile", "my.yaml", "--cores", "2")
    run = snakemake(*command, cwd=tmp_path)
    told = [line for line in run.stderr.splitlines() if line.startswith("wkflow: ")]
    assert run.returncode == 1, run.stderr
    assert told[0].startswith(f"wkflow: {bad}: "), told
    assert told[-1] == "wkflow: the same command goes on from here"
    assert Path(told[-2].removeprefix("wkflow: log").strip()).is_file()
    bad.write_bytes(good)
    run = snakemake(*command, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    told = [line for line in run.stderr.splitlines() if line.startswith("wkflow: ")]
    assert told == [
        f"wkflow: dataset  {tmp_path / 'out'}",
        f"wkflow: report   {tmp_path / 'out.wkflow' / 'report.html'}",
        f"wkflow: look at  wkflow info {tmp_path / 'out'}",
    ]


def test_the_command_says_it_once(tmp_path: Path) -> None:
    """Its Snakemake is silent, also where a person asked Snakemake for something."""
    configured(tmp_path)
    run = wkflow("run", "my.yaml", "--", "--forcerun", "convert_slab", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert (run.stdout + run.stderr).count("dataset  ") == 1
