"""datasource-properties.json as a server reads, judges and writes it."""

import copy
import json
import math
from pathlib import Path, PurePosixPath
from typing import Any

from tests.standin.answers import refusal

Document = dict[str, Any]

PROPERTIES = "datasource-properties.json"
SAFE = 2**53 - 1
BIGINT_SINCE = 15
CHANNELS = {"uint24": 3}
FORMATS = {"zarr3", "zarr", "wkw", "n5", "neuroglancerPrecomputed"}
LARGEST = {
    **{f"uint{bits}": 2**bits - 1 for bits in (8, 16, 32, 64)},
    **{f"int{bits}": 2 ** (bits - 1) - 1 for bits in (8, 16, 32, 64)},
}
ELEMENT_CLASSES = {*LARGEST, "uint24", "float", "double"}
KEPT = {"name", "category", "boundingBox", "dataFormat", "elementClass", "mags",
        "defaultViewConfiguration", "adminViewConfiguration", "coordinateTransformations",
        "additionalAxes", "attachments", "largestSegmentId", "mappings"}  # fmt: skip
"""What is read of a layer; the rest is dropped."""

ATTACHMENT_LISTS = ("meshes", "agglomerates", "connectomes")
ATTACHMENT_SINGLES = ("segmentIndex", "segmentStatistics", "cumsum")


def mag_name(mag: list[int]) -> str:
    """Name the folder of a mag.

    Examples
    --------
    >>> mag_name([2, 2, 2]), mag_name([2, 2, 1])
    ('2', '2-2-1')
    """
    return str(mag[0]) if len(set(mag)) == 1 else "-".join(map(str, mag))


def read_source(text: bytes, api: int) -> Document:
    """Parse a document; refuse one that a server of this API cannot parse."""
    try:
        return normalized(json.loads(text), api)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as failure:
        status = f"Error: Invalid json format in {PROPERTIES}: {failure!r}"
        raise refusal(f"Invalid dataset uploaded: {status}") from failure


def normalized(document: Document, api: int) -> Document:
    """Give the document with plain numbers, with `mags` for `wkwResolutions`, and no surplus."""
    scale = document["scale"]
    if isinstance(scale, list):
        scale = {"factor": scale, "unit": "nanometer"}
    layers = [_layer(layer, api) for layer in document["dataLayers"]]
    kept = {"id": document["id"], "scale": scale, "dataLayers": layers, "version": 1}
    view = document.get("defaultViewConfiguration")
    return kept if view is None else {**kept, "defaultViewConfiguration": view}


def _layer(layer: Document, api: int) -> Document:
    kept = {key: copy.deepcopy(layer[key]) for key in KEPT & layer.keys()}
    kept["name"], kept["category"] = str(layer["name"]), str(layer["category"])
    if "mags" not in layer:
        if "wkwResolutions" not in layer:
            raise ValueError("Either 'mags' or 'wkwResolutions' must be provided")
        kept["mags"] = [{"mag": one["resolution"]} for one in layer["wkwResolutions"]]
    for mag in kept["mags"]:
        edge = mag["mag"]
        mag["mag"] = [edge] * 3 if isinstance(edge, int) else [int(axis) for axis in edge]
    if kept["dataFormat"] not in FORMATS or kept["elementClass"] not in ELEMENT_CLASSES:
        raise ValueError(f"{kept['dataFormat']} of {kept['elementClass']}")
    _ = [kept["boundingBox"][key] for key in ("topLeft", "width", "height", "depth")]
    if kept.get("largestSegmentId") is not None:
        kept["largestSegmentId"] = _plain(kept["largestSegmentId"], api)
    return kept


def _plain(number: Any, api: int) -> int:  # noqa: ANN401 -- a number or its envelope
    if isinstance(number, dict):
        if api < BIGINT_SINCE or number["customJsonEncoding"] != "bigint":
            raise ValueError("largestSegmentId is no number")
        return int(number["value"])
    if not isinstance(number, int):
        raise TypeError("largestSegmentId is no number")
    return number


def spelled(document: Document, version: int) -> Document:
    """Give the document as it is sent to a client of an API version."""
    sent = copy.deepcopy(document)
    for layer in sent["dataLayers"]:
        layer["numChannels"] = CHANNELS.get(layer["elementClass"], 1)
        layer["resolutions"] = [mag["mag"] for mag in layer["mags"]]
        largest = layer.get("largestSegmentId")
        if largest is not None and (version >= BIGINT_SINCE or largest > SAFE):
            layer["largestSegmentId"] = {"customJsonEncoding": "bigint", "value": str(largest)}
    return sent


