"""Planes as pictures: grey, coloured or labels, in a `data:` URI that a page holds itself."""

import io
from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wkflow.report.display_window import Window, scaled
from wkflow.report.planes import Plane

Picture = NDArray[np.uint8]
"""Of the shape (rows, columns, 3): red, green, blue."""

LABEL_OPACITY = 0.55
"""Of labels over an image."""

LOSSLESS_PIXELS = 2**15
"""A picture of more is a JPEG, unless it shows nothing but labels."""

JPEG_QUALITY = 88

SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""2**64 by the golden ratio: multiples of it lie far from one another (Knuth, TAOCP 3, 6.4)."""


def shown(plane: Plane, window: Window, colour: tuple[int, int, int] = (255, 255, 255)) -> Picture:
    """Give a plane as it is first shown: three channels of bytes as a colour, else one channel.

    Parameters
    ----------
    plane
        Of the shape (rows, columns, channels); of other counts than 3 the first channel is taken.
    window
        The values that become black and white.
    colour
        What white is, as red, green and blue.
    """
    if plane.shape[2] == 3 and plane.dtype == np.uint8:
        return scaled(plane, window)
    grey = scaled(plane[:, :, 0], window)
    if colour == (255, 255, 255):
        return np.repeat(grey[:, :, None], 3, axis=2)
    tinted = grey[:, :, None] * np.array(colour, np.uint16) // 255
    return tinted.astype(np.uint8)


def label_colours(ids: NDArray[Any]) -> NDArray[np.uint8]:
    """Give each id its colour, the same in all pictures: a bright one, and black for 0.

    Hue, saturation and brightness are taken from the id's Fibonacci hash; the result has one more
    axis of red, green and blue.

    >>> label_colours(np.array([0, 1, 2], np.uint16)).tolist()
    [[0, 0, 0], [44, 96, 223], [180, 255, 75]]
    """
    with np.errstate(over="ignore"):
        mixed = ids.astype(np.uint64) * SPREAD
    hue = (mixed >> np.uint64(40)).astype(np.float64) / 2**24 * 6
    saturation = 0.55 + 0.35 * ((mixed >> np.uint64(32)) & np.uint64(255)).astype(float) / 255
    value = 0.75 + 0.25 * ((mixed >> np.uint64(24)) & np.uint64(255)).astype(float) / 255
    shift = (np.array([5.0, 3.0, 1.0]) + hue[..., None]) % 6  # HSV to RGB: Smith 1978
    share = np.clip(np.minimum(shift, 4 - shift), 0, 1)
    colours = 255 * value[..., None] * (1 - saturation[..., None] * share)
    colours[ids == 0] = 0
    painted: NDArray[np.uint8] = np.rint(colours).astype(np.uint8)
    return painted


def labelled(plane: Plane, below: Picture | None = None) -> Picture:
    """Give a plane of labels in colours, over a picture of the same shape where there is one."""
    found, places = np.unique(plane[:, :, 0], return_inverse=True)
    places = places.reshape(plane.shape[:2])
    colours = label_colours(found)[places]
    if below is None:
        return colours
    mixed = LABEL_OPACITY * colours + (1 - LABEL_OPACITY) * below
    blend: Picture = np.where((found[places] == 0)[..., None], below, np.rint(mixed)).astype(
        np.uint8
    )
    return blend


def data_uri(picture: Picture, *, longest: int | None = None, is_labels: bool = False) -> str:
    """Encode a picture; with `longest` it is made smaller so that no edge is longer.

    What is small or shows labels is PNG, which keeps each value; else it is JPEG.
    """
    red, green, blue = (picture[:, :, channel] for channel in range(3))
    is_grey = bool((red == green).all() and (green == blue).all())
    image = Image.fromarray(np.ascontiguousarray(red if is_grey else picture))
    if longest and max(image.size) > longest:
        how = Image.Resampling.NEAREST if is_labels else Image.Resampling.BOX
        image.thumbnail((longest, longest), how)
    file, is_small = io.BytesIO(), image.width * image.height <= LOSSLESS_PIXELS
    kind = "png" if is_labels or is_small else "jpeg"
    if kind == "png":
        image.save(file, kind)
    else:
        image.save(file, kind, quality=JPEG_QUALITY, subsampling=0)
    return f"data:image/{kind};base64,{b64encode(file.getvalue()).decode()}"
