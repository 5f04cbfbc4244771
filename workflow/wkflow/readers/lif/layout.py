"""How the voxels of a Leica image lie in memory, after its XML description.

Leica's "LIF File Format" and "LOF File Format" (LAS X): `ImageDescription` lists channels and
dimensions, each with the bytes from one to the next.
"""

from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from wkflow.errors import SourceError
from wkflow.model.source import Channel, Header, ImageMetadata
from wkflow.model.units import voxel_size
from wkflow.source_errors import REMEDY

DIMENSIONS = {
    1: "x", 2: "y", 3: "z", 4: "t", 5: "l", 6: "a", 7: "n", 8: "q", 9: "e", 10: "m", 11: "i",
}  # fmt: skip
"""DimID to name: time, emission wavelength, rotation, XT slices, T slices, excitation wavelength,
tiles of a mosaic, loops."""

DESCRIPTION = "./Data/Image/ImageDescription"

RGB = (1, 2, 3)
"""ChannelTag of red, green and blue; 0 is grey."""

COLOURS = {
    "red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "cyan": (0, 255, 255),
    "magenta": (255, 0, 255), "yellow": (255, 255, 0), "gray": (255, 255, 255),
    "grey": (255, 255, 255),
}  # fmt: skip
"""Names of lookup tables that are one colour."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where voxels lie in the memory block of an image.

    `strides` are the bytes from one to the next along the names of `sizes`; `starts` has the first
    byte of each channel, or of each sample for one channel after the other.
    """

    dtype: np.dtype[Any]
    sizes: dict[str, int]
    strides: dict[str, int]
    starts: tuple[tuple[int, ...], ...]

    @property
    def header(self) -> Header:
        """Shape of the image; axes besides x, y, z slowest first, time last."""
        further = [(n, s) for n, s in self.sizes.items() if n not in "xyz" and s > 1]
        further.sort(key=lambda axis: (axis[0] == "t", -self.strides[axis[0]]))
        x, y, z = (self.sizes.get(axis, 1) for axis in "xyz")
        name = self.dtype.newbyteorder("=").name
        return Header(x, y, z, len(self.starts[0]), name, len(self.starts), tuple(further))

    @property
    def end(self) -> int:
        """How many bytes there are at least, up to the last voxel."""
        last = sum((size - 1) * self.strides[name] for name, size in self.sizes.items())
        return last + max(map(max, self.starts)) + self.dtype.itemsize

    def offset(self, frame: int, z: int) -> int:
        """Give the first byte of a plane, but for what its channel adds."""
        axes = self.header.axes
        where = np.unravel_index(frame, [size for _, size in axes]) if axes else ()
        steps = (int(at) * self.strides[name] for at, (name, _) in zip(where, axes, strict=True))
        return sum(steps) + z * self.strides.get("z", 0)


def layout_of(element: Element, path: str) -> Layout:
    """Read the description of an image.

    Raises
    ------
    SourceError
        If it makes no sense, or its channels differ in type.
    """
    channels = element.findall(f"{DESCRIPTION}/Channels/ChannelDescription")
    dimensions = element.findall(f"{DESCRIPTION}/Dimensions/DimensionDescription")
    types = {_dtype(channel) for channel in channels}
    if len(types) != 1:
        kinds = ", ".join(sorted(map(str, types))) or "no type"
        raise SourceError(f"has an image of channels of {kinds}", path, "Export them on their own.")
    sizes, strides = {}, {}
    for number, dimension in enumerate(dimensions):
        name = DIMENSIONS.get(_number(dimension, "DimID"), f"axis{number}")
        sizes[name] = _number(dimension, "NumberOfElements")
        strides[name] = _number(dimension, "BytesInc")
    is_sound = len(sizes) == len(dimensions) and {"x"} <= set(sizes)
    if not is_sound or min(sizes.values()) < 1 or min(strides.values()) < 0:
        raise SourceError("is damaged: the dimensions of an image make no sense", path, REMEDY)
    return Layout(types.pop(), sizes, strides, _starts(channels, strides["x"]))


def _dtype(channel: Element) -> np.dtype[Any]:
    bits, kind = _number(channel, "Resolution"), "uf"[_number(channel, "DataType")]
    width = next(width for width in (8, 16, 32, 64) if bits <= width)
    return np.dtype(f"<{kind}{width // 8}")


def _starts(channels: list[Element], x_stride: int) -> tuple[tuple[int, ...], ...]:
    """Group channels by three if they are red, green and blue of the same voxel."""
    starts = [_number(channel, "BytesInc") for channel in channels]
    tags = [_number(channel, "ChannelTag") for channel in channels]
    groups = [range(first, first + 3) for first in range(0, len(channels), 3)]
    is_rgb = len(channels) % 3 == 0 and all(
        sorted(tags[i] for i in group) == [*RGB]
        and max(starts[i] for i in group) - min(starts[i] for i in group) < x_stride
        for group in groups
    )
    if not is_rgb:
        return tuple((start,) for start in starts)
    ordered = [sorted(group, key=tags.__getitem__) for group in groups]
    return tuple(tuple(starts[i] for i in group) for group in ordered)


def about_of(element: Element, layout: Layout, name: str) -> ImageMetadata:
    """Gather the size of a voxel and what is said of the channels."""
    lengths = [_distance(element, number) for number in (1, 2, 3)]
    size, dropped = voxel_size([one for one, _ in lengths], [unit for _, unit in lengths])
    stated = element.findall(f"{DESCRIPTION}/Channels/ChannelDescription")
    is_grey = layout.header.samples == 1
    channels = tuple(Channel(colour=colour_of(one.get("LUTName"))) for one in stated)
    tiles = ("the tiles of a mosaic are the axis m: they are not stitched",)
    return ImageMetadata(
        name,
        size,
        channels if is_grey and any(channel.colour for channel in channels) else (),
        (*dropped, *(tiles if layout.sizes.get("m", 1) > 1 else ())),
    )


def colour_of(table: str | None) -> tuple[int, int, int] | None:
    """Give the colour of a lookup table that is named after one.

    >>> colour_of("Green"), colour_of("Glow(O&U)")
    ((0, 255, 0), None)
    """
    return COLOURS.get(str(table).lower())


def _distance(element: Element, number: int) -> tuple[float | None, str]:
    """Give the distance of voxels: Leica states that of the first and the last, mostly in m."""
    found = element.find(f"{DESCRIPTION}/Dimensions/DimensionDescription[@DimID='{number}']")
    count = _number(found, "NumberOfElements") if found is not None else 1
    if found is None or count < 2:
        return None, ""
    try:
        length = abs(float(found.get("Length", "nan"))) / (count - 1)
    except ValueError:
        return None, ""
    return length, found.get("Unit", "")


def _number(element: Element, key: str) -> int:
    return int(element.attrib[key])
