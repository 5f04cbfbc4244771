"""A dataset that exists, as its `datasource-properties.json` describes it.

Read as leniently as the official tools read it: of old, `scale` was a list of nanometers, mags
were `wkwResolutions`, and their folders were known by their names.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from wkflow.errors import ConfigError, SourceError
from wkflow.model.box import Triple
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.layer import ITEM_BYTES, Layer
from wkflow.model.layer_names import FIRST_PRINTED, layer_name
from wkflow.model.mag import Mag, factors_from, name_of
from wkflow.model.units import SHORT, UNITS

DTYPES = {"float": "float32", "double": "float64", "uint24": "uint8"}
"""Element classes that are not called as numpy calls them; uint24 are three channels."""


Window = tuple[float, float] | None
"""A range of values, if one is stated."""


@dataclass(frozen=True, slots=True)
class ExistingMag:
    """A mag that is listed; its folder is the first of `paths` (relative or absolute) that exists.

    `axes` name the axes of its array in order, as far as the properties say it.
    """

    mag: Mag
    paths: tuple[str, ...]
    axes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExistingLayer:
    """A layer and its mags, finest first.

    `largest_id` is the one stated for a segmentation; `window` (begin, end) is the range of values
    that is to be shown, `color` (red, green, blue; 0 to 255) as what, and `limits` are the lowest
    and the highest value, where that is stated.
    """

    layer: Layer
    mags: tuple[ExistingMag, ...]
    largest_id: int | None = None
    window: Window = None
    color: Triple | None = None
    limits: Window = None

    def mag(self, mag: Mag) -> ExistingMag | None:
        """Give a listed mag."""
        return next((one for one in self.mags if one.mag == mag), None)


@dataclass(frozen=True, slots=True)
class Existing:
    """Name, voxel size (x, y, z) in `unit`, and layers of a dataset."""

    name: str
    voxel_size: tuple[float, float, float]
    unit: str
    layers: tuple[ExistingLayer, ...]

    @classmethod
    def parse(cls, document: dict[str, Any], where: str) -> Self:
        """Read the properties.

        Raises
        ------
        SourceError
            If they describe no dataset, or one that cannot be read.
        """
        try:
            size, unit = _scale(document["scale"])
            layers = tuple(_layer(layer) for layer in document["dataLayers"])
            name = str(document.get("id", {}).get("name") or "")
        except (ValueError, LookupError, TypeError, AttributeError, ConfigError) as error:
            said = error.what if isinstance(error, ConfigError) else f"{error}"
            raise SourceError(
                f"describes no dataset that can be read ({type(error).__name__}: {said})", where,
                "Open it with the tool that made it.",
            ) from None  # fmt: skip
        return cls(name, size, unit, layers)

    @property
    def mags(self) -> Iterator[Mag]:
        """All mags of all layers."""
        return (one.mag for layer in self.layers for one in layer.mags)


def listed_mags(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Give each mag of a dataset's properties behind its layer, both as they are described."""
    return ((layer, mag) for layer in document["dataLayers"] for mag in mags_of(layer))


