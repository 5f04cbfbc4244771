"""The command line from flags to exit status."""

import json
import os
import pty
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
from wkflow import __version__
from wkflow.cli.main import guarded, main
from wkflow.cli.messages import Messages
from wkflow.cli.summary import Summary
from wkflow.model.write_datasource import PROPERTIES

from tests.runs import TIMEOUT_S, VOXEL_SIZE, environment, noise, voxels, wkflow, write_stack


def lines(run: "subprocess.CompletedProcess[str]") -> list[str]:
    """Give what a person reads of a failure: at most five lines, no traceback."""
    told = [line for line in run.stderr.splitlines() if not line.startswith("wkflow: layer")]
    assert "Traceback" not in run.stderr
    assert len(told) <= 5, run.stderr
    return told


def test_a_stack_becomes_a_dataset(tmp_path: Path) -> None:
    """One command makes the dataset, its pyramid, its properties and a report."""
    volume = noise(35, 130, 201)
    source = write_stack(tmp_path / "my stack", volume)
    run = wkflow("convert", *VOXEL_SIZE, source, tmp_path / "data set")
    assert run.returncode == 0, run.stderr
    np.testing.assert_array_equal(voxels(tmp_path / "data set", "mystack"), volume)
    properties = json.loads((tmp_path / "data set" / PROPERTIES).read_text())
    assert [mag["mag"] for mag in properties["dataLayers"][0]["mags"]] == [
        [1, 1, 1],
        [2, 2, 1],
        [4, 4, 2],
    ]
    report = json.loads((tmp_path / "data set.wkflow" / "report.json").read_text())
    assert report["rules"]["convert_slab"]["voxels"] == volume.size
    page = (tmp_path / "data set.wkflow" / "report.html").read_text()
    assert "No pictures" not in page
    assert page.count("<img") == 3 + 8


@pytest.mark.long
def test_a_page_is_drawn_unless_nobody_wants_one(tmp_path: Path) -> None:
    """Wanted later, it is drawn then, and no voxel is written again; it is never taken away."""
    source = write_stack(tmp_path / "stack", noise(2, 8, 8))
    command = ("convert", *VOXEL_SIZE, source, tmp_path / "out")
    folder = tmp_path / "out.wkflow"
    run = wkflow(*command, "--no-report")
    assert run.returncode == 0, run.stderr
    assert (folder / "report.json").exists()
    assert not (folder / "report.html").exists()
    receipts = {path: path.stat().st_mtime_ns for path in folder.glob("receipts/**/*.json")}
    assert "nothing to do" in wkflow(*command, "--no-report").stderr
    assert "out: done in" in wkflow(*command).stderr
    assert (folder / "report.html").exists()
    assert "nothing to do" in wkflow(*command).stderr
    assert "nothing to do" in wkflow(*command, "--no-report").stderr
    assert (folder / "report.html").exists()
    assert {path: path.stat().st_mtime_ns for path in receipts} == receipts


def test_the_last_lines_say_where_to_look_and_quiet_is_quiet(tmp_path: Path) -> None:
    """The command of Snakemake is in the log, and shown to those who ask; --quiet tells nothing."""
    source, out = write_stack(tmp_path / "stack", noise(2, 8, 8)), tmp_path / "loud"
    folder = tmp_path / "loud.wkflow"
    run = wkflow("convert", *VOXEL_SIZE, source, out)
    told = run.stderr.splitlines()
    assert told[-4].startswith("wkflow: loud: done in ")
    assert told[-3].startswith(f"wkflow: dataset  {out}, ")
    assert told[-2] == f"wkflow: report   {folder / 'report.html'}"
    assert told[-1] == f"wkflow: look at  wkflow info {out}"
    assert "snakemake" not in run.stderr
    command = (folder / "logs" / "snakemake.log").read_text().splitlines()[0]
    assert f"--directory {folder}" in command
    finish = ("--on-finish", f"cat > {tmp_path}/told; exit 3")
    run = wkflow("convert", *VOXEL_SIZE, "--verbose", "--json", *finish, source, out)
    assert command.partition("--resources")[0] in run.stderr
    (told,) = run.stdout.splitlines()
    summary = json.loads(told)
    assert (summary["end"], summary["dataset"]) == ("nothing_to_do", str(out))
    assert json.loads((tmp_path / "told").read_text()) | {"seconds": summary["seconds"]} == summary
    assert (run.returncode, "failed with status 3; nothing depends" in run.stderr) == (0, True)
    size = sum(path.stat().st_size for path in (out / "stack").rglob("*/c/**/*") if path.is_file())
    assert summary["bytes"] == size
    run = wkflow("convert", *VOXEL_SIZE, "--quiet", source, tmp_path / "silent")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.long