def violations(document: Document) -> list[str]:
    """List all that makes a parsed document unusable."""
    layers = document["dataLayers"]
    found = []
    if min(document["scale"]["factor"]) <= 0:
        found.append("Voxel size (scale) is negative in at least one dimension.")
    if not layers:
        found.append("No layers.")
    for layer in layers:
        found += [text for text in _layer_violations(layer) if text not in found]
    names = [layer["name"] for layer in layers]
    if len(set(names)) < len(names):
        found.append("Layer names must be unique. At least two layers have the same name.")
    return found + name_violations(names)


def name_violations(names: list[str]) -> list[str]:
    slash = ["Layer names must not contain forward slash."] * any("/" in name for name in names)
    dot = ["Layer names must not start with dot."] * any(name.startswith(".") for name in names)
    return slash + dot


def _layer_violations(layer: Document) -> list[str]:
    mags = sorted((mag["mag"] for mag in layer["mags"]), key=max)
    found = []
    if any(min(b - a for a, b in zip(*two, strict=True)) < 0 for two in zip(mags, mags[1:])):  # noqa: B905, RUF007 -- neighbours
        found.append("Mags do not monotonically increase in all dimensions.")
    if len({tuple(mag) for mag in mags}) < len(mags):
        found.append("There are duplicate mags in a layer.")
    if min(layer["boundingBox"][edge] for edge in ("width", "height", "depth")) <= 0:
        found.append("Empty bounding box in a layer.")
    if layer["category"] == "segmentation":
        found += _segmentation_violations(layer)
    return found


def _segmentation_violations(layer: Document) -> list[str]:
    limit = LARGEST.get(layer["elementClass"])
    if limit is None:
        return ["Invalid element class for a segmentation layer."]
    largest = layer.get("largestSegmentId")
    if largest is None or 0 <= largest <= limit:
        return []
    return [f"Largest segment id exceeds range (0 to {limit}, got {largest})"]


def check(document: Document) -> None:
    """Refuse a document that breaks a rule, naming all the rules that it breaks."""
    found = violations(document)
    if found:
        raise refusal(f"Invalid dataset uploaded: Error: {' '.join(found)}")


def attachments(layer: Document) -> list[tuple[str, Document]]:
    """List the attachments of a layer with the name of their kind."""
    held = layer.get("attachments") or {}
    singles = [(kind, held[kind]) for kind in ATTACHMENT_SINGLES if held.get(kind)]
    return singles + [(kind, one) for kind in ATTACHMENT_LISTS for one in held.get(kind, ())]


def drop_attachment(layer: Document, kind: str, one: Document) -> None:
    """Take an attachment out of a layer."""
    held = layer["attachments"]
    left = [other for other in held[kind] if other is not one] if kind in ATTACHMENT_LISTS else []
    if left:
        held[kind] = left
    else:
        del held[kind]


def places(document: Document) -> list[tuple[str, Document]]:
    """List the path of each mag and attachment, with the object that holds it."""
    found = []
    for layer in document["dataLayers"]:
        found += [
            (mag.get("path") or f"./{layer['name']}/{mag_name(mag['mag'])}", mag)
            for mag in layer["mags"]
        ]
        found += [(one["path"], one) for _, one in attachments(layer)]
    return found


def rooted(document: Document, root: Path) -> Document:
    """Give the document with absolute paths below the root; refuse paths that leave it."""
    sent = copy.deepcopy(document)
    for path, holder in places(sent):
        parts = PurePosixPath(path).parts
        if path.startswith("/") or "://" in path or ".." in parts or not parts:
            raise refusal(
                "Cannot upload a data source with local paths that leave the dataset, or with "
                "paths that match the WEBKNOSSOS reserved paths."
            )
        holder["path"] = str(root.joinpath(*parts))
    return sent


def find_layer(document: Document, name: str) -> Document | None:
    return next((layer for layer in document["dataLayers"] if layer["name"] == name), None)


def find_mag(layer: Document, name: str) -> Document | None:
    """Find a mag by its name: `2`, `2-2-2` and `2-2-1` are understood."""
    try:
        edges = [int(edge) for edge in name.split("-")]
    except ValueError:
        return None
    wanted = edges * 3 if len(edges) == 1 else edges
    return next((mag for mag in layer["mags"] if mag["mag"] == wanted), None)


def extent(layer: Document, mag: list[int]) -> list[int]:
    """Give the far corner of a layer's bounding box in a mag, along x, y, z."""
    box = layer["boundingBox"]
    size = (box["width"], box["height"], box["depth"])
    ends = [low + length for low, length in zip(box["topLeft"], size, strict=True)]
    return [math.ceil(end / edge) for end, edge in zip(ends, mag, strict=True)]
