"""One thing that `wkflow doctor` looked at."""

from dataclasses import dataclass
from typing import Literal

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


def checks_table(checks: list[Check]) -> str:
    """Show all checks to a person: a line each, and one more where there is advice."""
    width = max((len(check.subject) for check in checks), default=0)
    lines = []
    for check in checks:
        lines.append(f"{check.state:<6}  {check.subject:<{width}}  {check.found}")
        if check.advice:
            lines.append(f"{'':<6}  {'':<{width}}  -> {check.advice}")
    return "\n".join(lines)
