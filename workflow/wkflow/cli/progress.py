"""How far a run is: a bar on a terminal, a line now and then in a file, or events for programs.

In voxels, and in bytes when nothing but sending is left.
"""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from math import ceil
from pathlib import Path
from time import monotonic
from typing import Any

from wkflow.cli.messages import Messages, facts_of
from wkflow.cli.progress_line import State, line_of
from wkflow.cli.terminal_line import TerminalLine, is_terminal
from wkflow.cli.traffic import Traffic
from wkflow.errors import ConfigError
from wkflow.model.plan import Plan
from wkflow.model.run_kind import RunKind
from wkflow.rules.failure_report import failures_in
from wkflow.rules.window_inputs import counting_jobs
from wkflow.run_folder import CLUSTER, DRAFT, LOG, PROGRESS, RunFolder

COUNT_S = 0.4
"""Between two looks at the receipts, of which there may be thousands."""

LINE_S, EVENT_S = 15.0, 5.0
"""Between two lines where the output is no terminal, and between two events."""

OPENINGS = {
    RunKind.CONVERT: "reading headers and planning",
    RunKind.ADD_LAYER: "reading headers and planning",
    RunKind.ADD_LAYER_REMOTE: "asking the server, reading headers and planning",
    RunKind.CONVERT_AND_UPLOAD: "reading headers and planning",
    RunKind.UPLOAD: "listing files and planning",
    RunKind.DOWNSAMPLE: "looking at mags and planning",
    RunKind.DOWNSAMPLE_REMOTE: "asking the server for mags and planning",
}
"""What takes the time until there is a plan."""

USAGE = b"usage: "
"""How the log begins when Snakemake does not know an option."""

READ_RULES = b"Building DAG of jobs"
"""What Snakemake says when the rules are read, and with them the plan is drawn."""