def test_what_follows_two_dashes_is_snakemakes(tmp_path: Path) -> None:
    """Its output and its status go through; "done" is said of a dataset that is complete."""
    source = write_stack(tmp_path / "stack", noise(2, 8, 8))
    command = ("convert", *VOXEL_SIZE, source, tmp_path / "out", "--")
    run = wkflow(*command, "-n")
    assert run.returncode == 0, run.stderr
    assert "rule convert_slab" in run.stdout
    assert run.stderr.endswith("out: Snakemake ended; the dataset is not complete\n")
    assert not (tmp_path / "out").exists()
    run = wkflow(*command, "--nosuchflag")
    assert run.returncode == 2
    assert lines(run)[0].endswith("Snakemake says: unrecognized arguments: --nosuchflag")
    run = wkflow(*command, "--until", "create_layer")
    assert run.returncode == 0, run.stderr
    assert "Finished jobid" in run.stderr
    assert run.stderr.endswith("out: Snakemake ended; the dataset is not complete\n")
    run = wkflow(*command, "--retries", "1")
    assert run.returncode == 0, run.stderr
    assert "wkflow: out: done in" in run.stderr
    for look, words in (
        ("--rulegraph", "digraph snakemake_dag {"),
        ("--dag", "digraph snakemake_dag {"),
        ("--summary", "output_file\t"),
    ):
        run = wkflow(*command, look)
        assert run.returncode == 0, run.stderr
        assert run.stdout.startswith(words)
        assert "wkflow" not in run.stdout.partition("\n")[0]
        assert run.stderr.endswith("out: Snakemake ended, no job was run\n")
    run = wkflow(*command, "--forcerun", "convert_slab", "--quiet", "all")
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    assert "wkflow: out: done in" in run.stderr
    run = wkflow(*command, "-n")
    assert run.returncode == 0, run.stderr
    assert "Nothing to be done" in run.stdout + run.stderr
    assert run.stderr.endswith("out: Snakemake ended, no job was run\n")
    run = wkflow(*command, "--report", tmp_path / "page.html")
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert run.stderr.endswith("out: Snakemake ended, no job was run\n")
    run = wkflow(*command, "no_such_rule")
    assert run.returncode == 1
    assert "Snakemake says: No rule to produce no_such_rule" in run.stderr
    assert "done" not in run.stderr
    run = wkflow(*command, "--directory", tmp_path)
    assert run.returncode == 2
    assert "--directory is told to Snakemake by the command itself" in run.stderr


def test_our_dry_run_asks_snakemake_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So what follows two dashes is refused, not swallowed."""
    out = str(tmp_path / "out")
    assert main(["convert", str(tmp_path), out, *VOXEL_SIZE, "--dry-run", "--", "--dag"]) == 2
    assert "--dry-run asks Snakemake nothing" in capsys.readouterr().err


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    """The table names layers, mags, jobs, memory and disk; no file comes or goes."""
    source = write_stack(tmp_path / "stack", noise(3, 300, 500))
    before = sorted(tmp_path.rglob("*"))
    run = wkflow("convert", *VOXEL_SIZE, "--dry-run", source, tmp_path / "out")
    assert run.returncode == 0, run.stderr
    assert sorted(tmp_path.rglob("*")) == before
    for word in ("layer stack", "2-2-1", "uint8", "500 x 300 x 3", "jobs", "memory", "free"):
        assert word in run.stdout


FLAT_WKW = (*VOXEL_SIZE, "--data-format", "wkw", "--shard-shape", "4096,4096,32")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((*VOXEL_SIZE, "--chunk-shape", "33", "SOURCE", "OUT"), "powers of two"),
        ((*VOXEL_SIZE, "--shard-shape", "48", "SOURCE", "OUT"), "32,32,32 does not divide"),
        ((*VOXEL_SIZE, "--batch-size", "33", "SOURCE", "OUT"), "33 is no multiple"),
        ((*FLAT_WKW, "SOURCE", "OUT"), "wkw wants cubes"),
        ((*VOXEL_SIZE, "--data-format", "n5", "--shard-shape", "64", "SOURCE", "OUT"), "as a file"),
        ((*VOXEL_SIZE, "--compression", "lz4", "SOURCE", "OUT"), "no compression in zarr3"),
        ((*VOXEL_SIZE, "--raw-shape", "9,9,9", "SOURCE", "OUT"), "raw_dtype"),
        ((*VOXEL_SIZE, "--channels", "red", "SOURCE", "OUT"), "rgb, split"),
        ((*VOXEL_SIZE, "--name", "a b", "SOURCE", "OUT"), "'a_b'"),
        ((*VOXEL_SIZE, "--layer-name", ".a/b", "SOURCE", "OUT"), "'a_b'"),
        (("--voxel-size", "0,1,1", "SOURCE", "OUT"), "above zero"),
        (("--voxel-size", "1e9,1e9,1e9", "SOURCE", "OUT"), "implausible"),
        ((*VOXEL_SIZE, "--unit", "furlong", "SOURCE", "OUT"), "nanometer"),
        ((*VOXEL_SIZE, "--max-mag", "3", "SOURCE", "OUT"), "power of two"),
        ((*VOXEL_SIZE, "--jobs", "2", "--distribution-strategy", "sequential", "S", "O"), "jobs"),
    ],
)
def test_wrong_options_are_told(
    arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong option exits 2 before anything is written, and says what would be right."""
    assert main(["convert", *arguments]) == 2
    message = capsys.readouterr().err
    assert told in message
    assert len(message.splitlines()) <= 5


