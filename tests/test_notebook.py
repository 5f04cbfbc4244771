"""Calls in a real kernel of a notebook: a bar, a table, an interrupt."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from tests.runs import ROOT, TIMEOUT_S, noise, write_stack

pytestmark = pytest.mark.long

Message = tuple[str, dict[str, Any]]


class Notebook:
    """A kernel, and what its cells show."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self._manager, self.client = manager, client

    def run(self, cell: str, hook: Callable[[Message], None] = lambda _: None) -> list[Message]:
        """Run a cell; give all that it shows: kinds and contents, also of what is replaced later.

        The hook sees each as it comes.
        """
        shown: list[Message] = []

        def show(message: dict[str, Any]) -> None:
            if message["msg_type"] not in {"status", "execute_input"}:
                shown.append((message["msg_type"], message["content"]))
                hook(shown[-1])

        self.client.execute_interactive(cell, output_hook=show, timeout=TIMEOUT_S)
        return shown

    def interrupt(self) -> None:
        """Press the stop button."""
        self._manager.interrupt_kernel()


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    """Start a kernel in a folder of its own, which has used numpy before."""
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
        (tmp_path / "jupyter" / name).mkdir(parents=True)
        monkeypatch.setenv(name, str(tmp_path / "jupyter" / name))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "workflow"))
    manager, client = start_new_kernel(cwd=str(tmp_path))
    try:
        made = Notebook(manager, client)
        made.run("import os, signal, numpy as np, wkflow; np.ones((99, 99)) @ np.ones((99, 99))")
        yield made
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


CALL = "wkflow.convert('stack', 'out', voxel_size=(11.24, 11.24, 25), job_size=1)"


def bars(shown: list[Message]) -> list[str]:
    """Give the bar as it was shown, from the first to the last."""
    kinds = {"display_data", "update_display_data"}
    return [content["data"]["text/html"] for kind, content in shown if kind in kinds]


def test_a_cell_shows_a_bar_and_a_table(notebook: Notebook, tmp_path: Path) -> None:
    """Interrupted, it ends with KeyboardInterrupt, and the same cell goes on; also in a thread."""
    write_stack(tmp_path / "stack", noise(320, 512, 512))
    plan = notebook.run("wkflow.plan('stack', 'out', voxel_size=(11.24, 11.24, 25))")
    assert [kind for kind, _ in plan] == ["execute_result"]
    assert "512 x 512 x 320" in plan[0][1]["data"]["text/html"]

    stopped: list[Message] = []

    def stop(message: Message) -> None:
        is_at_work = message[0] == "update_display_data" and "voxels" in str(message[1])
        if is_at_work and not stopped:
            stopped.append(message)
            notebook.interrupt()

    shown = notebook.run(CALL, stop)
    assert shown[-1][0] == "error"
    assert shown[-1][1]["ename"] == "KeyboardInterrupt"
    assert bars(shown)[-1] == ""
    left = "import psutil; print(psutil.Process().children(recursive=True))"
    assert notebook.run(left) == [("stream", {"name": "stdout", "text": "[]\n"})]

    handlers = "[signal.getsignal(one) for one in signal.valid_signals()], dict(os.environ)"
    notebook.run(f"before = {handlers}")
    shown = notebook.run(CALL)
    assert {kind for kind, _ in shown} == {
        *("display_data", "update_display_data", "execute_result")
    }
    assert "<progress" in bars(shown)[0]
    assert 'value="1"' in bars(shown)[-1]
    assert "out: done in" in bars(shown)[-1]
    assert "<table>" in shown[-1][1]["data"]["text/html"]
    assert "RunResult(" in shown[-1][1]["data"]["text/plain"]
    assert notebook.run(f"assert before == ({handlers})") == []

    shown = notebook.run(f"import asyncio\nawait asyncio.to_thread(lambda: {CALL})")
    assert "nothing to do" in shown[-1][1]["data"]["text/html"]
    (kind, error), *_ = notebook.run("wkflow.convert('nowhere', 'other')")[-1:]
    assert (kind, error["ename"]) == ("error", "SourceError")


def test_completion_and_help_know_the_functions(notebook: Notebook) -> None:
    """Of the package, which imports them when they are asked for, and of their keywords."""
    matches = notebook.client.complete("wkflow.", 7, reply=True, timeout=TIMEOUT_S)
    assert {"convert", "plan", "WkflowError"} <= set(matches["content"]["matches"])
    cell = "wkflow.convert('a', 'b', voxel_"
    matches = notebook.client.complete(cell, len(cell), reply=True, timeout=TIMEOUT_S)
    assert "voxel_size=" in matches["content"]["matches"]
    told = notebook.client.inspect("wkflow.convert", 14, reply=True, timeout=TIMEOUT_S)
    assert "voxel_size : Sequence[float]" in told["content"]["data"]["text/plain"]
