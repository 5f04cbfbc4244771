"""The bar is shown where somebody sees it."""

import errno
import io
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from wkflow.api.progress_display import Line, NotebookBar, Silence, display_for
from wkflow.cli.progress import Progress
from wkflow.options.settings import Settings
from wkflow.run_folder import DRAFT

from tests.cli.test_progress import PLAN, Terminal, finish


def run_in(folder: Path) -> Settings:
    """Give a conversion with its run folder."""
    given = {"source": "/s", "target": "/data/t", "work_dir": folder}
    return Settings.parse(given, where="test")


class Output:
    """A cell's output that is shown and changed."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []

    def display(self, bundle: dict[str, str], *, raw: bool, display_id: bool) -> "Output":
        """Show something under an id."""
        assert raw
        assert display_id
        self.shown.append(bundle)
        return self

    def update(self, bundle: dict[str, str], *, raw: bool) -> None:
        """Show something in its place."""
        assert raw
        self.shown.append(bundle)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Output:
    """Let this process look like a kernel."""
    output = Output()
    ipython, of_display = ModuleType("IPython"), ModuleType("IPython.display")
    vars(ipython)["get_ipython"] = lambda: SimpleNamespace(kernel=object())
    vars(of_display)["display"] = output.display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", of_display)
    monkeypatch.setattr("wkflow.api.progress_display.COUNT_S", 0.0)
    return output


@pytest.mark.parametrize(
    ("stream", "wanted", "kind"),
    [
        (Terminal(), None, Line),
        (Terminal(), True, Line),
        (Terminal(), False, Silence),
        (io.StringIO(), None, Silence),
        (io.StringIO(), True, Line),
        (None, True, Silence),
        (None, None, Silence),
    ],
)
def test_a_terminal_gets_a_bar_and_a_file_if_it_is_wanted(
    stream: io.StringIO | None,
    wanted: bool | None,  # noqa: FBT001 -- a case
    kind: type,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A program without standard error gets none."""
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    monkeypatch.setattr(sys, "stderr", stream)
    assert type(display_for(run_in(tmp_path), wanted=wanted)) is kind


def test_the_bar_of_a_terminal_is_all_that_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Layers and notes are told by the result; the line is removed at the end."""
    monkeypatch.setattr("wkflow.cli.progress.COUNT_S", 0.0)
    monkeypatch.setattr(sys, "stderr", Terminal())
    PLAN.write(tmp_path / DRAFT)
    bar = Line(tmp_path, "planning")
    bar.update()
    bar.close("done")
    lines = sys.stderr.getvalue().split("\r\x1b[2K")  # type: ignore[attr-defined]  # it is a Terminal
    assert len(lines) == 3
    assert "voxels" in lines[1]
    assert lines[0] == lines[2] == ""


class Gone(Terminal):
    """A terminal that was closed."""

    def write(self, _: str) -> int:
        """Fail, as the system does."""
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_terminal_that_is_gone_ends_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind `nohup` or after `disown`, the program goes on."""
    monkeypatch.setattr("wkflow.cli.progress.COUNT_S", 0.0)
    monkeypatch.setattr(sys, "stderr", Gone())
    PLAN.write(tmp_path / DRAFT)
    with pytest.raises(OSError, match="Input/output"):
        Progress(tmp_path, tells=False).update()
    bar = Line(tmp_path, "planning")
    bar.update()
    bar.close("done")


def test_a_notebook_gets_a_bar_that_fills(notebook: Output, tmp_path: Path) -> None:
    """Without a value before there is a plan; full, with a few words, at the end."""
    bar = display_for(run_in(tmp_path), wanted=None)
    assert isinstance(bar, NotebookBar)
    bar.update()
    assert len(notebook.shown) == 1
    assert "value" not in notebook.shown[0]["text/html"]
    PLAN.write(tmp_path / DRAFT)
    for job, _ in PLAN.jobs():
        finish(tmp_path, job)
        bar.update()
    bar.close("em: done <in> 1 s")
    values = [bundle["text/html"].split('value="')[-1].split('"')[0] for bundle in notebook.shown]
    assert float(values[-1]) == 1
    assert "voxels" in notebook.shown[-2]["text/html"]
    assert "done &lt;in&gt;" in notebook.shown[-1]["text/html"]
    assert notebook.shown[-1]["text/plain"] == "em: done <in> 1 s"


def test_a_run_that_fails_leaves_no_bar(notebook: Output, tmp_path: Path) -> None:
    """The error says all; `progress=False` shows none at all."""
    display_for(run_in(tmp_path), wanted=True).close()
    assert notebook.shown[-1] == {"text/plain": "", "text/html": ""}
    shown = len(notebook.shown)
    display_for(run_in(tmp_path), wanted=False).close("done")
    assert len(notebook.shown) == shown
