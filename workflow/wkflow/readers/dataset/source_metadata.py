"""What a folder of arrays says of itself: the attributes beside them, or OME-XML in it.

https://ngff.openmicroscopy.org/latest/#bf2raw for the XML, which lies at the top of what holds
images; of Zarr the attributes count, and not what describes arrays.
"""

import json
from pathlib import Path
from typing import Any

from wkflow.model.write_datasource import PROPERTIES
from wkflow.readers.base.source_metadata import SourceMetadata

OME_XML = Path("OME", "METADATA.ome.xml")

ABOVE = 2
"""Folders above an image that may hold its OME-XML: those of images lie below their top."""

MOST_BYTES = 2**24
"""Of a document; a larger one describes thousands of arrays."""


def read_metadata(path: str) -> SourceMetadata | None:
    """Read OME-XML, if there is some, else the attributes of the folder."""
    folder = Path(path).absolute()
    for place in (folder, *list(folder.parents)[:ABOVE]):
        if (place / OME_XML).is_file() and (place == folder or _is_store(place)):
            text = (place / OME_XML).read_text("utf-8", "replace")
            return SourceMetadata.of_xml("ome.xml", text)
    if (folder / PROPERTIES).is_file():
        return SourceMetadata.of_values("webknossos.json", _document(folder / PROPERTIES))
    if (folder / "zarr.json").is_file():
        attributes = _document(folder / "zarr.json").get("attributes") or {}
        return SourceMetadata.of_values("zarr.json", dict(attributes))
    for name, kind in ((".zattrs", "zarr"), ("attributes.json", "n5"), ("info", "precomputed")):
        if (folder / name).is_file():
            return SourceMetadata.of_values(f"{kind}.json", _document(folder / name))
    return None


def _is_store(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("zarr.json", ".zgroup", ".zattrs"))


def _document(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MOST_BYTES:
        return {}
    return dict(json.loads(path.read_bytes()))
