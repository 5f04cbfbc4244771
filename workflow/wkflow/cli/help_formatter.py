"""How help looks: in colours where a terminal has them, and as wide as it, up to a limit."""

import os
from argparse import Action, HelpFormatter
from shutil import get_terminal_size
from typing import ClassVar

from rich.console import Console
from rich_argparse import RichHelpFormatter

WIDEST = 100
"""Letters in a line of help: longer ones are hard to read."""


class ColourfulHelp(RichHelpFormatter):
    """Texts as they are, brackets included; headings as they are written."""

    group_name_formatter = str
    styles: ClassVar = RichHelpFormatter.styles | {"argparse.text": "none", "argparse.help": "none"}
    help_markup = False
    text_markup = False

    def add_argument(self, action: Action) -> None:
        """Make room for an argument; argparse counts the indent of commands once too few."""
        super().add_argument(action)
        if action.choices and not action.option_strings:
            self._action_max_length += self._indent_increment


def help_for_terminal(prog: str) -> HelpFormatter:
    """Make the formatter of one help, for what standard output is now.

    With NO_COLOR there is no bold either.
    """
    width = min(get_terminal_size().columns - 2, WIDEST)
    console = Console(color_system=None if os.environ.get("NO_COLOR") else "auto")
    return ColourfulHelp(prog, max_help_position=30, width=width, console=console)