def mags_of(layer: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the list of mags of a layer's description, whatever it is called; the list itself."""
    found: list[dict[str, Any]] = layer.get(MAGS, layer.get(RESOLUTIONS, []))
    return found


MAGS, RESOLUTIONS = "mags", "wkwResolutions"


def mag_of(mag: dict[str, Any]) -> Mag:
    """Read the mag of its description.

    Raises
    ------
    ConfigError
        If a factor is no power of two: none of our mags.
    """
    return Mag(*factors_of(mag))


def factors_of(mag: dict[str, Any]) -> Triple:
    """Read the factors (x, y, z) of a mag's description, which states one number or three."""
    return factors_from(mag["mag"] if "mag" in mag else mag["resolution"])


def paths_of(layer: dict[str, Any], mag: dict[str, Any]) -> tuple[str, ...]:
    """Give where a mag of a layer is stated to lie, or else may lie, relative or as an URL."""
    if mag.get("path"):
        return (str(mag["path"]),)
    return usual_paths(str(layer["name"]), factors_of(mag))


def usual_paths(layer: str, factors: Triple) -> tuple[str, str]:
    """Give where a mag lies if its description does not say it: the first of these that exists."""
    return f"./{layer}/{name_of(factors)}", f"./{layer}/{'-'.join(map(str, factors))}"


def local_path(path: str) -> str:
    """Give a path without `./` before it and scheme; other URLs stay as they are."""
    if path.startswith("file://"):
        return unquote(urlsplit(path).path)
    return path if "://" in path else os.path.normpath(path).replace(os.sep, "/")


def _scale(scale: Any) -> tuple[tuple[float, float, float], str]:  # noqa: ANN401 -- JSON
    numbers, unit = (scale, "nanometer") if isinstance(scale, list) else (
        scale["factor"], scale.get("unit", "nanometer"))  # fmt: skip
    x, y, z = map(float, numbers)
    if SHORT.get(unit, unit) not in UNITS:
        raise ValueError(f"{unit} is no unit of length")
    return (x, y, z), SHORT.get(unit, unit)


def _layer(layer: dict[str, Any]) -> ExistingLayer:
    if not {MAGS, RESOLUTIONS} & layer.keys():
        raise KeyError(MAGS)
    further = layer.get("additionalAxes") or []
    further = sorted(further, key=lambda axis: int(axis["index"]))
    mags = [_mag(layer, mag, further) for mag in mags_of(layer)]
    _check_names(layer)
    mags.sort(key=lambda one: (one.mag.largest, one.mag.factors))
    begin, end = _box(layer["boundingBox"])
    element = str(layer["elementClass"])
    dtype = DTYPES.get(element, element)
    data_format = str(layer.get("dataFormat", "wkw"))
    if dtype not in ITEM_BYTES or data_format not in DATA_FORMATS:
        raise ValueError(f"layer {layer['name']} holds {element} as {data_format}")
    begins = tuple(int(axis["bounds"][0]) for axis in further)
    places = tuple(int(axis["index"]) for axis in further)
    return ExistingLayer(
        Layer(
            str(layer["name"]),
            str(layer["category"]),
            dtype,
            int(layer.get("numChannels") or (3 if element == "uint24" else 1)),
            end,
            tuple((str(axis["name"]), _span(axis["bounds"])) for axis in further),
            data_format,
            begin,
            begins if any(begins) else (),
            () if places == tuple(range(len(places))) else places,
            folder=_folder(str(layer["name"]), mags),
        ),
        tuple(mags),
        *_shown(layer),
    )


def _shown(
    layer: dict[str, Any],
) -> tuple[int | None, Window, Triple | None, Window]:
    """Read how a layer is to be shown; what is no number is as if it were not stated."""
    stated = layer.get("defaultViewConfiguration")
    view = stated if isinstance(stated, dict) else {}
    largest = layer.get("largestSegmentId")
    if isinstance(largest, dict):  # of more digits than a double has
        largest = int(largest["value"])
    ids = _numbers([largest], 1)
    window = _numbers(view.get("intensityRange"), 2)
    limits = _numbers([view.get("min"), view.get("max")], 2)
    color = _numbers(view.get("color"), 3)
    return (
        int(ids[0]) if ids else None,
        (window[0], window[1]) if window else None,
        (int(color[0]), int(color[1]), int(color[2])) if color else None,
        (limits[0], limits[1]) if limits else None,
    )


def _numbers(stated: object, count: int) -> list[float]:
    """Give a list of so many numbers; nothing if it is no such list."""
    listed = stated if isinstance(stated, list) and len(stated) == count else []
    numbers: list[float] = [one for one in listed if isinstance(one, int | float)]
    return numbers if len(numbers) == count else []


def _check_names(layer: dict[str, Any]) -> None:
    """Refuse names that would lead elsewhere, by the rule of the options."""
    try:
        layer_name(layer["name"])
    except ValueError as error:
        raise ValueError(f"layer {layer['name']!r} {error}") from None
    for mag in mags_of(layer):
        path = str(mag.get("path") or "")
        if any(ord(letter) < FIRST_PRINTED for letter in unquote(path)):
            raise ValueError(f"the path {path!r} holds a control character")


def _span(bounds: list[int]) -> int:
    return int(bounds[1]) - int(bounds[0])


def _box(box: dict[str, Any]) -> tuple[Triple, Triple]:
    """Give begin and end of a bounding box."""
    x, y, z = map(int, box["topLeft"])
    width, height, depth = (int(box[key]) for key in ("width", "height", "depth"))
    if min(x, y, z) < 0 or min(width, height, depth) < 1:
        raise ValueError(f"the bounding box {box} holds no voxels that arrays can have")
    return (x, y, z), (x + width, y + height, z + depth)


def _mag(layer: dict[str, Any], mag: dict[str, Any], further: list[dict[str, Any]]) -> ExistingMag:
    factors = mag_of(mag)
    paths = tuple(map(local_path, paths_of(layer, mag)))
    return ExistingMag(factors, paths, _axes(mag.get("axisOrder") or {}, further))


def _axes(order: dict[str, int], further: list[dict[str, Any]]) -> tuple[str, ...]:
    """Name the axes of an array in order; nothing if what is stated does not fit together."""
    places = {int(place): str(name) for name, place in order.items()}
    places |= {int(axis["index"]): str(axis["name"]) for axis in further}
    is_whole = bool(order) and sorted(places) == list(range(len(order) + len(further)))
    return tuple(places[place] for place in sorted(places)) if is_whole else ()


def _folder(name: str, mags: list[ExistingMag]) -> str:
    """Give the folder below which the mags lie, if they share one that is not called as usual."""
    folders = {path.rpartition("/")[0] for one in mags for path in one.paths}
    folder = folders.pop() if len(folders) == 1 else ""
    is_inside = folder and not folder.startswith(("/", "..")) and "://" not in folder
    return folder if is_inside and folder != name else ""
