"""What the attributes of an OME-Zarr image say: levels, axes, voxel size, channels.

https://ngff.openmicroscopy.org/0.4/#multiscale-md and later; 0.1 to 0.3 have no axes or only
their names.
"""

from math import isfinite
from typing import Any

from wkflow.model.source import NO_CHANNELS, Channel, ImageMetadata, Place
from wkflow.model.units import voxel_size
from wkflow.readers.base.optional_metadata import in_part


def level_of(pyramid: dict[str, Any]) -> dict[str, Any]:
    """Give the finest level: the first."""
    level: dict[str, Any] = pyramid["datasets"][0]
    return level


def names_of(pyramid: dict[str, Any]) -> list[str] | None:
    """Give the names of the axes, slowest first; None where none are stated."""
    axes = pyramid.get("axes")
    return [str(a["name"] if isinstance(a, dict) else a) for a in axes] if axes else None


def about_of(
    pyramid: dict[str, Any], axes: tuple[str, ...], omero: dict[str, Any], name: str
) -> ImageMetadata:
    """Gather what is said of the image; a length without a unit is none."""
    scale, translation = _transformed(pyramid, len(axes))
    units = [a.get("unit") if isinstance(a, dict) else None for a in pyramid.get("axes") or axes]
    along = {axis: (scale[i], units[i] or "") for i, axis in enumerate(axes)}
    pairs = [along.get(axis, (None, "")) for axis in "xyz"]
    size, dropped = voxel_size([value for value, _ in pairs], [unit for _, unit in pairs])
    place = _place(dict(zip(axes, zip(scale, translation, strict=True), strict=True)))
    channels, notes = in_part(
        lambda: tuple(channel_of(channel) for channel in omero.get("channels", [])),
        NO_CHANNELS,
        "names and colours of channels",
    )
    return ImageMetadata(name, size, channels, (*dropped, *notes), place=place)


def _transformed(pyramid: dict[str, Any], count: int) -> tuple[list[float], list[float]]:
    """Give what a voxel of the finest level spans, and where the first one is.

    The transformations of the level come first, those of the whole pyramid act on what they give.
    """
    scale, translation = [1.0] * count, [0.0] * count
    for part in (level_of(pyramid), pyramid):
        for step in part.get("coordinateTransformations") or ():
            values = [float(value) for value in step.get(step.get("type")) or ()]
            if step.get("type") == "scale" and len(values) == count:
                scale = [a * b for a, b in zip(scale, values, strict=True)]
                translation = [a * b for a, b in zip(translation, values, strict=True)]
            elif step.get("type") == "translation" and len(values) == count:
                translation = [a + b for a, b in zip(translation, values, strict=True)]
    return scale, translation


def _place(along: dict[str, tuple[float, float]]) -> Place:
    """Give the place of the first voxel, counted in voxels."""
    x, y, z = (
        begin / step if step and isfinite(begin / step) else 0.0
        for step, begin in (along.get(axis, (1.0, 0.0)) for axis in "xyz")
    )
    return Place((x, y, z), is_centred=True)


def channel_of(stated: dict[str, Any]) -> Channel:
    """Read one channel of the key "omero": `{"label", "color": "FF0000", "window": {"start"}}`.

    >>> channel_of({"label": "DAPI", "color": "0000FF", "window": {"start": 5, "end": 90}})
    Channel(name='DAPI', colour=(0, 0, 255), window=(5.0, 90.0))
    """
    colour, window = str(stated.get("color", "")).lstrip("#"), stated.get("window") or {}
    try:
        red, green, blue = bytes.fromhex(colour[:6])
    except ValueError:
        rgb = None
    else:
        rgb = (red, green, blue)
    has_window = {"start", "end"} <= set(window)
    return Channel(
        str(stated.get("label") or ""),
        rgb,
        (float(window["start"]), float(window["end"])) if has_window else None,
    )
