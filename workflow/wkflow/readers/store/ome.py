"""What the attributes of an OME-Zarr image say: levels, axes, voxel size, channels.

https://ngff.openmicroscopy.org/0.4/#multiscale-md and later; 0.1 to 0.3 have no axes or only
their names.
"""

from math import prod
from typing import Any

from wkflow.readers.besides import in_part
from wkflow.readers.length import to_nm
from wkflow.source import NO_CHANNELS, About, Channel


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
) -> About:
    """Gather what is said of the image; a length without a unit is none."""
    scales = [_scale(part, len(axes)) for part in (level_of(pyramid), pyramid)]
    units = [a.get("unit") if isinstance(a, dict) else None for a in pyramid.get("axes") or axes]
    lengths = {
        axis: to_nm(prod(scale[i] for scale in scales), str(units[i]))
        for i, axis in enumerate(axes)
    }
    channels, notes = in_part(
        lambda: tuple(channel_of(channel) for channel in omero.get("channels", [])),
        NO_CHANNELS,
        "names and colours of channels",
    )
    return About(name, (lengths.get("x"), lengths.get("y"), lengths.get("z")), channels, notes)


def _scale(part: dict[str, Any], count: int) -> list[float]:
    for step in part.get("coordinateTransformations") or ():
        if step.get("type") == "scale" and len(step.get("scale", ())) == count:
            return [float(factor) for factor in step["scale"]]
    return [1.0] * count


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
