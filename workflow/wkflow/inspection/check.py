"""What `wkflow doctor` looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from wkflow.report.html_table import html_table
from wkflow.report.text_table import Part, TextTable, plain

State = Literal["ok", "absent", "fault"]
"""As it should be; not there, and needed by some only; not as it has to be."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was `found` of a `subject`, and the `advice` where something can be done about it.

    `status` is the exit status that a fault leads to; 0 for one that stops no conversion.
    """

    subject: str
    state: State
    found: str
    advice: str = ""
    status: int = 0


@dataclass(frozen=True, slots=True)
class Checks:
    """All that was looked at, and whether this machine can convert."""

    checks: tuple[Check, ...]
    can_convert: bool

    @property
    def status(self) -> int:
        """The exit status of the command: that of the first fault that has one, else 0."""
        return next((check.status for check in self.checks if check.status), 0)

    def __str__(self) -> str:
        return plain(self.parts)

    @property
    def parts(self) -> list[Part]:
        """Give what a person is shown."""
        return [checks_table(self.checks), "", self._told]

    @property
    def _told(self) -> str:
        return "this machine can convert" if self.can_convert else "no conversion can run here"

    def _repr_html_(self) -> str:
        rows = [(one.state, one.subject, one.found, one.advice) for one in self.checks]
        return html_table({}, ("state", "what", "found", "what to do"), rows, self._told)


def checks_table(checks: Sequence[Check]) -> TextTable:
    """Show all checks to a person: a line each, and one more where there is advice."""
    rows: list[tuple[str, ...]] = []
    for check in checks:
        rows.append((check.state, check.subject, check.found))
        if check.advice:
            rows.append(("", "", f"-> {check.advice}"))
    return TextTable((), tuple(rows), "<<<", (6, 0, 0))
