"""Whether the OME-XML of a file can be read, and does not contradict itself or the pages.

What it alone says is which page is a slice, a channel or a time. Where that is lost, a file of
several pages is refused; one of a single page needs no axes.
"""

import os
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from tifffile import TiffFile

from wkflow.errors import SourceError

BEGIN = re.compile(r"\s*<(\?xml|!|(\w+:)?OME\b)")

ROOT, ROOT_WITHIN = re.compile(r"<(\w+:)?OME\b"), 2**16

NAMES = (".ome.tif", ".ome.tiff", ".ome.btf", ".ome.tf2", ".ome.tf8")

NO_XML = "it is named OME-TIFF and holds no OME-XML: its pages are taken as slices"

DOCUMENT_TYPE = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
"""What OME-XML never has; entities may explode, or name other files."""

LESSER = 1 | 4
"""Bits of NewSubfileType: a smaller version of another page, a mask."""

TYPES = {"float": "float32", "double": "float64", "bit": "bool"}
"""Names of pixel types that numpy has others for."""


def parsed(tif: TiffFile, path: str) -> tuple[ET.Element | None, tuple[str, ...]]:
    """Parse the XML of a file; give None and notes if there is none that can be used.

    Raises
    ------
    SourceError
        If what it would say is needed.
    """
    first = tif.pages.first
    text = str(first.description or "")
    if BEGIN.match(text) is None or ROOT.search(text, 0, ROOT_WITHIN) is None:
        is_named = os.path.basename(path).lower().endswith(NAMES)  # noqa: PTH119
        return None, (NO_XML,) if is_named and not text.strip() and len(tif.pages) > 1 else ()
    if DOCUMENT_TYPE.search(text):
        raise SourceError(
            "has OME-XML with a document type, which OME-XML never has", path,
            "Export it again: such a description can be made to exhaust memory.",
        )  # fmt: skip
    try:
        root = ET.fromstring(text.strip("\0 \r\n\t"))  # noqa: S314 -- no entities: see above
    except ET.ParseError as error:
        return None, _left_out(tif, path, f"is cut or damaged ({error})")
    fault = next(_faults(root), "")
    if fault:
        return None, _left_out(tif, path, fault)
    if not first.is_ome:  # something stands behind it
        first.description = ET.tostring(root, "unicode")
    return root, tuple(_mended(root, tif))


def _left_out(tif: TiffFile, path: str, why: str) -> tuple[str, ...]:
    pages = [page.aspage() for page in tif.pages]
    count = sum(not int(page.subfiletype) & LESSER for page in pages)
    if count > 1:
        raise SourceError(
            f"its OME-XML {why}: whether its {count} pages are slices, channels or times is "
            "not known",
            path,
            "Export it again; if they are slices, save it as a TIFF without OME-XML.",
        )
    tif.pages.first.description = ""  # else tifffile parses it anew
    return (f"its OME-XML {why} and is left out",)


def _faults(root: ET.Element) -> Iterator[str]:
    """Say what leaves the axes unknown."""
    if children(root, "BinaryOnly"):
        return
    found = [pixels for image in children(root, "Image") for pixels in children(image, "Pixels")]
    if not found:
        yield "describes no image"
    for pixels in found:
        yield from _pixel_faults(pixels)


def _pixel_faults(pixels: ET.Element) -> Iterator[str]:
    stated = {axis: _read(pixels, f"Size{axis}") for axis in "ZCT"}
    for axis, text in stated.items():
        if _whole(text) is None or float(text) < 1:
            yield f"says Size{axis} {text or 'nothing'}"
            return
    sizes = {axis: int(float(text)) for axis, text in stated.items()}
    order = _read(pixels, "DimensionOrder").strip().upper()
    is_order = order.startswith("XY") and sorted(order) == sorted("XYZCT")
    if not is_order and sum(size > 1 for size in sizes.values()) > 1:
        yield f"says DimensionOrder {order or 'nothing'}"
    if (samples := samples_of(pixels)) and sizes["C"] % samples:
        yield f"says SizeC {sizes['C']} of {samples} samples each"
    for data in children(pixels, "TiffData"):
        page = _read(data, "IFD")
        if page and (_whole(page) is None or float(page) < 0):
            yield f"points to page {page}"


def _mended(root: ET.Element, tif: TiffFile) -> Iterator[str]:
    """Set what the pages themselves say, in place, and say where the XML says something else."""
    first, count = tif.pages.first, len(tif.pages)
    images = [pixels for image in children(root, "Image") for pixels in children(image, "Pixels")]
    for pixels in images:
        order = _read(pixels, "DimensionOrder").strip().upper()
        if sorted(order) != sorted("XYZCT"):
            _set(pixels, "DimensionOrder", "XYZCT")
            yield f"its OME-XML says DimensionOrder {order or 'nothing'}, which is of no matter"
        kind = _read(pixels, "Type").strip().lower()
        dtype = "" if first.dtype is None else first.dtype.name
        if len(images) == 1 and kind and TYPES.get(kind, kind) != dtype:
            yield f"its OME-XML says {kind}, its pages are {dtype}"
        planes = planes_of(pixels)
        for name, size in (("SizeX", first.imagewidth), ("SizeY", first.imagelength)):
            text = _read(pixels, name)
            if len(images) == 1 and planes == count and _whole(text) != size:
                _set(pixels, name, str(size))
                yield f"its OME-XML says {name} {text or 'nothing'}, its pages have {size}"


def planes_of(pixels: ET.Element) -> int:
    """Count the pages that an image should have."""
    z, c, t = (_whole(_read(pixels, f"Size{axis}")) or 1 for axis in "ZCT")
    return z * (c // (samples_of(pixels) or 1)) * t


def samples_of(pixels: ET.Element) -> int:
    """Give the samples of the first channel; 0 where the XML says nothing that makes sense."""
    listed = children(pixels, "Channel")
    stated = _whole(_read(listed[0], "SamplesPerPixel")) if listed else None
    return max(0, stated or 0)


def children(element: ET.Element, name: str) -> list[ET.Element]:
    """Find children by their name, in whatever namespace."""
    return [child for child in element if str(child.tag).rpartition("}")[2] == name]


def _read(element: ET.Element, name: str) -> str:
    """Read an attribute, its name in any case."""
    lower = name.lower()
    return next((text for key, text in element.attrib.items() if key.lower() == lower), "")


def _set(element: ET.Element, name: str, value: str) -> None:
    for key in [key for key in element.attrib if key.lower() == name.lower()]:
        del element.attrib[key]
    element.set(name, value)


def _whole(text: str) -> int | None:
    """Give a whole number; None if it is none.

    >>> _whole(" 3.0"), _whole("-1"), _whole("3.5"), _whole("inf"), _whole("")
    (3, -1, None, None, None)
    """
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() else None
