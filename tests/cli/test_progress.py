"""The bar: what receipts and progress files add up to."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.cli import progress as progress_module
from wkflow.cli.messages import Messages
from wkflow.cli.progress import Progress, Relay
from wkflow.errors import SourceError
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.rules.job import leave_note
from wkflow.run_folder import CLUSTER, DRAFT, LOG
from wkflow.run_folder import DELIVERY as DELIVERY_FILE

from tests.strategies import dataset_plan, small_layer_plan
from tests.terminals import COLOUR
from tests.webknossos.test_upload_plan import DELIVERY

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
    return COLOUR.sub("", out.getvalue().split("\x1b[2K")[-1])


def test_the_plan_of_an_earlier_run_is_not_told(tmp_path: Path) -> None:
    """Only when Snakemake has read the rules is there the plan of this one, or the same."""
    PLAN.write(tmp_path / DRAFT)
    (tmp_path / LOG).parent.mkdir()
    (tmp_path / LOG).write_text("wkflow: snakemake ...\n")
    bar, out = watching(tmp_path)
    bar.update()
    assert "layer" not in out.getvalue()
    with (tmp_path / LOG).open("a") as log:
        log.write("Building DAG of jobs...\n")
    bar.update()
    assert out.getvalue().count("wkflow: layer") == 1

    (tmp_path / LOG).write_text("wkflow: snakemake ...\nWorkflowError\n")
    failed, out = watching(tmp_path)
    failed.close()
    assert "layer" not in out.getvalue()


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the receipts as often as a test asks."""
    monkeypatch.setattr("wkflow.cli.progress.COUNT_S", 0.0)


def watching(folder: Path, opening: str = "planning") -> tuple[Progress, Terminal]:
    out = Terminal()
    return Progress(folder, Messages(out=out), opening), out


def watched(folder: Path, plan: Plan = PLAN) -> tuple[Progress, Terminal]:
    plan.write(folder / DRAFT)
    return watching(folder)


def test_the_first_seconds_say_what_takes_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before there is a plan, also if it cannot be read yet: no bar, and how long it takes."""
    now = 1000.0
    monkeypatch.setattr(progress_module, "monotonic", lambda: now)
    progress, out = watching(tmp_path, "reading headers and planning")
    now = 1001.5
    progress.update()
    assert last_line(out) == "reading headers and planning, 2 s"
    (tmp_path / DRAFT).write_text("{")
    now = 1003.0
    progress.update()
    assert last_line(out) == "reading headers and planning, 3 s"
    progress.close()
    assert last_line(out) == ""


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


def test_a_run_that_ends_at_once_tells_its_notes_too(tmp_path: Path) -> None:
    """Between two looks there may be the whole of a small run."""
    progress, out = watching(tmp_path)
    replace(PLAN, notes=("files state another size",)).write(tmp_path / DRAFT)
    progress.close()
    assert "note: files state another size" in out.getvalue()
    assert out.getvalue().count("layer ") == len(PLAN.layers)


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


def test_a_job_that_ends_while_it_is_counted_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its receipt comes, and its progress goes, between two looks: the bar does not go back."""
    progress, out = watched(tmp_path)
    job, look = "convert_slab/em/z000000000", progress_module._files  # noqa: SLF001 -- in its midst
    tell(tmp_path, job, "90000")

    def looked(folder: Path, suffix: str) -> list[str]:
        found = look(folder, suffix)
        finish(tmp_path, job)
        (tmp_path / "progress" / f"{job}.txt").unlink(missing_ok=True)
        return found

    monkeypatch.setattr(progress_module, "_files", looked)
    progress.update()
    assert "160.0k of 180.0k voxels" in last_line(out)


def test_the_bar_is_taken_away(tmp_path: Path) -> None:
    """What follows it begins on a clean line."""
    progress, out = watched(tmp_path)
    progress.update()
    progress.close()
    assert out.getvalue().endswith("\r\x1b[2K")


