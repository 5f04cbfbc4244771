"""OME-XML: what it says of the images of an OME-TIFF, and which files hold them.

https://docs.openmicroscopy.org/ome-model/6.3.1/ome-tiff/specification.html
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from xml.etree import ElementTree as ET

from tifffile import TiffFile

from wkflow.errors import SourceError
from wkflow.model.box import Triple
from wkflow.model.source import Channel, ImageMetadata, Place, References
from wkflow.model.units import to_nm
from wkflow.readers.base.references import BELOW, referred
from wkflow.readers.tiff.ome_mended import mended
from wkflow.readers.tiff.ome_promise import require_planes
from wkflow.readers.tiff.ome_sound import children, parsed

MICROMETER = "µm"
"""The unit of PhysicalSizeX where the XML names none."""

MISSING_NAMED = 3
"""How many missing files an error names."""


@dataclass(frozen=True, slots=True)
class OmeImage:
    """What the XML says of one image: its name, its width and height in voxels, the rest."""

    name: str
    size: tuple[int, int]
    about: ImageMetadata


@dataclass(frozen=True, slots=True)
class Ome:
    """The images of an OME-TIFF, in order, and what is said of the file."""

    images: tuple[OmeImage, ...]
    notes: tuple[str, ...] = ()

    def about(self, name: str, size: tuple[int, int], number: int) -> ImageMetadata:
        """Find what is said of image `number`: tifffile leaves out images without voxels."""
        alike = [one.about for one in self.images if (one.name, one.size) == (name, size)]
        if number < len(self.images) and self.images[number].about in alike:
            return self.images[number].about
        return alike[0] if alike else ImageMetadata(name=name)


def read_ome(tif: TiffFile, path: str, references: References = BELOW) -> Ome | None:
    """Read the XML of a file; None if it has no page.

    Raises
    ------
    SourceError
        If it is cut, or contradicts itself, and the axes of the file are not known without it; if
        files that hold a part of its images are missing or lie where references may not lead, or
        the XML stands in another file.
    """
    if len(tif.pages) == 0:
        return None
    root, sound = parsed(tif, path)
    if root is None:
        return Ome((), sound)
    _require_master(root, path)
    _require_parts(root, path, references)
    notes = mended(root)
    require_planes(root, path)
    if notes or sound:
        tif.pages.first.description = ET.tostring(root, "unicode")  # what tifffile parses anew
    return Ome(tuple(_image(element, notes) for element in children(root, "Image")), sound)


def _require_master(root: ET.Element, path: str) -> None:
    for only in children(root, "BinaryOnly"):
        master = only.get("MetadataFile", "another file")
        raise SourceError(
            f"is one part of an image that {master} describes", path,
            "Open that file, or save the image as a single OME-TIFF, for example with bfconvert.",
        )  # fmt: skip


def _require_parts(root: ET.Element, path: str, references: References) -> None:
    """Refuse an image whose other files are not there, or lie where they may not."""
    own = (root.get("UUID"), os.path.basename(path).lower())  # noqa: PTH119
    folder = os.path.dirname(path)  # noqa: PTH120
    parts = {
        uuid.get("FileName", "")
        for uuid in root.iter()
        if uuid.tag.rpartition("}")[2] == "UUID"
        and uuid.text != own[0]
        and uuid.get("FileName", "").lower() != own[1]
    } - {""}
    for part in sorted(parts):
        referred(path, part, references)
    missing = sorted(
        part
        for part in parts
        if not os.path.isfile(os.path.join(folder, part))  # noqa: PTH113, PTH118
    )
    if missing:
        more = f" and {len(missing) - MISSING_NAMED} more" * (len(missing) > MISSING_NAMED)
        raise SourceError(
            f"is one part of an image; missing beside it: "
            f"{', '.join(missing[:MISSING_NAMED])}{more}",
            path,
            "Put all files of the image into one folder, under the names they were written with.",
        )


def _image(element: ET.Element, notes: tuple[str, ...]) -> OmeImage:
    name = element.get("Name", "")
    pixels = next(iter(children(element, "Pixels")), ET.Element("Pixels"))
    size = (_integer(pixels.get("SizeX")) or 0, _integer(pixels.get("SizeY")) or 0)
    x, y, z = (_extent(pixels, axis) for axis in "XYZ")
    listed = children(pixels, "Channel")
    channels = tuple(_channel(one) for one in listed)
    notes = (*notes, *_length_notes(pixels, (x, y, z)), *_colour_notes(listed))
    place = _place(children(pixels, "Plane"), (x, y, z))
    return OmeImage(name, size, ImageMetadata(name, (x, y, z), channels, notes, place=place))


def _place(planes: list[ET.Element], voxel_nm: tuple[float | None, ...]) -> Place:
    """Give where the stage was at the first plane; a position has no unit unless one is named."""
    first = min(planes, key=lambda plane: _integer(plane.get("TheZ")) or 0, default=None)
    if first is None:
        return Place()
    found = [_position(first, axis, size) for axis, size in zip("XYZ", voxel_nm, strict=True)]
    if found == [None] * 3:
        return Place()
    x, y, z = (at or 0.0 for at in found)
    return Place((x, y, z), frame="stage")


def _position(plane: ET.Element, axis: str, size: float | None) -> float | None:
    """Give a position in voxels."""
    unit = to_nm(1.0, plane.get(f"Position{axis}Unit", ""))
    try:
        at = float(plane.get(f"Position{axis}", "nan"))
    except ValueError:
        return None
    return at * unit / size if unit and size and isfinite(at) else None


def _extent(pixels: ET.Element, axis: str) -> float | None:
    try:
        length = float(pixels.get(f"PhysicalSize{axis}", 0))
    except ValueError:
        return None
    return to_nm(length, pixels.get(f"PhysicalSize{axis}Unit", MICROMETER))


def _length_notes(
    pixels: ET.Element, found: tuple[float | None, float | None, float | None]
) -> Iterator[str]:
    """Name the sizes that are stated, and are none."""
    for axis, length in zip("XYZ", found, strict=True):
        stated = pixels.get(f"PhysicalSize{axis}")
        if stated is not None and length is None:
            unit = pixels.get(f"PhysicalSize{axis}Unit", MICROMETER)
            yield f"PhysicalSize{axis} is no length ({stated!r}, {unit!r}) and is left out"


def _channel(element: ET.Element) -> Channel:
    colour = _integer(element.get("Color"))
    return Channel(element.get("Name", ""), None if colour is None else _rgb(colour))


def _colour_notes(channels: list[ET.Element]) -> tuple[str, ...]:
    odd = [
        repr(stated)
        for one in channels
        if (stated := one.get("Color")) is not None and _integer(stated) is None
    ]
    return (
        (f"colours of channels are left out, being no integers: {', '.join(odd)}",) if odd else ()
    )


def _integer(stated: str | None) -> int | None:
    try:
        return None if stated is None else int(stated)
    except ValueError:
        return None


def _rgb(colour: int) -> Triple:
    """Take apart a signed number of four bytes: red, green, blue, alpha.

    >>> _rgb(-16776961)
    (255, 0, 0)
    """
    return (colour >> 24) & 255, (colour >> 16) & 255, (colour >> 8) & 255
