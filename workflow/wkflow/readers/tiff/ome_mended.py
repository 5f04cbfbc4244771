"""OME-XML that others spell oddly, as tifffile understands it: voxels do not depend on spelling.

Names of attributes in another case, whole numbers as 30.0, and an image without TiffData, which
means that its planes are the pages in order:
https://docs.openmicroscopy.org/ome-model/6.3.1/ome-tiff/specification.html
"""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

EXTENTS = ("SizeX", "SizeY", "SizeZ", "SizeC", "SizeT")

COUNTS = {"Channel": ("SamplesPerPixel",), "TiffData": ("IFD", "PlaneCount", "FirstZ", "FirstC",
          "FirstT"), "Pixels": EXTENTS}  # fmt: skip
"""Attributes that are whole numbers, by element."""

LENGTHS = tuple(f"PhysicalSize{axis}{unit}" for axis in "XYZ" for unit in ("", "Unit"))

NAMES = (*EXTENTS, *LENGTHS, "DimensionOrder", "Type", "BigEndian", "Interleaved")
"""Attributes of Pixels that are read."""

VOXELS_ELSEWHERE = frozenset({"TiffData", "BinData", "MetadataOnly"})
"""Children of Pixels that say where voxels are."""


def mended(root: ET.Element) -> tuple[str, ...]:
    """Change what is spelled oddly, in place; say what."""
    return tuple(dict.fromkeys(note for element in root.iter() for note in _mend(element)))


def _mend(element: ET.Element) -> Iterator[str]:
    kind = _local(element)
    if kind == "Pixels":
        yield from _mend_names(element)
    for name in COUNTS.get(kind, ()):
        stated = element.get(name)
        whole = None if stated is None else _whole(stated)
        if whole is not None and whole != stated:
            element.set(name, whole)
            yield f"{name} is spelled {stated!r} and read as {whole}"
    if kind == "Pixels" and not VOXELS_ELSEWHERE & {_local(child) for child in element}:
        ET.SubElement(element, f"{element.tag.rpartition('}')[0]}}}TiffData".removeprefix("}"))
        yield "its OME-XML has no TiffData: its planes are taken in the order of the pages"


def _mend_names(pixels: ET.Element) -> Iterator[str]:
    lower = {name.lower(): name for name in NAMES}
    for stated in list(pixels.attrib):
        name = lower.get(stated.lower(), stated)
        if name != stated and name not in pixels.attrib:
            pixels.set(name, pixels.attrib.pop(stated))
            yield f"{stated} is read as {name}"
    order = pixels.get("DimensionOrder", "")
    if order != order.strip().upper():
        pixels.set("DimensionOrder", order.strip().upper())
        yield f"DimensionOrder is spelled {order!r}"


def _whole(stated: str) -> str | None:
    """Give a whole number as such; None if it is none.

    >>> _whole(" 30.0 "), _whole("3e1"), _whole("30.5"), _whole("x")
    ('30', '30', None, None)
    """
    try:
        value = float(stated)
    except ValueError:
        return None
    return str(int(value)) if value.is_integer() else None


def _local(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]
