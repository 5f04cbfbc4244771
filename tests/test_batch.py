"""Whole batches, as a person types them."""

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from wkflow.run_folder import RECEIPTS

from tests.runs import TIMEOUT_S, VOXEL_SIZE, environment, noise, voxels, wkflow, write_stack
from tests.standin.server import standin_in

pytestmark = pytest.mark.long(but=["test_a_sheet_becomes_datasets"])


def sheet(folder: Path, *names: str, header: str = "source\ttarget") -> Path:
    """Write a sheet with rows NAME -> out-NAME, and the stacks that are not there yet."""
    for seed, name in enumerate(names):
        if not (folder / name).exists():
            write_stack(folder / name, noise(4, 32, 32, seed=seed))
    path = folder / "samples.tsv"
    rows = [f"{folder / name}\t{folder / f'out-{name}'}" for name in names]
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def receipts(folder: Path) -> dict[Path, int]:
    """Give the receipts of all run folders, and when they were written."""
    return {path: path.stat().st_mtime_ns for path in folder.glob(f"*/{RECEIPTS}/**/*.json")}


def test_a_sheet_becomes_datasets(tmp_path: Path) -> None:
    """One that fails stops no other; the same command again makes what is missing, and no more."""
    path = sheet(tmp_path, "a", "b", "bad")
    slices = sorted((tmp_path / "bad").iterdir())
    content = slices[0].read_bytes()
    slices[0].write_bytes(b"no image")
    told = tmp_path / "told"
    command = ("batch", *VOXEL_SIZE, "--json", "--on-dataset", f"cat >> {told}", path)
    run = wkflow(*command)
    assert run.returncode == 3, run.stderr
    assert len(run.stderr.splitlines()) <= 5
    result = json.loads(run.stdout)
    assert result["counts"] == {"done": 2, "failed": 1}
    assert [one["row"] for one in result["datasets"]] == ["row 2", "row 3", "row 4"]
    assert str(slices[0]) in json.dumps(result["datasets"][2]["error"])
    for seed, name in enumerate("ab"):
        np.testing.assert_array_equal(
            voxels(tmp_path / f"out-{name}", name), noise(4, 32, 32, seed=seed)
        )
    assert told.read_text().count('"row"') == 3
    with Path(result["summary"]).open(newline="") as file:
        ends = [row["end"] for row in csv.DictReader(file, dialect="excel-tab")]
    assert ends == ["done", "done", "failed"]
    assert 'href="../out-a.wkflow/report.html"' in Path(result["report"]).read_text()

    before = receipts(tmp_path)
    slices[0].write_bytes(content)
    run = wkflow(*command[:3], "--on-finish", "exit 1", path)
    assert run.returncode == 0, run.stderr
    assert "3 datasets: 1 done, 2 unchanged" in run.stderr
    assert "`exit 1` failed with status 1" in run.stderr
    assert {one: receipts(tmp_path)[one] for one in before} == before


def test_a_batch_leaves_what_single_runs_leave(tmp_path: Path) -> None:
    """The same files with the same bytes; each side goes on where the other ended."""
    run = wkflow("batch", *VOXEL_SIZE, sheet(tmp_path, "a", "b"))
    assert run.returncode == 0, run.stderr
    run = wkflow("convert", *VOXEL_SIZE, tmp_path / "a", tmp_path / "single")
    assert run.returncode == 0, run.stderr

    def contents(dataset: Path) -> dict[str, bytes]:
        files = (path for path in dataset.rglob("*") if path.is_file())
        return {
            str(path.relative_to(dataset)): path.read_bytes().replace(b"out-a", b"single")
            for path in files
        }

    assert contents(tmp_path / "out-a") == contents(tmp_path / "single")
    run = wkflow("convert", *VOXEL_SIZE, tmp_path / "a", tmp_path / "out-a")
    assert "nothing to do" in run.stderr
    (tmp_path / "single.tsv").write_text(f"source\ttarget\n{tmp_path}/a\t{tmp_path}/single\n")
    run = wkflow("batch", *VOXEL_SIZE, tmp_path / "single.tsv")
    assert "1 datasets: 1 nothing to do" in run.stderr
    run = wkflow("batch", *VOXEL_SIZE, tmp_path / "single.tsv")
    assert "1 datasets: 1 unchanged" in run.stderr


