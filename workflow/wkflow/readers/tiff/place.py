"""Where a strip or tile of a page belongs."""

from dataclasses import dataclass
from typing import Self

from tifffile import TiffPage


@dataclass(frozen=True, slots=True)
class TilePlace:
    """Where a strip or tile belongs: its number, and its extents (depth, rows, columns, samples).

    `rest` are the rows and columns of it that lie within the image.
    """

    index: int
    shape: tuple[int, int, int, int]
    rest: tuple[int, int]

    @classmethod
    def of(
        cls, page: TiffPage, index: int, begin: tuple[int, ...], shape: tuple[int, int, int, int]
    ) -> Self:
        """Take where tifffile puts a strip or tile, and its extents."""
        rows, columns = page.imagelength - begin[2], page.imagewidth - begin[3]
        return cls(index, shape, (min(rows, shape[1]), min(columns, shape[2])))

    def __str__(self) -> str:
        depth, high, wide, _ = self.shape
        return f"{wide} x {depth * high}"

    def fits(self, page: TiffPage) -> set[tuple[int, int]]:
        """Give the rows and columns that it may decode to.

        As in libtiff a tile may be cut at the edge of the image, and the last strip may have as
        many rows as the others.
        """
        depth, high, wide, _ = self.shape
        heights = {high, self.rest[0]} if page.is_tiled else {high, page.rowsperstrip}
        return {(depth * rows, columns) for rows in heights for columns in (wide, self.rest[1])}
