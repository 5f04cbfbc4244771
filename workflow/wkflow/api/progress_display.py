"""The bar of a call: a line in a terminal, HTML in a notebook, or nothing."""

import io
import sys
from contextlib import suppress
from html import escape
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from wkflow.cli.messages import Messages
from wkflow.cli.progress import COUNT_S, OPENINGS, Progress
from wkflow.options.settings import Settings


class Display(Protocol):
    """What shows how far a run is."""

    def update(self) -> None:
        """Show it, if it is time to."""

    def close(self, words: str = "") -> None:
        """End it: with a few words if the run ended well."""


def display_for(settings: Settings, *, wanted: bool | None) -> Display:
    """Give the bar of a run: where nobody says, in a notebook or a terminal only."""
    if wanted is False:
        return Silence()
    opening = OPENINGS[settings.kind]
    if in_notebook():
        return NotebookBar(settings.run_folder, opening)
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    is_shown = is_terminal or (wanted and sys.stderr is not None)
    return Line(settings.run_folder, opening) if is_shown else Silence()


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


class Silence:
    """Shows nothing."""

    def update(self) -> None:
        """Show nothing."""

    def close(self, words: str = "") -> None:
        """End nothing."""


class Line:
    """The bar of the command line; where there is no terminal a line now and then.

    That nobody can read it any more is no failure of the run.
    """

    def __init__(self, folder: Path, opening: str) -> None:
        self._bar = Progress(folder, opening=opening, tells=False)

    def update(self) -> None:
        """Show it, if it is time to."""
        with suppress(OSError):
            self._bar.update()

    def close(self, words: str = "") -> None:  # noqa: ARG002 -- the result says them
        """Remove it."""
        with suppress(OSError):
            self._bar.close()


class NotebookBar:
    """A bar below the cell, which stays when the run ended well."""

    def __init__(self, folder: Path, opening: str) -> None:
        self._progress = Progress(folder, Messages(out=io.StringIO()), tells=False)
        self._shown = monotonic()
        show = import_module("IPython.display").display
        self._handle: Any = show(_bundle("", opening), raw=True, display_id=True)

    def update(self) -> None:
        """Show it, if it is time to."""
        if monotonic() - self._shown < COUNT_S:
            return
        self._shown = monotonic()
        if state := self._progress.measure():
            self._show(f' value="{state.share:.4f}"', "  ".join(state.parts()))

    def close(self, words: str = "") -> None:
        """Show a full bar with a few words, or none."""
        if words:
            self._show(' value="1"', words)
        else:
            self._handle.update({"text/plain": "", "text/html": ""}, raw=True)

    def _show(self, value: str, words: str) -> None:
        self._handle.update(_bundle(value, words), raw=True)


def _bundle(value: str, words: str) -> dict[str, str]:
    """Give the bar as Jupyter takes it; without a value it only says that something is done."""
    bar = f'<progress max="1"{value} style="width: 20em"></progress>'
    return {"text/plain": words, "text/html": f"{bar} {escape(words)}"}
