"""Tables of text, and how they are written as plain lines."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextTable:
    """Rows of cells below a head, which may be empty.

    `sides` has for each column on which side of it cells stand, `<` or `>`; `widths` how wide it is
    at least. Between two columns are `gap` blanks, before the first `indent`.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sides: str
    widths: tuple[int, ...] = ()
    gap: int = 2
    indent: int = 0

    def __str__(self) -> str:
        """Give the lines.

        >>> print(TextTable(("mag", "size"), (("1", "10 kB"), ("2-2-1", "3 kB")), "<>"))
        mag     size
        1      10 kB
        2-2-1   3 kB
        """
        rows = [self.head, *self.rows] if self.head else list(self.rows)
        least = self.widths or (0,) * len(self.sides)
        columns = range(len(self.sides))
        widths = [max(least[at], *(len(row[at]) for row in rows)) for at in columns] if rows else []
        return "\n".join(self._line(row, widths) for row in rows)

    def _line(self, row: tuple[str, ...], widths: list[int]) -> str:
        if self.sides.endswith("<"):
            widths = [*widths[:-1], 0]  # what stands at the end of a line needs no blanks behind it
        cells = (
            f"{cell:{side}{width or ''}}"
            for cell, side, width in zip(row, self.sides, widths, strict=True)
        )
        return " " * self.indent + (" " * self.gap).join(cells)


Part = str | TextTable
"""What is shown to a person consists of lines and tables."""


def plain(parts: list[Part]) -> str:
    """Give all as text."""
    return "\n".join(map(str, parts))
