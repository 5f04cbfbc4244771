"""What the XML of a CZI file says: voxel size, and names, colours and windows of channels.

Schema: https://zeiss.github.io/libczi/ and the design specification that ZEISS sends on request
(https://www.zeiss.com/microscopy/en/products/software/zeiss-zen/czi-image-file-format.html).
"""

from itertools import zip_longest
from xml.etree.ElementTree import Element, ParseError, fromstring

from wkflow.box import Triple
from wkflow.readers.length import to_nm
from wkflow.source import About, Channel

DIMENSIONS = "Metadata/Information/Image/Dimensions/Channels/Channel"
DISPLAY = "Metadata/DisplaySetting/Channels/Channel"
DISTANCE = "Metadata/Scaling/Items/Distance"

NO_ELEMENT = Element("Channel")


def about_czi(xml: str, channels: int, white: float | None, notes: tuple[str, ...]) -> About:
    """Gather what is known of an image.

    Parameters
    ----------
    xml : str
        The file's metadata. If it cannot be parsed nothing is known: voxels do not depend on it.
    channels : int
        How many the image has.
    white : float or None
        The largest voxel value, of which the file states windows as shares; None for floats.
    notes : tuple of str
        Passed on.
    """
    try:
        root = fromstring(xml)  # noqa: S314 -- the parser refuses entities that explode
    except ParseError:
        return About(notes=notes)
    scaling = {item.get("Id"): _size_nm(item) for item in root.findall(DISTANCE)}
    voxel_nm = (scaling.get("X"), scaling.get("Y"), scaling.get("Z"))
    return About("", voxel_nm, _channels(root, channels, white), notes)


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