def test_a_sheet_that_changed_runs_what_changed(tmp_path: Path) -> None:
    """Added and edited rows; those that were removed are named, and left alone."""
    run = wkflow("batch", *VOXEL_SIZE, sheet(tmp_path, "a", "b"))
    assert run.returncode == 0, run.stderr
    before = receipts(tmp_path)
    (tmp_path / "b" / "slice_4.tif").write_bytes((tmp_path / "b" / "slice_0.tif").read_bytes())
    run = wkflow("batch", *VOXEL_SIZE, sheet(tmp_path, "c", "b"))
    assert run.returncode == 0, run.stderr
    assert "2 datasets: 2 done" in run.stderr
    assert f"not in the sheet any more, and left alone: {tmp_path / 'out-a'}" in run.stderr
    after = receipts(tmp_path)
    assert all(after[one] == before[one] for one in before if "out-a.wkflow" in str(one))
    assert voxels(tmp_path / "out-b", "b").shape[0] == 5


def test_rows_of_one_target_are_layers(tmp_path: Path) -> None:
    """An added one is made beside the others; one that is gone stays, and is named."""
    path = tmp_path / "samples.csv"
    for seed, name in enumerate("abc"):
        write_stack(tmp_path / name, noise(4, 32, 32, seed=seed))
    row = "{0}/{1},{0}/out,{1}-layer\n"

    def batch(*names: str) -> "subprocess.CompletedProcess[str]":
        rows = [row.format(tmp_path, name) for name in names]
        path.write_text("".join(["source,target,layer_name\n", *rows]))
        run = wkflow("batch", *VOXEL_SIZE, path)
        assert run.returncode == 0, run.stderr
        return run

    assert "1 datasets: 1 done" in batch("a", "b").stderr
    before = receipts(tmp_path)
    slabs = {one for one in before if "convert_slab" in str(one)}
    assert len(slabs) == 2
    assert "1 datasets: 1 done" in batch("c", "b", "a").stderr
    after = receipts(tmp_path)
    assert {one: after[one] for one in slabs} == {one: before[one] for one in slabs}
    gone = f"not in the sheet any more, and left alone: {tmp_path}/out, layer a-layer"
    assert gone in batch("c", "b").stderr
    assert gone in batch("c", "b").stderr
    for seed, name in enumerate("abc"):
        np.testing.assert_array_equal(
            voxels(tmp_path / "out", f"{name}-layer"), noise(4, 32, 32, seed=seed)
        )
    report = json.loads((tmp_path / "out.wkflow" / "report.json").read_text())
    assert {one["name"] for one in report["layers"]} == {"a-layer", "b-layer", "c-layer"}


def test_rows_go_to_a_server(tmp_path: Path) -> None:
    """Under names of their own, and once."""
    write_stack(tmp_path / "stack", noise(4, 32, 32))
    path = tmp_path / "samples.yaml"
    path.write_text(f"- source: {tmp_path}/stack\n- source: {tmp_path}/stack\n  name: other\n")
    with standin_in(tmp_path / "server") as server:
        known = {"WK_URL": server.url, "WK_TOKEN": server.token}
        command = ("batch", "--upload", "--json", *VOXEL_SIZE, path)
        result = json.loads(wkflow(*command, cwd=tmp_path, **known).stdout)
        assert result["counts"] == {"done": 2}, result
        assert all(one["url"].startswith(server.url) for one in result["datasets"])
        result = json.loads(wkflow(*command, cwd=tmp_path, **known).stdout)
        assert result["counts"] == {"unchanged": 2}, result
        (proof, _) = sorted(tmp_path.glob("*.upload/upload.json"))
        document = json.loads(proof.read_text())
        proof.write_text(json.dumps(document | {"url": f"{server.url}/datasets/{'f' * 24}"}))
        result = json.loads(wkflow(*command, cwd=tmp_path, **known).stdout)
        assert result["counts"] == {"failed": 1, "unchanged": 1}, result
        assert "does not have it any more" in json.dumps(result)
        (tmp_path / "elsewhere").mkdir()
        result = json.loads(wkflow(*command, cwd=tmp_path / "elsewhere", **known).stdout)
        assert result["counts"] == {"unchanged": 2}, result
        assert all(one["url"].startswith(server.url) for one in result["datasets"])
        result = json.loads(
            wkflow(*command, "--no-downsample", cwd=tmp_path / "elsewhere", **known).stdout
        )
        assert result["counts"] == {"failed": 2}, result
        assert result["datasets"][0]["error"]["kind"] == "ServerError"


