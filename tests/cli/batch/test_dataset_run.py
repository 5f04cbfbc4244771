"""A dataset in a job of Snakemake's; whole ones are made by tests of batches and sheets."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from wkflow.cli.batch.dataset_run import failed_of, make_dataset, run_dataset
from wkflow.cli.process import ASKING
from wkflow.errors import ConfigError, SourceError
from wkflow.options.settings import Settings
from wkflow.planning.finished_state import SourceState

from tests.runs import noise, voxels, write_stack


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Bring handlers of signals back: a dataset is made in a process of its own, but for tests."""
    before = {number: signal.getsignal(number) for number in ASKING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_dataset_is_made_and_told(tmp_path: Path) -> None:
    """What came of it is the output; that it failed before is forgotten."""
    source = write_stack(tmp_path / "em", noise(4, 32, 32))
    options = {"source": str(source), "target": str(tmp_path / "out"), "voxel_size": [1, 1, 2]}
    told, log = tmp_path / "out.json", tmp_path / "out.log"
    failed_of(told).write_text("{}")
    make_dataset(options, cores=1, mem_mb=1024, told=told, log=log)
    assert json.loads(told.read_bytes())["end"] == "done"
    assert json.loads(log.read_bytes())["log"] == str(tmp_path / "out.wkflow/logs/snakemake.log")
    assert not failed_of(told).exists()
    assert (voxels(tmp_path / "out", "em") == noise(4, 32, 32)).all()


def test_a_failure_has_a_file_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The output is not there, so that the same command tries again; its status is the job's."""
    (tmp_path / "em").mkdir()
    options = {"source": str(tmp_path / "em"), "target": str(tmp_path / "em" / "out")}
    told, log = tmp_path / "out.json", tmp_path / "out.log"
    with pytest.raises(SystemExit) as caught:
        make_dataset(options, cores=1, mem_mb=1024, told=told, log=log)
    assert caught.value.code == ConfigError.exit_status
    assert "lies inside the source" in capsys.readouterr().err
    assert not told.exists()
    assert json.loads(failed_of(told).read_bytes())["error"]["kind"] == "ConfigError"


def test_a_fault_of_ours_ends_one_dataset_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told with its traceback as the detail; what the system refuses is known."""
    settings = Settings.parse({"source": tmp_path, "target": tmp_path.with_name("x")}, where="")
    for error, kind in (
        (ZeroDivisionError("oh"), "WkflowError"),
        (SourceError("a", "b", "c"), None),
    ):

        def fail(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        monkeypatch.setattr("wkflow.cli.batch.dataset_run.launch", fail)
        told = run_dataset(settings, SourceState("", 0))
        assert (told["end"], told["error"]["kind"]) == ("failed", kind or "SourceError")
