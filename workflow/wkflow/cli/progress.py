"""One bar for the whole job: in voxels, and in bytes when nothing but sending is left."""

import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TextIO

from wkflow.cli.traffic import Traffic
from wkflow.errors import ConfigError
from wkflow.model.plan import Plan
from wkflow.run_folder import CLUSTER, DRAFT, PROGRESS, RunFolder

COUNT_S = 0.4
"""Between two looks at the receipts, of which there may be thousands."""

LINE_S = 15.0
"""Between two lines where the output is no terminal."""

BAR_CELLS = 24

USAGE = b"usage: "
"""How the log begins when Snakemake does not know an option."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How far a run is: its `share` of the whole, from 0 to 1, and `words` about it."""

    share: float
    words: str


@dataclass
class Progress:
    """Watches receipts and progress files of a run folder, and shows how far the run is.

    `tells` says that layers and notes are shown as well, when there is a plan.
    """

    folder: Path
    out: TextIO = field(default_factory=lambda: sys.stderr)
    quiet: bool = False
    tells: bool = True

    def __post_init__(self) -> None:
        self._is_terminal = self.out.isatty()
        self._voxels: dict[str, int] = {}
        self._stamp, self._said = 0, ""
        self._counted = 0.0
        self._shown = monotonic()
        self._before: dict[str, tuple[int, float]] = {}
        self._traffic = Traffic(self.folder)

    @property
    def _cells(self) -> tuple[str, str]:
        """What a bar is made of, where letters outside ASCII can be shown, and where not."""
        is_plain = not (self.out.encoding or "utf-8").lower().startswith("utf")
        return ("#", "-") if is_plain else ("█", "░")

    def update(self) -> None:
        """Show the state if it is time to."""
        if self.quiet or monotonic() - self._counted < COUNT_S:
            return
        now = monotonic()
        line = self._state()
        if not line:
            return
        if self._is_terminal:
            print(f"\r\x1b[K{line}", end="", file=self.out, flush=True)
        elif now - self._shown > LINE_S:
            self._shown = now
            print(f"wkflow: {line}", file=self.out, flush=True)

    def _state(self) -> str:
        """Draw how far the run is; nothing before there is a plan."""
        amount = self.measure()
        if amount is None:
            return ""
        filled = int(BAR_CELLS * amount.share)
        full, free = self._cells
        return f"{full * filled}{free * (BAR_CELLS - filled)} {amount.words}"

    def measure(self) -> Amount | None:
        """Look how far the run is; there is nothing to say before there is a plan."""
        self._counted = monotonic()
        sent, ready = self._traffic.measure()
        if self._read_plan():
            done, total = self._count(), sum(self._voxels.values())
            if done < total or not ready:
                traffic = f"  sent {_si(sent)} of {_si(ready)} bytes" if ready else ""
                return self._amount("voxels", done, total, traffic + self._cluster())
        return self._amount("bytes sent", sent, ready) if ready else None

    def _cluster(self) -> str:
        """Say what a cluster does with the jobs, where there is one."""
        with suppress(OSError, ValueError, TypeError):
            told = json.loads((self.folder / CLUSTER).read_bytes())
            why = f" ({told['reason']})" if told["waiting"] else ""
            return f"  jobs: {told['running']} run, {told['waiting']} wait{why}"
        return ""

    def close(self) -> None:
        """End the bar's line."""
        if not self.quiet and self._is_terminal and self._before:
            print("\r\x1b[K", end="", file=self.out, flush=True)

    def _read_plan(self) -> bool:
        """Read the plan when it is there, and again when it is replaced."""
        try:
            stamp = (self.folder / DRAFT).stat().st_mtime_ns
            if stamp != self._stamp:
                plan = Plan.read(self.folder / DRAFT)
                self._voxels, self._stamp = dict(plan.jobs()), stamp
                if self._said != plan.recipe():
                    self._said = plan.recipe()
                    if self.tells:
                        self._say(plan)
        except (OSError, ConfigError):
            return False
        return bool(self._voxels)

    def _say(self, plan: Plan) -> None:
        for one in plan.layers:
            x, y, z = one.layer.box.size
            print(
                f"wkflow: layer {one.layer.name}: {x} x {y} x {z} {one.layer.element_class}, "
                f"{one.layer.category} ({one.evidence}), "
                f"mags {' '.join(str(grid.mag) for grid in one.grids)}",
                file=self.out,
            )
        for note in plan.notes:
            print(f"wkflow: note: {note}", file=self.out)

    def _count(self) -> int:
        """Sum the voxels of finished jobs and what running ones tell."""
        done = 0
        for job in _files(RunFolder(self.folder).receipts, ".json"):
            done += self._voxels.get(job, 0)
        for job in _files(self.folder / PROGRESS, ".txt"):
            if job not in self._voxels:
                continue
            try:
                done += int((self.folder / PROGRESS / f"{job}.txt").read_text() or 0)
            except (OSError, ValueError):
                continue
        return min(done, sum(self._voxels.values()))

    def _amount(self, unit: str, done: int, total: int, more: str = "") -> Amount:
        before, started = self._before.setdefault(unit, (done, self._counted))
        seconds = monotonic() - started
        rate = (done - before) / seconds if seconds > 0 else 0.0
        left = f"{_clock((total - done) / rate)} left" if rate > 0 else "starting"
        share = f"{done / total:4.0%}  {_si(done)} of {_si(total)}"
        return Amount(done / total, f"{share} {unit}  {_si(rate)}/s  {left}{more}")


@dataclass
class Relay:
    """Shows what Snakemake writes to its log; of its usage, which is long, nothing."""

    log: Path
    out: TextIO = field(default_factory=lambda: sys.stderr)
    quiet: bool = False

    def __post_init__(self) -> None:
        self._at = 0

    def update(self) -> None:
        """Show what is new, up to the end of its last line."""
        self._show(is_last=False)

    def close(self) -> None:
        """Show the rest."""
        self._show(is_last=True)

    def _show(self, *, is_last: bool) -> None:
        if self.quiet:
            return
        with self.log.open("rb") as file:
            is_usage = file.read(len(USAGE)) == USAGE
            file.seek(self._at)
            text = file.read()
        if not is_last:
            text = text[: text.rfind(b"\n") + 1]
        if text and not is_usage:
            self._at += len(text)
            print(text.decode(errors="replace"), end="", file=self.out, flush=True)


def _files(folder: Path, suffix: str) -> list[str]:
    """List the names of files below a folder, relative and without their suffix."""
    found = []
    for parent, _, names in os.walk(folder):
        below = os.path.relpath(parent, folder).replace(os.sep, "/")
        found += [f"{below}/{name.removesuffix(suffix)}" for name in names if name.endswith(suffix)]
    return found


def _si(number: float) -> str:
    """Write 1234567 as 1.2M.

    >>> _si(1234567), _si(12)
    ('1.2M', '12')
    """
    for power, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= power:
            return f"{number / power:.1f}{letter}"
    return f"{number:.0f}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
