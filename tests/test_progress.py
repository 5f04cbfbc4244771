"""The bar: what receipts and progress files add up to."""

import io
from pathlib import Path

import pytest
from wkflow import progress as progress_module
from wkflow.plan import DRAFT, Plan
from wkflow.progress import Progress

from .strategies import dataset_plan, small_layer_plan

PLAN = dataset_plan(small_layer_plan((80, 50, 40), mags=("2",)))
TOTAL = 80 * 50 * 40 + 40 * 25 * 20


class Terminal(io.StringIO):
    """Text that is shown to a person."""

    def isatty(self) -> bool:
        return True


def finish(folder: Path, job: str) -> None:
    path = folder / "receipts" / f"{job}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def tell(folder: Path, job: str, text: str) -> None:
    path = folder / "progress" / f"{job}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def last_line(out: io.StringIO) -> str:
    return out.getvalue().split("\x1b[K")[-1]


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the receipts as often as a test asks."""
    monkeypatch.setattr("wkflow.progress.COUNT_S", 0.0)


def watched(folder: Path, plan: Plan = PLAN) -> tuple[Progress, Terminal]:
    plan.write(folder / DRAFT)
    out = Terminal()
    return Progress(folder, out), out


def test_there_is_nothing_to_show_before_the_plan(tmp_path: Path) -> None:
    """Also if it cannot be read yet."""
    out = Terminal()
    progress = Progress(tmp_path, out)
    progress.update()
    (tmp_path / DRAFT).write_text("{")
    progress.update()
    progress.close()
    assert out.getvalue() == ""


def test_layers_and_notes_are_told_once(tmp_path: Path) -> None:
    """What was judged, before hours are spent on it."""
    one = PLAN.layers[0]
    progress, out = watched(
        tmp_path, Plan(**{**{f: getattr(PLAN, f) for f in PLAN.__slots__}, "notes": ("a gap",)})
    )
    progress.update()
    progress.update()
    told = out.getvalue()
    line = f"layer em: 80 x 50 x 40 uint8, color ({one.evidence}), mags 1 2\n"
    assert told.count(line) == 1
    assert told.count("note: a gap\n") == 1


def test_finished_jobs_count_by_their_receipts(tmp_path: Path) -> None:
    """Each with the voxels that the plan gives it; other files count nothing."""
    progress, out = watched(tmp_path)
    jobs = dict(PLAN.jobs())
    assert sum(jobs.values()) == TOTAL
    progress.update()
    assert "  0%" in last_line(out)
    finish(tmp_path, "create_layer/em")
    finish(tmp_path, "convert_slab/em/z000000000")
    progress.update()
    assert f"{160_000 / TOTAL:.0%}" in last_line(out)
    assert "160.0k of 180.0k voxels" in last_line(out)
    finish(tmp_path, "downsample_rest/em")
    progress.update()
    assert "100%" in last_line(out)
    assert "░" not in last_line(out)


@pytest.mark.parametrize(("text", "share"), [("90000", "50%"), ("", "0%"), ("12x", "0%")])
def test_running_jobs_count_by_what_they_tell(tmp_path: Path, text: str, share: str) -> None:
    """A file that is being written now may say nothing."""
    progress, out = watched(tmp_path)
    tell(tmp_path, "convert_slab/em/z000000000", text)
    progress.update()
    assert f" {share} " in last_line(out)


def test_never_more_than_all(tmp_path: Path) -> None:
    """A job is counted twice for an instant: its receipt is there, its progress not yet gone."""
    progress, out = watched(tmp_path)
    for job, voxels in PLAN.jobs():
        finish(tmp_path, job)
        tell(tmp_path, job, str(voxels))
    progress.update()
    assert "100%" in last_line(out)


def test_the_bar_is_taken_away(tmp_path: Path) -> None:
    """What follows it begins on a clean line."""
    progress, out = watched(tmp_path)
    progress.update()
    progress.close()
    assert out.getvalue().endswith("\r\x1b[K")


def test_a_file_gets_a_line_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log is no terminal: no control characters, and four lines a minute."""
    PLAN.write(tmp_path / DRAFT)
    now = 1000.0
    monkeypatch.setattr(progress_module, "monotonic", lambda: now)
    out = io.StringIO()
    progress = Progress(tmp_path, out)
    for second in range(60):
        now = 1000.0 + second
        progress.update()
    progress.close()
    assert "\x1b" not in out.getvalue()
    assert 2 <= out.getvalue().count("voxels") <= 4


def test_time_left_is_that_of_the_rate_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an earlier run did is no speed of this one."""
    now = 1000.0
    monkeypatch.setattr(progress_module, "monotonic", lambda: now)
    tell(tmp_path, "convert_slab/em/z000000000", "90000")
    progress, out = watched(tmp_path)
    progress.update()
    assert "starting" in last_line(out)
    now = 1100.0
    tell(tmp_path, "convert_slab/em/z000000000", "91000")
    progress.update()
    assert "10/s" in last_line(out)
    assert "2:28:20 left" in last_line(out)


def test_quiet_is_quiet(tmp_path: Path) -> None:
    """Not even the layers are told."""
    PLAN.write(tmp_path / DRAFT)
    out = Terminal()
    progress = Progress(tmp_path, out, quiet=True)
    progress.update()
    progress.close()
    assert out.getvalue() == ""