def test_rows_of_all_commands_go_together(tmp_path: Path) -> None:
    """One is sent, one gets its mags, one is made; again, nothing is left to do."""
    source = write_stack(tmp_path / "stack", noise(4, 64, 64))
    for name in ("one", "two"):
        run = wkflow("convert", *VOXEL_SIZE, "--no-downsample", source, tmp_path / name)
        assert run.returncode == 0, run.stderr
    path = tmp_path / "samples.csv"
    rows = [f"{tmp_path}/one,,upload", f",{tmp_path}/two,downsample", f"{source},{tmp_path}/three,"]
    path.write_text("\n".join(["source,target,command", *rows]) + "\n")
    with standin_in(tmp_path / "server") as server:
        known = {"WK_URL": server.url, "WK_TOKEN": server.token}
        command = ("batch", "--json", *VOXEL_SIZE, path)
        look = json.loads(wkflow(*command, "--dry-run", cwd=tmp_path, **known).stdout)
        assert [one["state"] for one in look["datasets"]] == ["new"] * 3
        assert all(one["bytes"] for one in look["datasets"])
        result = json.loads(wkflow(*command, cwd=tmp_path, **known).stdout)
        assert result["counts"] == {"done": 3}, result
        assert result["datasets"][0]["url"].startswith(server.url)
        assert (tmp_path / "two" / "stack" / "2-2-1").is_dir()
        for _ in range(2):
            result = json.loads(wkflow(*command, cwd=tmp_path, **known).stdout)
            assert result["exit_status"] == 0, result
            assert not result["counts"].keys() - {"unchanged", "nothing_to_do"}
        assert result["counts"] == {"unchanged": 3}


def started(*arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "wkflow.cli.main", *map(str, arguments)],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def at_work(folder: Path) -> list[str]:
    """List processes of runs below a folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if (place / "cwd").readlink().is_relative_to(folder):
                found.append((place / "cmdline").read_text())
        except OSError:
            continue
    return found


def wait_for(folder: Path, pattern: str) -> None:
    until = time.monotonic() + TIMEOUT_S
    while not list(folder.glob(pattern)):
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_batch_stops_all_and_goes_on(tmp_path: Path, number: int) -> None:
    """Asked or killed, nothing is left at work; the same command makes the rest."""
    path = sheet(tmp_path, *(f"s{at}" for at in range(6)))
    batch = started("batch", *VOXEL_SIZE, path)
    wait_for(tmp_path, f"*/{RECEIPTS}/**/*.json")
    second = wkflow("batch", *VOXEL_SIZE, path)
    assert second.returncode == 5
    assert "another batch of this sheet is at work" in second.stderr
    batch.send_signal(number)
    _, told = batch.communicate(timeout=TIMEOUT_S)
    if number == signal.SIGINT:
        assert batch.returncode == 130
        assert "the same command goes on from here" in told
        assert at_work(tmp_path) == []
    until = time.monotonic() + TIMEOUT_S
    while at_work(tmp_path):
        assert time.monotonic() < until
        time.sleep(0.1)
    run = wkflow("batch", *VOXEL_SIZE, path)
    assert run.returncode == 0, run.stderr
    for at in range(6):
        np.testing.assert_array_equal(
            voxels(tmp_path / f"out-s{at}", f"s{at}"), noise(4, 32, 32, seed=at)
        )
