"""The commands that look: their options, what they print, and their exit status."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from wkflow.cli.inspect import INSPECTIONS
from wkflow.cli.main import build_parsers, main

from tests.datasets import write_dataset
from tests.inspection.conftest import two_mags
from tests.runs import TIMEOUT_S, environment

NAMES = [one.name for one in INSPECTIONS]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Write a small dataset."""
    return write_dataset(tmp_path / "dataset", two_mags("zarr3"))


@pytest.mark.parametrize("name", NAMES)
def test_help_explains_each_option(name: str) -> None:
    """And the usage does not speak of Snakemake."""
    parser = build_parsers()[1][name]
    assert all(action.help for action in parser._actions)  # noqa: SLF001 -- argparse lists its arguments nowhere else
    assert "SNAKEMAKE" not in parser.format_help()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_passed_on(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is no Snakemake that it could go to."""
    path = [] if build_parsers()[1][name].usage.endswith("[OPTIONS]") else [str(tmp_path)]
    assert main([name, *path, "--", "-n"]) == 2
    assert "runs no Snakemake" in capsys.readouterr().err


def test_info_prints_a_table_or_json(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same facts for a person and for a program."""
    assert main(["info", str(dataset)]) == 0
    assert "layer em: color, uint8" in capsys.readouterr().out
    assert main(["info", "--json", str(dataset)]) == 0
    assert json.loads(capsys.readouterr().out)["layers"][0]["mags"][0]["shape"] == [1, 70, 50, 40]


def test_info_refuses_what_is_no_dataset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In two lines, on stderr."""
    assert main(["info", str(tmp_path)]) == 3
    told = capsys.readouterr()
    assert (told.out, len(told.err.splitlines())) == ("", 2)
    assert "is no dataset" in told.err


def test_verify_tells_what_was_proven(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For a person, for a program, or by its status alone."""
    assert main(["verify", str(dataset)]) == 0
    assert "14 files without a receipt: 72 chunks decoded" in capsys.readouterr().out
    assert main(["verify", str(dataset), "--json", "--jobs", "1"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["is_sound"], told["chunks"], told["faults"]) == (True, 72, [])
    assert main(["verify", str(dataset), "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_verify_ends_with_seven_and_names_files(
    dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of them in JSON."""
    shard = dataset / "em" / "1" / "c" / "0" / "0" / "0" / "0"
    shard.write_bytes(shard.read_bytes()[:50])
    assert main(["verify", str(dataset), "--json"]) == 7
    out, err = capsys.readouterr()
    assert [fault["path"] for fault in json.loads(out)["faults"]] == ["em/1/c/0/0/0/0"]
    assert "em/1/c/0/0/0/0 is damaged" in err
    assert len(err.splitlines()) <= 5


def test_verify_refuses_a_server_s_dataset(capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is asked."""
    assert main(["verify", "https://wk.example/datasets/em-1"]) == 2
    assert "is no folder on this machine" in capsys.readouterr().err


def test_doctor_says_whether_a_conversion_can_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can: the tests run them. No server is asked that nobody named."""
    for name in ("WK_URL", "WK_TOKEN", "WK_SHARING_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert told.endswith("this machine can convert\n")
    assert "  server  " not in told
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["can_convert"]
    assert {check["state"] for check in found["checks"]} <= {"ok", "absent"}


def test_doctor_ends_as_the_server_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conversion could run all the same, which is said."""
    monkeypatch.setenv("WK_TOKEN", "no-such-token")
    assert main(["doctor", "--webknossos-url", "http://127.0.0.1:1", "--insecure"]) == 5
    told = capsys.readouterr().out
    assert told.endswith("this machine can convert\n")
    assert "no-such-token" not in told


def test_a_server_that_is_none_stops_no_conversion(capsys: pytest.CaptureFixture[str]) -> None:
    """It is a wrong option, and said to be no more."""
    assert main(["doctor", "--json", "--webknossos-url", "webknossos"]) == 2
    assert json.loads(capsys.readouterr().out)["can_convert"]


def test_view_prints_a_link_and_ends_with_an_interrupt(dataset: Path) -> None:
    """Its status is 0: to end it so is what it is for."""
    command = [sys.executable, "-m", "wkflow.cli.main", "view", "--no-browser", str(dataset)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as run:
        assert run.stdout
        link = run.stdout.readline().strip()
        assert requests.get(link, timeout=10).status_code == 200
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=TIMEOUT_S)
    assert (run.returncode, err) == (0, "wkflow: Ctrl-C ends the view\n")


def test_view_refuses_what_is_no_dataset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is served."""
    assert main(["view", "--no-browser", str(tmp_path)]) == 3
    assert "is no dataset" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["info", "verify"])
def test_nothing_is_written(name: str, dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither into the dataset nor beside it."""
    before = {path: path.stat().st_mtime_ns for path in dataset.parent.rglob("*")}
    assert main([name, str(dataset)]) == 0
    assert capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in dataset.parent.rglob("*")} == before
