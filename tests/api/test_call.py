"""A call asks a process of its own, and raises what that raises."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import wkflow
from wkflow.access_token import SHARING, TOKEN
from wkflow.api import call, worker
from wkflow.api.progress_display import Silence
from wkflow.api.run_result import RunResult

from tests.api.test_run_result import RESULT

Asked = list[tuple[dict[str, object], dict[str, str]]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Asked:
    """Note what would be asked of a process, and with which environment."""
    noted: Asked = []

    def ask(request: dict[str, object], environment: dict[str, str], _: object) -> RunResult:
        noted.append((json.loads(json.dumps(request)), environment))
        return RESULT

    monkeypatch.setattr(call, "_ask", ask)
    monkeypatch.chdir(tmp_path)
    return noted


def test_a_file_of_options_is_a_call(asked: Asked, tmp_path: Path) -> None:
    """Keywords win over it; what is wrong in it is told with the file."""
    path = tmp_path / "my.yaml"
    path.write_text("source: em\ntarget: out\njobs: 3\nvoxel_size: 1,1,2\n")
    wkflow.run(path, jobs=np.int64(2), snakemake=["--retries", "1"])
    request, _ = asked[0]
    assert request["options"] == {
        "source": str(tmp_path / "em"),
        "target": str(tmp_path / "out"),
        "jobs": 2,
        "voxel_size": [1.0, 1.0, 2.0],
    }
    assert request["snakemake"] == ["--retries", "1"]
    path.write_text("sourse: em\n")
    with pytest.raises(wkflow.ConfigError, match="did you mean source") as caught:
        wkflow.run(path)
    assert caught.value.where == str(path)
    path.write_text("source: em\ntarget: out\n")
    with pytest.raises(wkflow.ConfigError, match=r"wkflow.run: jbos: no such option"):
        wkflow.run(path, jbos=3)


def test_options_are_those_that_differ_from_the_defaults(asked: Asked, tmp_path: Path) -> None:
    """Paths are made absolute, numbers of numpy are numbers, None is nothing."""
    wkflow.convert(
        Path("em"),
        "out",
        voxel_size=np.array([11.0, 11.0, 25.0]),
        jobs=np.int64(2),  # type: ignore[arg-type]  # as it comes out of a computation
        compress=True,
        dtype=None,
    )
    request, _ = asked[0]
    assert request["options"] == {
        "source": str(tmp_path / "em"),
        "target": str(tmp_path / "out"),
        "voxel_size": [11.0, 11.0, 25.0],
        "jobs": 2,
    }
    assert request["snakemake"] == []


def test_each_function_asks_for_its_command(asked: Asked, tmp_path: Path) -> None:
    """What it stands for is added, and the run folder where there is no target on this machine."""
    wkflow.remote_convert("stack", voxel_size="1,1,1", snakemake=("--retries", "1"))
    wkflow.upload("stack")
    wkflow.downsample("stack")
    wkflow.plan("stack", command="upload")
    folder, source = str(tmp_path / "stack.upload"), str(tmp_path / "stack")
    requests = [request for request, _ in asked]
    assert [request["options"] for request in requests] == [
        {"source": source, "voxel_size": [1, 1, 1], "upload": True, "work_dir": folder},
        {"source": source, "command": "upload", "work_dir": folder},
        {"target": source, "command": "downsample"},
        {"source": source, "command": "upload", "work_dir": folder},
    ]
    assert requests[0]["snakemake"] == ["--retries", "1"]
    assert requests[3]["task"] == "plan"


def test_tokens_are_for_the_process_only(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a user and of a shared link; no option holds one, and this environment stays as it is."""
    monkeypatch.setenv(TOKEN, "of-before")
    monkeypatch.delenv(SHARING, raising=False)
    before = dict(os.environ)
    wkflow.downsample("https://wk.example/datasets/em-59e9?token=shared-1", token="mine-2")  # noqa: S106 -- of no use
    wkflow.downsample("https://wk.example/datasets/em-59e9")
    (request, environment), (_, without) = asked
    assert (environment[SHARING], environment[TOKEN]) == ("shared-1", "mine-2")
    assert without[TOKEN] == "of-before"
    assert SHARING not in without
    assert [word for word in ("shared-1", "mine-2", "token=") if word in json.dumps(request)] == []
    assert dict(os.environ) == before


