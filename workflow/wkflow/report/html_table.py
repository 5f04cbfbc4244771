"""Small tables for notebooks; whatever a name holds, it is shown as text."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

LEFT = ' style="text-align: left"'


def html_table(facts: Mapping[str, object], head: Sequence[str], rows: Iterable[Sequence[object]],
               caption: str) -> str:  # fmt: skip
    """Give facts, one a line, and below them a table, as HTML; without rows there is none."""
    lines = [f"<tr><th{LEFT}>{_text(name)}</th><td{LEFT}>{_shown(value)}</td></tr>"
             for name, value in facts.items()]  # fmt: skip
    cells = ["<tr>" + "".join(f"<td{LEFT}>{_text(cell)}</td>" for cell in row) + "</tr>"
             for row in rows]  # fmt: skip
    first = f"<table><caption{LEFT}>{_text(caption)}</caption>{''.join(lines)}</table>"
    if not cells:
        return first
    names = "".join(f"<th{LEFT}>{_text(name)}</th>" for name in head)
    return f"{first}<table><thead><tr>{names}</tr></thead><tbody>{''.join(cells)}</tbody></table>"


def _shown(value: object) -> str:
    """Write a value, an address as a link, several of them on lines of their own."""
    if isinstance(value, tuple):
        return "<br>".join(map(_text, value))
    text = _text(value)
    is_link = str(value).startswith(("http://", "https://"))
    return f'<a href="{text}">{text}</a>' if is_link else text


def _text(value: object) -> str:
    return escape(str(value))
