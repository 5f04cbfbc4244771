"""Lines and tables on standard output: drawn by rich for a terminal, plain where programs read."""

import os
import sys
from collections.abc import Sequence
from typing import TextIO

from wkflow.cli.messages import say
from wkflow.report.text_table import Part, TextTable, plain


def show(parts: Sequence[Part], out: TextIO | None = None) -> None:
    """Print all; of a table in a terminal the cells that do not fit are folded."""
    out = out or sys.stdout
    if _is_for_people(out):
        _draw(parts, out)
    else:
        say(plain(list(parts)), out)


def _is_for_people(out: TextIO) -> bool:
    """Whether somebody sees colours there, or wants them in any case, as for a pager."""
    return bool(os.environ.get("FORCE_COLOR")) or (
        out.isatty() and os.environ.get("TERM") != "dumb"
    )


def _draw(parts: Sequence[Part], out: TextIO) -> None:
    from rich.console import Console, detect_legacy_windows  # noqa: PLC0415 -- only where a terminal is
    from rich.padding import Padding  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    has_none = os.environ.get("NO_COLOR") or detect_legacy_windows()
    console = Console(
        file=out, color_system=None if has_none else "auto", legacy_windows=False,
        force_jupyter=False,
    )  # fmt: skip
    with console.capture() as drawn:  # `say` knows what to do where nobody reads any more
        for part in parts:
            if not isinstance(part, TextTable):
                console.print(Text(part), soft_wrap=True)
                continue
            table = Table(box=None, show_header=bool(part.head), header_style="bold",
                          pad_edge=False, padding=(0, part.gap, 0, 0))  # fmt: skip
            for name, side in zip(part.head or [""] * len(part.sides), part.sides, strict=True):
                table.add_column(
                    Text(name), justify="right" if side == ">" else "left", overflow="fold"
                )
            for row in part.rows:
                table.add_row(*(console.highlighter(Text(cell)) for cell in row))
            console.print(Padding(table, (0, 0, 0, part.indent)))
    say(drawn.get().removesuffix("\n"), out)
