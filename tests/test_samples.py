"""All datasets of a sheet by plain Snakemake."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from wkflow.run_folder import RECEIPTS

from tests.runs import (
    ROOT,
    TIMEOUT_S,
    environment,
    noise,
    snakemake,
    voxels,
    wkflow,
    write_stack,
)
from tests.test_batch import at_work, wait_for

pytestmark = pytest.mark.long(but=["test_snakemake_makes_all_datasets_of_a_sheet"])

NOTHING = "Nothing to be done"


def sheet(folder: Path, *names: str) -> Path:
    """Write a sheet with rows NAME -> out/NAME, and the stacks that are not there yet."""
    for seed, name in enumerate(names):
        if not (folder / name).exists():
            write_stack(folder / name, noise(4, 32, 32, seed=seed))
    path = folder / "samples.tsv"
    path.write_text("".join(["source\ttarget\n", *(f"{one}\tout/{one}\n" for one in names)]))
    return path


def test_snakemake_makes_all_datasets_of_a_sheet(tmp_path: Path) -> None:
    """One that fails stops no other; again, only it is made; relative paths begin here."""
    path = sheet(tmp_path, "a", "bad")
    (tmp_path / "bad" / "slice_1.tif").write_bytes(b"no image")
    command = ("--cores", "2", "--keep-going", "--config", "samples=samples.tsv")
    given = ("voxel_size=[1,1,2]",)
    look = snakemake("-n", *command[2:], *given, cwd=tmp_path)
    assert look.returncode == 0, look.stderr
    assert "convert_dataset        2" in look.stdout
    assert not (tmp_path / "out").exists()
    run = snakemake(*command, *given, cwd=tmp_path)
    assert run.returncode == 1
    assert "slice_1.tif: is no TIFF file" in run.stderr
    assert f"summary  {path}.wkflow/summary.tsv" in run.stderr
    np.testing.assert_array_equal(voxels(tmp_path / "out" / "a", "a"), noise(4, 32, 32))
    told = json.loads(Path(f"{path}.wkflow/datasets/failed-bad.json").read_text())
    assert (told["exit_status"], told["error"]["kind"]) == (3, "SourceError")
    (tmp_path / "bad" / "slice_1.tif").write_bytes((tmp_path / "a" / "slice_1.tif").read_bytes())
    run = snakemake(*command, *given, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "convert_dataset        1" in run.stderr
    assert [line.split()[3] for line in run.stderr.splitlines() if line.startswith("row ")] == [
        "unchanged",
        "done",
    ]


def test_both_doors_go_on_from_one_another(tmp_path: Path) -> None:
    """What `wkflow batch` made is done, and the other way round; an edited row runs."""
    path = sheet(tmp_path, "a", "b")
    assert wkflow("batch", "--voxel-size", "1,1,2", path, cwd=tmp_path).returncode == 0
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text(
        "samples: samples.tsv\nvoxel_size: [1, 1, 2]\n"
    )
    run = snakemake("--cores", "2", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert NOTHING in run.stderr
    os.utime(tmp_path / "a" / "slice_1.tif", ns=(1, 1))
    path = sheet(tmp_path, "a", "c")
    run = snakemake("--cores", "2", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert f"not in the sheet any more, and left alone: {tmp_path}/out/b" in run.stderr
    assert "convert_dataset        2" in run.stderr
    run = wkflow("batch", "--voxel-size", "1,1,2", path, cwd=tmp_path)
    assert "2 datasets: 2 unchanged" in run.stderr


def test_a_list_in_the_config_is_a_sheet(tmp_path: Path) -> None:
    """Its results lie in the folder of the command, or where Snakemake is told to be."""
    write_stack(tmp_path / "em", noise(4, 32, 32))
    write_stack(tmp_path / "cells", noise(4, 32, 32, seed=1))
    layers = [
        {"source": f"{tmp_path}/{name}", "target": f"{tmp_path}/out", "layer_name": name}
        for name in ("em", "cells")
    ]
    (tmp_path / "my.yaml").write_text(json.dumps({"samples": layers, "voxel_size": [1, 1, 2]}))
    command = ("--configfile", "my.yaml", "--cores", "2")
    run = snakemake(*command, "--directory", "here", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "here" / "datasets" / "out.json").exists()
    for seed, name in enumerate(("em", "cells")):
        np.testing.assert_array_equal(voxels(tmp_path / "out", name), noise(4, 32, 32, seed=seed))
    assert NOTHING in snakemake(*command, cwd=tmp_path).stderr
    assert (tmp_path / "samples.wkflow" / "datasets" / "out.json").exists()


@pytest.mark.parametrize("look", ["--rulegraph", "--summary", "--list-rules", "--lint"])
def test_looks_need_no_cores(tmp_path: Path, look: str) -> None:
    """As without a sheet."""
    sheet(tmp_path, "a")
    run = snakemake(look, "--config", "samples=samples.tsv", cwd=tmp_path)
    assert run.returncode == 0, run.stderr


def test_faults_of_a_sheet_are_told_without_a_traceback(tmp_path: Path) -> None:
    """With row and column, and nothing is begun."""
    sheet(tmp_path, "a").write_text("source,target,unit\na,out,furlong\n")
    run = snakemake("--cores", "1", "--config", "samples=samples.tsv", cwd=tmp_path)
    assert run.returncode == 1
    assert "row 2, unit: 'furlong'" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes in /proc")
def test_an_interrupt_stops_all_datasets(tmp_path: Path) -> None:
    """As a terminal sends it, to all processes; the same command makes the rest."""
    names = [f"s{number}" for number in range(4)]
    sheet(tmp_path, *names)
    (tmp_path / "my.yaml").write_text("samples: samples.tsv\nvoxel_size: [1, 1, 2]\n")
    command = ("--configfile", "my.yaml", "--cores", "2")
    run = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *command],
        cwd=tmp_path, env=environment(), stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    wait_for(tmp_path, f"out/*.wkflow/{RECEIPTS}/**/*.json")
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(TIMEOUT_S) != 0
    until = time.monotonic() + TIMEOUT_S
    while at_work(tmp_path):
        assert time.monotonic() < until
        time.sleep(0.1)
    done = snakemake(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for seed, name in enumerate(names):
        np.testing.assert_array_equal(
            voxels(tmp_path / "out" / name, name), noise(4, 32, 32, seed=seed)
        )