def test_a_file_gets_a_line_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log is no terminal: no control characters, and four lines a minute."""
    PLAN.write(tmp_path / DRAFT)
    now = 1000.0
    monkeypatch.setattr(progress_module, "monotonic", lambda: now)
    out = io.StringIO()
    progress = Progress(tmp_path, Messages(out=out))
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
    progress = Progress(tmp_path, Messages(quiet=True, out=out))
    progress.update()
    progress.close()
    assert out.getvalue() == ""


BATCHES = tuple(job for job, _ in PLAN.jobs())


def write(folder: Path, job: str, count: int) -> None:
    """Leave the receipt of a job that wrote so many bytes."""
    receipt = Receipt("any", (ShardFile(f"{job}/0", count, ""),))
    receipt.write(folder / "receipts" / f"{job}.json")


def deliver(folder: Path, *batches: str) -> None:
    replace(DELIVERY, batches=batches).write(folder / DELIVERY_FILE)


def test_what_is_sent_meanwhile_stands_beside_the_voxels(tmp_path: Path) -> None:
    """The bar is that of the conversion as long as it lasts."""
    progress, out = watched(tmp_path)
    deliver(tmp_path, *BATCHES)
    progress.update()
    assert "bytes" not in last_line(out)
    write(tmp_path, BATCHES[0], 4000)
    tell(tmp_path, f"upload_shards/{BATCHES[0]}", "1500")
    progress.update()
    assert "160.0k of 180.0k voxels" in last_line(out)
    assert "sent 1.5k of 4.0k bytes" in last_line(out)


def test_bytes_are_no_voxels(tmp_path: Path) -> None:
    """Jobs that send tell their progress in the same folder; the receipts of both count apart."""
    progress, out = watched(tmp_path)
    deliver(tmp_path, *BATCHES)
    for job in BATCHES[:1]:
        tell(tmp_path, f"upload_shards/{job}", "160000")
        finish(tmp_path, f"upload_shards/{job}")
    progress.update()
    assert "0 of 180.0k voxels" in last_line(out)


def test_when_all_is_converted_the_bar_is_that_of_bytes(tmp_path: Path) -> None:
    """From all that is ready to all that is sent."""
    progress, out = watched(tmp_path)
    deliver(tmp_path, *BATCHES)
    for job, count in zip(BATCHES, (6000, 2000), strict=True):
        write(tmp_path, job, count)
    tell(tmp_path, f"upload_shards/{BATCHES[0]}", "2000")
    progress.update()
    assert "voxels" not in last_line(out)
    assert " 25%  2.0k of 8.0k bytes sent" in last_line(out)
    for job in BATCHES:
        finish(tmp_path, f"upload_shards/{job}")
    progress.update()
    assert "100%" in last_line(out)


def test_a_dataset_that_exists_has_no_voxels(tmp_path: Path) -> None:
    """There is no plan then; a delivery of nothing is no bar."""
    progress, out = watching(tmp_path, "listing files and planning")
    deliver(tmp_path)
    progress.update()
    assert last_line(out).startswith("listing files")
    batch = "batches/p000000"
    progress, out = watching(tmp_path)
    deliver(tmp_path, batch)
    write(tmp_path, batch, 1000)
    tell(tmp_path, f"upload_shards/{batch}", "500")
    progress.update()
    assert " 50%  500 of 1.0k bytes sent" in last_line(out)
    progress.close()
    assert out.getvalue().endswith("\r\x1b[2K")


def test_the_rate_of_bytes_is_that_since_only_bytes_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hours of the conversion are no time in which these bytes were sent."""
    now = 1000.0
    monkeypatch.setattr(progress_module, "monotonic", lambda: now)
    progress, out = watched(tmp_path)
    deliver(tmp_path, *BATCHES)
    progress.update()
    now = 1900.0
    for job, count in zip(BATCHES, (6000, 2000), strict=True):
        write(tmp_path, job, count)
    progress.update()
    now = 2000.0
    tell(tmp_path, f"upload_shards/{BATCHES[0]}", "1000")
    progress.update()
    assert "10/s" in last_line(out)
    assert "11:40 left" in last_line(out)


