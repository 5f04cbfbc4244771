"""What ImageJ says of a stack, in the description and in two tags of its own.

https://github.com/imagej/ImageJ/blob/master/ij/io/TiffEncoder.java
"""

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffFile, TiffPage

from wkflow.errors import SourceError
from wkflow.model.box import Triple
from wkflow.model.source import NO_CHANNELS, Channel, Header, ImageMetadata
from wkflow.model.units import voxel_size
from wkflow.readers.base.optional_metadata import in_part

RESOLUTIONS = {"x": 282, "y": 283}
"""XResolution and YResolution: voxels per unit, two integers."""

STEPS = ("channels", "slices", "frames")
"""What ImageJ calls the axes along which planes follow one another."""

AGAIN = "Open it in ImageJ, look at its dimensions, and save it again."

UNNAMED_NOTE = (
    "its planes are stored as {} channels; were they written from Python without naming the axes, "
    "they may be z-planes"
)

CHANNELS_MANY = 8
"""ImageJ itself shows seven channels at most in colours."""


def require_agreement(said: dict[str, Any], path: str) -> None:
    """Refuse a description that contradicts itself: which page is which plane is not known then.

    Parameters
    ----------
    said : dict
        What ImageJ says.
    path : str
        The file, for the error.
    """
    counts = {name: said[name] for name in ("images", *STEPS) if name in said}
    odd = [f"{name}={n}" for name, n in counts.items() if not isinstance(n, int) or n < 1]
    if odd:
        raise SourceError(f"is damaged: ImageJ's description says {', '.join(odd)}", path, AGAIN)
    steps = [(name, counts[name]) for name in STEPS if name in counts]
    if steps and "images" in counts and prod(n for _, n in steps) != counts["images"]:
        words = " x ".join(f"{n} {name}" for name, n in steps)
        what = f"is damaged: ImageJ's description says {counts['images']} images, and {words}"
        raise SourceError(what, path, AGAIN)


def _left_out(tif: TiffFile, said: dict[str, Any]) -> tuple[str, ...]:
    """Say how many pages ImageJ does not describe."""
    described = said.get("images") or prod(said.get(name, 1) for name in STEPS)
    count = len(tif.pages)
    if count <= described:
        return ()
    return (f"ImageJ describes {described} of its {count} pages; the others are left out",)


def imagej_about(tif: TiffFile, header: Header) -> ImageMetadata:
    """Give voxel size, colours and shown values."""
    said: dict[str, Any] = tif.imagej_metadata or {}
    page = tif.pages.first
    unit = _unit(said, "unit", "")
    depth = said.get("spacing")
    size, notes = voxel_size(
        (
            _extent(page, "x"),
            _extent(page, "y"),
            abs(depth) if isinstance(depth, int | float) else None,
        ),
        (unit, _unit(said, "yunit", unit), _unit(said, "zunit", unit)),
    )
    if header.channels >= CHANNELS_MANY and not {"slices", "frames"} & set(said):
        notes = (*notes, UNNAMED_NOTE.format(header.channels))
    channels, more = in_part(
        lambda: _channels(said, header.channels),
        NO_CHANNELS,
        "colours and shown values of channels",
    )
    return ImageMetadata(
        voxel_nm=size,
        channels=channels,
        notes=(*notes, *more, *_left_out(tif, said)),
    )


def _unit(said: dict[str, Any], key: str, default: str) -> str:
    r"""Read a unit; ImageJ escapes what is not Latin: `\u00B5m`."""
    text = str(said.get(key, default))
    return text.replace("\\u00B5", "µ").replace("\\u00b5", "µ").replace("\\u00C5", "Å")


def _extent(page: TiffPage, axis: str) -> float | None:
    return 1 / density if (density := resolution(page, axis)) else None


def resolution(page: TiffPage, axis: str) -> float | None:
    """Give how many voxels there are in one unit along x or y."""
    found = page.tags.valueof(RESOLUTIONS[axis])
    if not isinstance(found, tuple) or len(found) != 2 or 0 in found:
        return None
    return float(found[0] / found[1])


def _channels(said: dict[str, Any], count: int) -> tuple[Channel, ...]:
    tables: list[NDArray[np.uint8]] = list(said.get("LUTs", ()))
    ranges = [float(value) for value in said.get("Ranges", ())]
    windows = list(zip(ranges[::2], ranges[1::2], strict=False))
    if not windows and count == 1 and {"min", "max"} <= set(said):
        windows = [(float(said["min"]), float(said["max"]))]
    if not tables and not windows:
        return ()
    return tuple(
        Channel(
            colour=_colour(tables[number]) if number < len(tables) else None,
            window=_window(windows[number]) if number < len(windows) else None,
        )
        for number in range(count)
    )


def _colour(table: NDArray[np.uint8]) -> Triple | None:
    """Give the colour of the brightest value; none for a table that ends in black."""
    red, green, blue = (int(value) for value in table[:, -1])
    return (red, green, blue) if red or green or blue else None


def _window(found: tuple[float, float]) -> tuple[float, float] | None:
    return found if found[0] < found[1] else None
