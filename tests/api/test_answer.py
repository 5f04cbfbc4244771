"""The functions beside the runs: what the commands find, as objects; what goes wrong is raised."""

import json
import os
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import wkflow
from wkflow.cli.inspect import inspect
from wkflow.cli.main import build_parsers, main

from tests.datasets import write_dataset
from tests.inspection.conftest import two_mags
from tests.runs import noise, voxels, write_stack


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Write a small dataset."""
    return write_dataset(tmp_path / "dataset", two_mags("zarr3"))


def test_info_is_what_the_command_prints(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As text, as JSON, and as a table of a notebook."""
    found = wkflow.info(dataset)
    assert found.layers[0].mags[0].shape == (1, 70, 50, 40)
    assert main(["info", str(dataset)]) == 0
    assert capsys.readouterr().out == f"{found}\n"
    assert "<td" in found._repr_html_()


def test_what_is_no_dataset_is_raised(tmp_path: Path) -> None:
    """As the command tells it."""
    with pytest.raises(wkflow.SourceError, match="is no dataset"):
        wkflow.info(tmp_path)
    with pytest.raises(wkflow.ConfigError, match="is no folder on this machine"):
        wkflow.verify("https://wk.example/datasets/em-1")


def test_verify_proves_or_raises(dataset: Path) -> None:
    """The error names some files, and its detail all."""
    found = wkflow.verify(dataset, decode=True, jobs=1)
    assert found.is_sound
    assert found.decoded > 0
    assert "verified" in str(found)
    (shard, *_) = sorted(
        path for path in (dataset / "em" / "1").rglob("*") if path.is_file() and path.name.isdigit()
    )
    shard.write_bytes(b"x" + shard.read_bytes()[1:-8])
    with pytest.raises(wkflow.VerificationError, match="damaged") as caught:
        wkflow.verify(dataset)
    assert str(shard.relative_to(dataset)) in caught.value.detail


def test_doctor_tells_what_the_command_tells(capsys: pytest.CaptureFixture[str]) -> None:
    """Faults are no errors: they are what was asked for."""
    found = wkflow.doctor()
    assert {one.state for one in found.checks} <= {"ok", "absent", "fault"}
    options = build_parsers()[1]["doctor"].parse_args(["--json"])
    assert inspect(options, ()) == found.status
    told = json.loads(capsys.readouterr().out)
    assert [one["subject"] for one in told["checks"]] == [one.subject for one in found.checks]
    assert told["can_convert"] == found.can_convert
    assert "<td" in found._repr_html_()


def test_init_writes_a_file_that_run_takes(tmp_path: Path) -> None:
    """It is replaced only if somebody says so."""
    path = wkflow.init(tmp_path / "new")
    assert path == tmp_path / "new" / "config.yaml"
    with pytest.raises(wkflow.ConfigError, match="is there already"):
        wkflow.init(tmp_path / "new")
    assert wkflow.init(tmp_path / "new", force=True) == path


@pytest.mark.skipif(find_spec("neuroglancer") is None, reason="the extra view is not installed")
def test_a_view_is_served_until_it_is_closed(dataset: Path) -> None:
    """By a process of its own; its link is what a notebook shows."""
    with wkflow.view(dataset, browser=False) as shown:
        assert shown.is_open
        assert shown.link.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(shown.link, timeout=20) as page:  # noqa: S310 -- our own
            assert page.status == 200
        assert shown.link in shown._repr_html_()
    assert not shown.is_open
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(shown.link, timeout=5)  # noqa: S310 -- as above


def test_a_view_of_nothing_is_raised(tmp_path: Path) -> None:
    """Before anything is served."""
    with pytest.raises(wkflow.SourceError, match="is no dataset"):
        wkflow.view(tmp_path, browser=False)


def test_a_batch_gives_all_its_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planned, made, and then unchanged; one that fails stops no other, and has its error."""
    monkeypatch.chdir(tmp_path)
    volume = noise(3, 20, 30)
    write_stack(tmp_path / "good", volume)
    (tmp_path / "empty").mkdir()
    sheet = tmp_path / "sheet.tsv"
    sheet.write_text("source\ttarget\ngood\tout/good\nempty\tout/empty\n")
    before = dict(os.environ)
    options: dict[str, Any] = {"voxel_size": (1, 1, 2), "jobs": 1}
    planned = wkflow.batch(sheet, dry_run=True, **options)
    assert [one.end for one in planned.datasets] == ["new", "wrong"]
    assert not (tmp_path / "out").exists()
    made = wkflow.batch(sheet, **options)
    assert [one.end for one in made.datasets] == ["done", "failed"]
    assert (voxels(tmp_path / "out" / "good", "good") == volume).all()
    assert made.summary is not None
    assert made.summary.is_file()
    assert made.failed == made.datasets[1:]
    with pytest.raises(wkflow.SourceError):
        made.require_complete()
    assert "1 done, 1 failed" in made._repr_html_()
    assert wkflow.batch(sheet, **options).datasets[0].end == "unchanged"
    assert dict(os.environ) == before


def test_a_batch_refuses_what_is_no_option(tmp_path: Path) -> None:
    """As it refuses a sheet that is wrong."""
    (tmp_path / "sheet.tsv").write_text("source\ttarget\na\tb\n")
    with pytest.raises(wkflow.ConfigError, match="voxelsize: no such option"):
        wkflow.batch(tmp_path / "sheet.tsv", voxelsize=1)
    with pytest.raises(wkflow.ConfigError):
        wkflow.batch(tmp_path / "nowhere.tsv")
