"""What the XML of a CZI file says: voxel size, and names, colours and windows of channels.

Schema: https://zeiss.github.io/libczi/ and the design specification that ZEISS sends on request
(https://www.zeiss.com/microscopy/en/products/software/zeiss-zen/czi-image-file-format.html).
"""

from collections.abc import Iterator
from itertools import zip_longest
from xml.etree.ElementTree import Element, ParseError, fromstring

from wkflow.model.box import Triple
from wkflow.model.source import Channel, Header, ImageMetadata
from wkflow.model.units import to_nm

IMAGE = "Metadata/Information/Image"
DIMENSIONS = "Metadata/Information/Image/Dimensions/Channels/Channel"
DISPLAY = "Metadata/DisplaySetting/Channels/Channel"
DISTANCE = "Metadata/Scaling/Items/Distance"

NO_ELEMENT = Element("Channel")


def about_czi(
    xml: str, header: Header, white: float | None, notes: tuple[str, ...]
) -> ImageMetadata:
    """Gather what is known of an image.

    Parameters
    ----------
    xml : str
        The file's metadata. If it cannot be parsed nothing is known, which is said.
    header : Header
        The shape of the image.
    white : float or None
        The largest voxel value, of which the file states windows as shares; None for floats.
    notes : tuple of str
        Passed on.
    """
    if not xml:
        return ImageMetadata(notes=notes)
    try:
        root = fromstring(xml)  # noqa: S314 -- the parser refuses entities that explode
    except ParseError:
        return ImageMetadata(notes=(*notes, "its metadata are no whole XML and are left out"))
    scaling = {item.get("Id"): _size_nm(item) for item in root.findall(DISTANCE)}
    voxel_nm = (scaling.get("X"), scaling.get("Y"), scaling.get("Z"))
    channels = _channels(root, header.channels, white)
    odd = [str(item.get("Id")) for item in root.findall(DISTANCE) if _is_odd(item)]
    if odd:
        notes = (*notes, f"its distances along {', '.join(odd)} are no lengths, and are left out")
    return ImageMetadata("", voxel_nm, channels, (*notes, *_contradictions(root, header)))


def _is_odd(distance: Element) -> bool:
    stated = distance.findtext("Value", "").strip()
    return _size_nm(distance) is None and stated not in {"", "0"}


def _contradictions(root: Element, header: Header) -> Iterator[str]:
    """Say where the metadata declare more planes or channels than there are."""
    held = {"Z": header.planes, "C": header.channels, "T": header.frames}
    for letter, count in held.items():
        declared = root.findtext(f"{IMAGE}/Size{letter}", "").strip()
        if declared.isdecimal() and int(declared) > count:
            yield f"its metadata declare Size{letter} {declared}, it holds {count}"


def _size_nm(distance: Element) -> float | None:
    try:
        return to_nm(float(distance.findtext("Value", "")), "meter")
    except ValueError:
        return None


def _channels(root: Element, channels: int, white: float | None) -> tuple[Channel, ...]:
    acquired, displayed = root.findall(DIMENSIONS), root.findall(DISPLAY)
    if max(len(acquired), len(displayed)) != channels:
        return ()  # of a part of the channels: there is no telling which
    pairs = zip_longest(acquired, displayed, fillvalue=NO_ELEMENT)
    found = tuple(_channel(*pair, white) for pair in pairs)
    return found if any(channel != Channel() for channel in found) else ()


def _channel(acquired: Element, displayed: Element, white: float | None) -> Channel:
    name = acquired.get("Name") or displayed.get("Name") or ""
    colour = displayed.findtext("Color") or acquired.findtext("Color") or ""
    return Channel(name.strip(), _colour(colour.strip()), _window(displayed, white))


def _colour(text: str) -> Triple | None:
    """Read #AARRGGBB or #RRGGBB; one without any opacity is none."""
    try:
        value = bytes.fromhex(text.removeprefix("#"))
    except ValueError:
        return None
    if len(value) == 4 and value[0] == 0:
        return None
    return (value[-3], value[-2], value[-1]) if len(value) in {3, 4} else None


def _window(displayed: Element, white: float | None) -> tuple[float, float] | None:
    low, high = displayed.findtext("Low"), displayed.findtext("High")
    if white is None or (low is None and high is None):
        return None
    try:
        window = float(low or 0) * white + 0.0, float(high or 1) * white  # + 0.0: -0 is 0
    except ValueError:
        return None
    return window if 0 <= window[0] < window[1] <= white else None
