"""A rectangle of one page of a TIFF, and the strips or tiles that it touches."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tifffile import TiffPage


@dataclass(frozen=True, slots=True)
class Region:
    """Rows and columns of one plane of a page, half-open.

    `sample` is the plane of samples where they are stored one after the other, else 0; `depth` is
    the z-plane of a page that holds several.
    """

    sample: int
    depth: int
    y0: int
    y1: int
    x0: int
    x1: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.y1 - self.y0, self.x1 - self.x0


@dataclass(frozen=True, slots=True)
class Segments:
    """How a page is cut into strips or tiles: their sizes along z, y and x."""

    size: tuple[int, int, int]
    image: tuple[int, int, int]

    @classmethod
    def of(cls, page: TiffPage) -> "Segments":
        """Read the cut from a directory."""
        image = (page.imagedepth, page.imagelength, page.imagewidth)
        if page.is_tiled:
            return cls((max(1, page.tiledepth), page.tilelength, page.tilewidth), image)
        return cls((1, min(page.rowsperstrip, page.imagelength), page.imagewidth), image)

    @property
    def grain(self) -> tuple[int, int, int]:
        """Extents along x, y and z of what is decoded at once, within the image."""
        z, y, x = (min(pair) for pair in zip(self.size, self.image, strict=True))
        return x, y, z

    def widened(self, region: Region) -> Region:
        """Give the smallest region of whole segments around `region`, within the image."""
        _, high, wide = self.size
        _, height, width = self.image
        return replace(
            region,
            y0=region.y0 // high * high,
            y1=min(-(-region.y1 // high) * high, height),
            x0=region.x0 // wide * wide,
            x1=min(-(-region.x1 // wide) * wide, width),
        )

    def touched(self, region: Region) -> Iterator[int]:
        """Give the indices of the segments that a region touches, row by row."""
        down, across = (-(-self.image[i] // self.size[i]) for i in (1, 2))
        deep = -(-self.image[0] // self.size[0])
        layer = region.sample * deep + region.depth // self.size[0]
        for row in range(region.y0 // self.size[1], -(-region.y1 // self.size[1])):
            first = (layer * down + row) * across
            yield from range(
                first + region.x0 // self.size[2], first - (-region.x1 // self.size[2])
            )