def test_a_cluster_says_what_it_does(tmp_path: Path) -> None:
    """How many jobs run and wait, and why: nothing else moves for hours where a queue is long."""
    progress, out = watched(tmp_path)
    (tmp_path / CLUSTER).write_text('{"running": 3, "waiting": 9, "reason": "Priority"}')
    progress.update()
    assert "jobs: 3 run, 9 wait (Priority)" in last_line(out)
    (tmp_path / CLUSTER).write_text('{"running": 1, "waiting": 0, "reason": ""}')
    progress.update()
    assert last_line(out).endswith("jobs: 1 run, 0 wait")
    (tmp_path / CLUSTER).write_text("{")
    progress.update()
    assert "jobs:" not in last_line(out)


def test_a_terminal_without_control_characters_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As its name says."""
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(progress_module, "LINE_S", 0.0)
    progress, out = watched(tmp_path)
    progress.update()
    progress.close()
    assert "\x1b" not in out.getvalue()
    assert "voxels" in out.getvalue()


def test_what_is_made_anew_is_no_negative_speed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receipt goes when its files are lost."""
    now = 1000.0
    monkeypatch.setattr(progress_module, "monotonic", lambda: now)
    progress, out = watched(tmp_path)
    finish(tmp_path, "convert_slab/em/z000000000")
    progress.update()
    now = 1100.0
    (tmp_path / "receipts/convert_slab/em/z000000000.json").unlink()
    progress.update()
    assert last_line(out).endswith("0 of 180.0k voxels  starting")


def events(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_programs_get_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan once, progress with numbers, a job that failed as soon as it did, and once."""
    monkeypatch.setattr(progress_module, "EVENT_S", 0.0)
    out = Terminal()
    progress = Progress(tmp_path, Messages(as_events=True, out=out), "reading headers")
    progress.update()
    replace(PLAN, notes=("a gap",)).write(tmp_path / DRAFT)
    tell(tmp_path, "convert_slab/em/z000000000", "90000")
    progress.update()
    note = tmp_path / "logs" / "convert_slab" / "em" / "z0.failure.json"
    note.parent.mkdir(parents=True)
    leave_note(note, SourceError("is cut short", "/data/7.tif", "Mend it."))
    progress.update()
    progress.close()
    told = events(out)
    kinds = [one["event"] for one in told]
    assert kinds == ["progress", "plan", "warning", "progress", "progress", "job_failed"]
    assert told[0]["phase"] == "reading headers"
    assert (told[1]["voxels"], told[1]["jobs"]) == (TOTAL, 2)
    assert told[2]["text"] == "a gap"
    assert (told[3]["unit"], told[3]["done"], told[3]["total"]) == ("voxels", 90_000, TOTAL)
    assert (told[5]["kind"], told[5]["where"]) == ("SourceError", "/data/7.tif")


def test_snakemakes_words_are_shown_behind_our_line(tmp_path: Path) -> None:
    """The log begins with the command; its usage is too long to be shown."""
    log, out = tmp_path / "log", io.StringIO()
    log.write_text("wkflow: python -m snakemake\n")
    relay = Relay(log, Messages(out=out))
    with log.open("a") as file:
        file.write("Building DAG\nhalf a")
    relay.update()
    assert out.getvalue() == "Building DAG\n"
    relay.close()
    assert out.getvalue() == "Building DAG\nhalf a"
    out = io.StringIO()
    relay = Relay(log, Messages(as_events=True, out=out))
    with log.open("a") as file:
        file.write("one\ntwo\n")
    relay.close()
    assert [(one["event"], one["text"]) for one in events(out)] == [
        ("snakemake", "one"),
        ("snakemake", "two"),
    ]
    relay = Relay(log, Messages(out=out))
    with log.open("a") as file:
        file.write("usage: snakemake\n")
    relay.close()
    assert "usage" not in out.getvalue()