def test_the_environment_may_name_the_server(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it may for the commands; a keyword comes first."""
    monkeypatch.setenv("WK_URL", "https://wk.example")
    wkflow.upload("em")
    wkflow.upload("em", webknossos_url="https://other.example")
    wkflow.convert("em", "out", voxel_size="1,1,1")
    addresses = [request["options"]["webknossos_url"] for request, _ in asked[:2]]  # type: ignore[index]  # JSON
    assert addresses == ["https://wk.example", "https://other.example"]


def test_a_file_in_the_folder_may_have_both(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Server and token, which a note says; who asks no server does not look there."""
    for name in (TOKEN, "WK_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_text("WK_TOKEN=of-the-file\nWK_URL=https://wk.example\nPATH=/evil\n")
    before = dict(os.environ)
    result = wkflow.upload("stack")
    mine: Any = {"token": "mine-2", "webknossos_url": "https://wk.example"}
    wkflow.upload("stack", **mine)
    local = wkflow.convert("stack", "out", voxel_size="1,1,1")
    assert dict(os.environ) == before
    assert result.notes == (f"WK_TOKEN and WK_URL from {tmp_path / '.env'}", *RESULT.notes)
    assert local.notes == RESULT.notes
    environments = [environment for _, environment in asked]
    assert [one.get(TOKEN) for one in environments] == ["of-the-file", "mine-2", None]
    assert {one["PATH"] for one in environments} == {before["PATH"]}
    assert asked[0][0]["options"]["webknossos_url"] == "https://wk.example"  # type: ignore[index]  # JSON


def test_a_wrong_option_is_told_at_once(asked: Asked) -> None:
    """With all others, and where they are explained; a keyword that is none is Python's to tell."""
    with pytest.raises(wkflow.ConfigError, match="did you mean color") as caught:
        wkflow.convert("em", "out", category="colour", unit="furlong")  # type: ignore[arg-type]  # that is the test
    assert "furlong" in caught.value.what
    assert caught.value.where == "wkflow.convert"
    assert caught.value.remedy == "`help(wkflow.convert)` explains every option."
    with pytest.raises(TypeError, match="voxelsize"):
        wkflow.convert("em", "out", voxelsize=1)  # type: ignore[call-arg]  # as above
    assert asked == []


def worker_of(code: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let another program be the process of calls."""
    (folder / "stand_in.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr(worker, "__name__", "stand_in")


def ask() -> Any:  # noqa: ANN401 -- what it answers
    """Ask it."""
    return call._ask({"task": "run"}, os.environ, Silence())  # noqa: SLF001 -- without any options


@pytest.mark.parametrize(
    ("code", "kind", "told"),
    [
        ("import os; os.kill(os.getpid(), 9)", "TransientError", "SIGKILL, which the kernel does"),
        ("import os; os.kill(os.getpid(), 15)", "TransientError", "SIGTERM"),
        ("raise SystemExit(130)", "TransientError", "asked to stop"),
        ("raise ValueError('no such thing')", "WkflowError", "ended with status 1"),
        ("print('half an answer', flush=True)", "WkflowError", "ended with status 0"),
    ],
)
def test_a_process_that_dies_is_told(
    code: str, kind: str, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By its signal or its status, with what it wrote."""
    worker_of(code, monkeypatch, tmp_path)
    with pytest.raises(wkflow.WkflowError, match=told) as caught:
        ask()
    assert type(caught.value).__name__ == kind
    assert ("no such thing" in "".join(caught.value.__dict__.get("__notes__", []))) == (
        "ValueError" in code
    )


ERROR = """
import sys
from wkflow.api.worker import answer_of
from wkflow.errors import ServerError
print("a warning of a library", "wkflow: a line for people", sep="\\n", file=sys.stderr)
sys.stdout.buffer.write(answer_of(ServerError("refused", "here", "ask")))
"""


def test_an_answer_may_be_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is raised here, with the lines that were for people."""
    worker_of(ERROR, monkeypatch, tmp_path)
    with pytest.raises(wkflow.ServerError, match="refused") as caught:
        ask()
    assert caught.value.__notes__ == ["wkflow: a line for people"]


HOLDER = """
import subprocess, sys
from wkflow.api.worker import answer_of
job = subprocess.Popen(["sleep", "600"])
sys.stdout.buffer.write(answer_of((job.pid, "x" * 2**20)))
"""


def test_jobs_that_outlive_the_process_hold_no_one_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """They may have its output open; an answer may be larger than a pipe."""
    worker_of(HOLDER, monkeypatch, tmp_path)
    job, text = ask()
    os.kill(job, signal.SIGKILL)
    assert text == "x" * 2**20


ENDLESS = """
import sys, time
from wkflow.api.worker import answer_of
sys.stdout.buffer.write(answer_of("done"))
sys.stdout.flush()
time.sleep(600)
"""


def test_a_process_that_has_answered_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What it does besides is of no interest: the answer counts."""
    monkeypatch.setattr(call, "PATIENCE_S", (0.5, 0.5))
    worker_of(ENDLESS, monkeypatch, tmp_path)
    assert ask() == "done"
    assert [one for one in psutil.Process().children() if "stand_in" in one.cmdline()] == []


DEAF = """
import signal, time
from pathlib import Path
signal.signal(signal.SIGTERM, lambda *_: Path("asked").touch() if IS_DEAF else exit(130))
Path("ready").touch()
time.sleep(600)
"""


@pytest.mark.parametrize("is_deaf", [False, True])
def test_an_interrupt_ends_the_process(
    is_deaf: bool,  # noqa: FBT001 -- a case
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """It is asked, and killed when it does not hear."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(call, "PATIENCE_S", (0.5, 0.5) if is_deaf else (20.0, 20.0))
    worker_of(DEAF.replace("IS_DEAF", str(is_deaf)), monkeypatch, tmp_path)

    def interrupt() -> None:
        while not (tmp_path / "ready").exists():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        ask()
    thread.join()
    assert (tmp_path / "asked").exists() == is_deaf
    assert [one for one in psutil.Process().children() if "stand_in" in one.cmdline()] == []


def counted(program: str) -> str:
    """Run a program, and give what it prints."""
    run = [sys.executable, "-c", program]
    return subprocess.run(
        run, capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()


def test_the_package_imports_nothing_before_it_is_asked() -> None:
    """Jobs and the command line import it, too; completion sees the functions all the same."""
    program = "import sys, wkflow; print(len([m for m in sys.modules if m.startswith('wkflow')]), "
    program += "'convert' in dir(wkflow), 'pydantic' in sys.modules)"
    assert counted(program) == "1 True False"


def test_a_call_imports_no_engine_here() -> None:
    """Neither numpy nor Snakemake: the process of the call does."""
    program = "import sys, wkflow; wkflow.convert, wkflow.plan; from wkflow.api import call;"
    program += "print([m for m in ('numpy', 'snakemake', 'zarr', 'IPython') if m in sys.modules])"
    assert counted(program) == "[]"


def test_a_name_that_is_none_is_refused() -> None:
    """As of every module."""
    with pytest.raises(AttributeError, match="no attribute 'convrt'"):
        wkflow.convrt  # type: ignore[attr-defined]  # noqa: B018 -- that is the test


def test_all_errors_are_exported() -> None:
    """The tree of `wkflow.errors`."""
    kinds: list[type[Exception]] = [wkflow.WkflowError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    ours = {kind.__name__ for kind in kinds if kind.__module__ == "wkflow.errors"}
    assert ours == {name for name in wkflow.__all__ if name.endswith("Error")}
