"""The pages of a file that its OME-XML does not speak of."""

from collections.abc import Sequence
from dataclasses import replace

from tifffile import TiffFile

from wkflow.errors import SourceError
from wkflow.readers.tiff.ome import Ome
from wkflow.readers.tiff.series import MASK, REDUCED, TiffSeries
from wkflow.source_errors import REMEDY


def with_pages(ome: Ome, tif: TiffFile, series: Sequence[TiffSeries], path: str) -> Ome:
    """Add a note on pages that are left out; refuse a file if it would be all of them."""
    if not ome.images:
        return ome
    total = len(tif.pages)
    described = [one for one in series if one.kind == "ome"]
    if not described:
        if total == 1:
            return replace(ome, notes=(*ome.notes, "its OME-XML describes no page of it"))
        raise SourceError(
            f"its OME-XML describes none of its {total} pages: which are slices, channels or times "
            "is not known",
            path,
            REMEDY,
        )
    used = {
        page.index
        for one in described
        for page in one.planes.pages
        if page is not None and page.parent is tif
    }
    rest = [number for number in range(total) if number not in used]
    left = [number for number in rest if not _is_lesser(tif, number)]
    if not left:
        return ome
    note = f"its OME-XML describes {len(used)} of its {total} pages: {len(left)} are left out"
    return replace(ome, notes=(*ome.notes, note))


def _is_lesser(tif: TiffFile, number: int) -> bool:
    """Tell whether a page is a smaller version or a mask of another."""
    return bool(int(tif.pages.get(number).aspage().subfiletype) & (REDUCED | MASK))