def test_all_wrong_options_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Three faults, one message."""
    options = ("--unit", "furlong", "--jobs", "many", "--category", "colour")
    assert main(["convert", *options, "source", "target"]) == 2
    message = capsys.readouterr().err
    for word in ("unit", "furlong", "many", "did you mean color?"):
        assert word in message


def test_a_failure_is_an_object_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json, whether the options or the source are wrong; words stay on standard error."""
    paths = [str(tmp_path / "nowhere"), str(tmp_path / "out")]
    for words, status, kind in (
        (["--voxl-size=1,1,1"], 2, "ConfigError"),
        (["--unit=furlong"], 2, "ConfigError"),
        ([*VOXEL_SIZE, "--dry-run"], 3, "SourceError"),
    ):
        assert main(["convert", *words, *paths, "--json"]) == status
        told = capsys.readouterr()
        summary = json.loads(told.out)
        assert (summary["exit_status"], summary["error"]["kind"]) == (status, kind)
        assert summary["error"]["what"] in told.err
        assert main(["convert", *words, *paths, "--log-format", "json"]) == status
        told = capsys.readouterr()
        (event,) = map(json.loads, told.err.splitlines())
        assert (event["event"], event["error"]["kind"], told.out) == ("end", kind, "")
    told_of = tmp_path / "told"
    assert main(["convert", "--unit=furlong", *paths, "--on-finish", f"cat > '{told_of}'"]) == 2
    assert json.loads(told_of.read_bytes())["error"]["kind"] == "ConfigError"
    told_of.unlink()
    main(["convert", *VOXEL_SIZE, "--dry-run", *paths, "--on-finish", f"cat > '{told_of}'"])
    assert not told_of.exists()


