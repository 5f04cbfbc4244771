"""What is said of a job that died on a cluster without a word of its own."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wkflow.errors import ResourceError, TransientError, WkflowError

STATES = ("OUT_OF_MEMORY", "TIMEOUT", "CANCELLED", "NODE_FAIL", "BOOT_FAIL", "DEADLINE")
"""How SLURM calls ends that are not the job's own (man squeue); all others are FAILED."""

SIGNS_OF_MEMORY = ("memory limit", "oom-kill", "oom_kill", "Out Of Memory")
"""Words of slurmstepd in a job's log: not every cluster's state tells memory from other ends."""

LAST_LINES = 2

AGAIN = "The same command goes on. If it happens again, the log says more."
MORE_MEMORY = "Give --job-resources more, such as mem=32G."
MORE_TIME = "Give --job-resources more, such as time=08:00:00."


@dataclass(frozen=True, slots=True)
class Death:
    """One job's end: its number, if it was submitted, and what the cluster told of it."""

    rule: str
    number: str | None
    told: str
    log: Path | None
    attempt: int
    attempts: int

    def explain(self) -> WkflowError:
        """Say why it died, as far as that can be known, and what helps."""
        if self.number is None:
            what = f"{self.rule} could not be submitted: {_first_line(self.told)}"
            return TransientError(what, "SLURM", AGAIN)
        lines = _lines(self.log)
        state = next((one for one in STATES if one in self.told), "FAILED")
        signs = [line for line in lines if any(sign in line for sign in SIGNS_OF_MEMORY)]
        if state == "OUT_OF_MEMORY" or signs:
            shown = signs[-1:] or lines[-LAST_LINES:]
            return ResourceError(
                self._what("was killed for memory", shown), self._where, MORE_MEMORY
            )
        is_late = state == "TIMEOUT"
        what = "was killed for its time limit" if is_late else f"ended as {state}"
        shown = lines[-LAST_LINES:]
        return TransientError(self._what(what, shown), self._where, MORE_TIME if is_late else AGAIN)

    @property
    def _where(self) -> str:
        return f"job {self.number} ({self.rule})" + (f", log {self.log}" if self.log else "")

    def _what(self, what: str, lines: list[str]) -> str:
        told = f": {' / '.join(lines)}" if lines else ""
        return f"{what} (try {self.attempt} of {self.attempts}){told}"


def _lines(log: Path | None) -> list[str]:
    with suppress(OSError):
        lines = log.read_text(errors="replace").splitlines() if log else []
        return [line.strip() for line in lines if line.strip()]
    return []


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")