@dataclass
class Progress:
    """Watches receipts and progress files of a run folder, and shows how far the run is.

    `opening` says what takes the time until there is a plan; `tells` that layers and notes are
    shown as well, when it is there.
    """

    folder: Path
    messages: Messages = field(default_factory=Messages)
    opening: str = "planning"
    tells: bool = True

    def __post_init__(self) -> None:
        self.out = self.messages.stream
        can_draw = is_terminal(self.out) and not self.messages.as_events
        self._line = TerminalLine(self.out) if can_draw else None
        self._pause = EVENT_S if self.messages.as_events else LINE_S
        self._voxels: dict[str, int] = {}
        self._stamp, self._said, self._has_drawn = 0, "", False
        self._counted = 0.0
        self._began = self._shown = monotonic()
        self._failed: set[Path] = set()
        self._before: dict[str, tuple[int, float]] = {}
        self._traffic = Traffic(self.folder)

    def update(self) -> None:
        """Show the state if it is time to."""
        if self.messages.quiet or monotonic() - self._counted < COUNT_S:
            return
        now = monotonic()
        state = self.measure()
        if self._line:
            self._line.show(state or self._opening)
        elif now - self._shown > self._pause:
            self._shown = now
            facts: dict[str, Any] = (
                _facts(state) if state else {"phase": self.opening, "seconds": self._waited}
            )
            words = line_of(state, self.out) if state else self._opening
            self.messages.tell("progress", words, **facts)
            self._tell_failures()

    @property
    def _waited(self) -> int:
        """Seconds since the begin."""
        return ceil(self._counted - self._began)

    @property
    def _opening(self) -> str:
        return f"{self.opening}, {self._waited} s"

    def _clear(self) -> None:
        if self._line:
            self._line.clear()

    def _tell_failures(self) -> None:
        """Tell programs at once of jobs that failed; people read it when the run has ended."""
        if self.messages.as_events:
            for note, failure in failures_in(self.folder).items():
                if note not in self._failed:
                    self._failed.add(note)
                    self.messages.tell("job_failed", "", is_needed=True, **facts_of(failure))

    def measure(self) -> State | None:
        """Look how far the run is; there is nothing to say before there is a plan."""
        self._counted = monotonic()
        sent, ready = self._traffic.measure()
        if self._read_plan():
            done, total = self._count(), sum(self._voxels.values())
            if done < total or not ready:
                return self._measured("voxels", done, total, (sent, ready))
        return self._measured("bytes sent", sent, ready) if ready else None

    def _measured(
        self, unit: str, done: int, total: int, traffic: tuple[int, int] = (0, 0)
    ) -> State:
        """Give the state, with the speed since its unit was first counted."""
        before, started = self._before.setdefault(unit, (done, self._counted))
        seconds = self._counted - started
        rate = max(0.0, (done - before) / seconds) if seconds > 0 else 0.0
        return State(unit, done, total, rate, *traffic, self._cluster())

    def _cluster(self) -> str:
        """Say what a cluster does with the jobs, where there is one."""
        with suppress(OSError, ValueError, TypeError):
            told = json.loads((self.folder / CLUSTER).read_bytes())
            why = f" ({told['reason']})" if told["waiting"] else ""
            return f"jobs: {told['running']} run, {told['waiting']} wait{why}"
        return ""

    def close(self) -> None:
        """End the bar's line; a run may end before its plan was looked at, whose notes matter."""
        self._clear()
        if not self.messages.quiet:
            self._read_plan()
        self._tell_failures()

    def _is_drawn(self) -> bool:
        """Whether this run has drawn its plan: before, there may be that of an earlier run.

        Snakemake says so in the log, when it has read the rules; the file is not written again
        where the plan is the same.
        """
        if not self._has_drawn:
            try:
                self._has_drawn = READ_RULES in (self.folder / LOG).read_bytes()
            except FileNotFoundError:  # somebody else watches Snakemake
                self._has_drawn = True
        return self._has_drawn

    def _read_plan(self) -> bool:
        """Read the plan when it is there, and again when it is replaced."""
        if not self._is_drawn():
            return False
        try:
            stamp = (self.folder / DRAFT).stat().st_mtime_ns
            if stamp != self._stamp:
                plan = Plan.read(self.folder / DRAFT)
                self._voxels, self._stamp = dict(plan.jobs()) | dict(counting_jobs(plan)), stamp
                if self._said != plan.recipe():
                    self._said = plan.recipe()
                    if self.tells:
                        self._say(plan)
        except (OSError, ConfigError):
            return False
        return bool(self._voxels)

    def _say(self, plan: Plan) -> None:
        """Tell what was judged, before hours are spent on it."""
        self._clear()
        layers = []
        for one in plan.layers:
            x, y, z = one.layer.box.size
            mags = [str(grid.mag) for grid in one.grids]
            layers.append({"name": one.layer.name, "category": one.layer.category, "mags": mags,
                           "dtype": one.layer.dtype, "size": [x, y, z]})  # fmt: skip
            if not self.messages.as_events:
                words = f"layer {one.layer.name}: {x} x {y} x {z} {one.layer.element_class}"
                words += f", {one.layer.category} ({one.evidence}), mags {' '.join(mags)}"
                self.messages.tell("plan", words)
        if self.messages.as_events:
            voxels, jobs = sum(self._voxels.values()), len(self._voxels)
            self.messages.tell("plan", "", layers=layers, jobs=jobs, voxels=voxels)
        for note in plan.notes:
            self.messages.tell("warning", f"note: {note}", text=note)

    def _count(self) -> int:
        """Sum the voxels of finished jobs and what running ones tell.

        Running ones first: a job leaves its receipt before its progress goes, so that one that ends
        meanwhile is not missed.
        """
        done: dict[str, int] = {}
        for job in _files(self.folder / PROGRESS, ".txt"):
            with suppress(OSError, ValueError):
                told = int((self.folder / PROGRESS / f"{job}.txt").read_text() or 0)
                done[job] = max(0, min(told, self._voxels.get(job, 0)))
        for job in _files(RunFolder(self.folder).receipts, ".json"):
            done[job] = self._voxels.get(job, 0)
        return sum(done.values())


@dataclass
class Relay:
    """Shows what Snakemake writes to its log; of its usage, which is long, nothing."""

    log: Path
    messages: Messages = field(default_factory=Messages)

    def __post_init__(self) -> None:
        self._began = self._at = self.log.stat().st_size

    def update(self) -> None:
        """Show what is new, up to the end of its last line."""
        self._show(is_last=False)

    def close(self) -> None:
        """Show the rest."""
        self._show(is_last=True)

    def _show(self, *, is_last: bool) -> None:
        if self.messages.quiet:
            return
        with self.log.open("rb") as file:
            file.seek(self._began)
            is_usage = file.read(len(USAGE)) == USAGE
            file.seek(self._at)
            text = file.read()
        if not is_last:
            text = text[: text.rfind(b"\n") + 1]
        if text and not is_usage:
            self._at += len(text)
            words = text.decode(errors="replace")
            if self.messages.as_events:
                for line in words.splitlines():
                    self.messages.tell("snakemake", "", text=line)
            else:
                print(words, end="", file=self.messages.stream, flush=True)


def _files(folder: Path, suffix: str) -> list[str]:
    """List the names of files below a folder, relative and without their suffix."""
    found = []
    for parent, _, names in os.walk(folder):
        below = os.path.relpath(parent, folder).replace(os.sep, "/")
        found += [f"{below}/{name.removesuffix(suffix)}" for name in names if name.endswith(suffix)]
    return found


def _facts(state: State) -> dict[str, Any]:
    """Give a state as programs get it."""
    left = state.seconds_left
    seconds = None if left is None else round(left, 1)
    return asdict(state) | {"rate": round(state.rate, 1), "seconds_left": seconds}