@pytest.mark.parametrize("words", ["--token=s3cret convert a b --json", "s3cret --json"])
def test_no_word_that_is_no_command_is_repeated_to_programs(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be a token."""
    assert main(words.split()) == 2
    summary = json.loads(capsys.readouterr().out)
    assert summary["command"] == ""
    assert "--token=" not in json.dumps(summary)


def test_an_interrupt_is_told_and_is_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    """With the status of all programs, and what to do."""

    def run() -> int:
        raise KeyboardInterrupt

    summary = Summary("convert", is_wanted=True)
    assert guarded(run, Messages(quiet=True), summary) == 130
    told = capsys.readouterr()
    assert told.err == "wkflow: interrupted; the same command goes on from here\n"
    assert json.loads(told.out)["end"] == "interrupted"


def test_a_dry_run_is_an_object_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In place of the table."""
    source = write_stack(tmp_path / "stack", noise(3, 300, 500))
    assert (
        main(["convert", *VOXEL_SIZE, str(source), str(tmp_path / "o"), "--dry-run", "--json"]) == 0
    )
    summary = json.loads(capsys.readouterr().out)
    assert summary["end"] == "planned"
    assert summary["layers"][0]["size"] == [500, 300, 3]


def test_a_voxel_size_that_nobody_states_is_asked_for(tmp_path: Path) -> None:
    """Plain slices state none: exit 2 and an example."""
    write_stack(tmp_path / "em", noise(2, 30, 40))
    run = wkflow("convert", tmp_path / "em", tmp_path / "out")
    assert run.returncode == 2
    assert "voxel_size: is required" in run.stderr
    assert "--voxel-size 11.24,11.24,25" in run.stderr


def test_a_missing_source_is_told(tmp_path: Path) -> None:
    """Nothing to read is a bad source: exit 3, and no dataset."""
    (tmp_path / "empty").mkdir()
    for source in ("nowhere", "empty"):
        run = wkflow("convert", *VOXEL_SIZE, tmp_path / source, tmp_path / "out")
        assert run.returncode == 3
        assert source in lines(run)[0]
        assert not (tmp_path / "out").exists()


def test_a_foreign_target_is_kept(tmp_path: Path) -> None:
    """What is already at the target stays, and what is no dataset with the option as well."""
    source = write_stack(tmp_path / "stack", noise(2, 8, 8))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    run = wkflow("convert", *VOXEL_SIZE, source, tmp_path / "out")
    assert run.returncode == 2
    assert "--overwrite-existing" in "".join(lines(run))
    assert (tmp_path / "out" / "thesis.txt").exists()
    run = wkflow("convert", *VOXEL_SIZE, "--overwrite-existing", source, tmp_path / "out")
    assert run.returncode == 2
    assert "thesis.txt" in "".join(lines(run))
    assert (tmp_path / "out" / "thesis.txt").exists()
    assert not (tmp_path / "out.wkflow").exists()


def test_memory_too_small_is_told_before_the_start(tmp_path: Path) -> None:
    """A job that cannot fit is refused with exit 6, from the plan."""
    source = write_stack(tmp_path / "stack", noise(2, 8, 8))
    run = wkflow("convert", *VOXEL_SIZE, "--memory", "64M", source, tmp_path / "out")
    assert run.returncode == 6
    assert "memory" in lines(run)[0]
    assert not (tmp_path / "out").exists()


def test_help_and_version_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    """--version tells the version, --help every command."""
    for words, told in (("--version", __version__), ("--help", "convert"), ("upload -h", "--name")):
        with pytest.raises(SystemExit) as ended:
            main(words.split())
        assert ended.value.code == 0
        assert told in capsys.readouterr().out


KILLED_S = 5
"""Within which a process that was killed is gone on a machine with much to do."""


def at_work(folder: Path) -> list[int]:
    """List the processes that work in a run folder, or write its log."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            files = [Path(file.path) for file in process.open_files()]
            if any(place.is_relative_to(folder) for place in (Path(process.cwd()), *files)):
                found.append(process.pid)
    return found


@pytest.mark.long
def test_a_closed_terminal_leaves_no_job_and_loses_nothing(tmp_path: Path) -> None:
    """Snakemake and its jobs have a session of their own, which no terminal ends."""
    source, out = write_stack(tmp_path / "stack", noise(1500, 24, 24)), tmp_path / "out"
    command = ["convert", *VOXEL_SIZE, "--job-size", "1", "--jobs", "1", str(source), str(out)]
    reader, writer = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "wkflow.cli.main", *command],
        stdin=writer,
        stdout=writer,
        stderr=writer,
        env=environment(),
        start_new_session=True,
    )
    os.close(writer)
    until = time.monotonic() + TIMEOUT_S
    while not (tmp_path / "out.wkflow" / "draft.json").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    assert at_work(tmp_path / "out.wkflow")
    os.close(reader)
    assert run.wait(TIMEOUT_S) == 130
    until = time.monotonic() + KILLED_S
    while at_work(tmp_path / "out.wkflow"):
        assert time.monotonic() < until
        time.sleep(0.05)
    again = wkflow(*command)
    assert again.returncode == 0, again.stderr
    assert voxels(out, "stack").shape == (1500, 24, 24)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
@pytest.mark.parametrize("words", [("--help",), ("convert", "--help"), ("completion", "bash")])
def test_a_full_disk_under_the_output_is_said(words: tuple[str, ...]) -> None:
    """Without a traceback, of Python's own last attempt either."""
    command = [sys.executable, "-m", "wkflow", *words]
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, env=environment(), text=True, check=False
        )
    assert run.returncode == 6
    assert lines(run)[0].startswith("wkflow: standard output: cannot be written")
