"""Neuroglancer's precomputed volumes: one image, the finest scale.

https://github.com/google/neuroglancer/blob/master/src/datasource/precomputed/volume.md
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from wkflow.errors import SourceError
from wkflow.formats.dataset_files import LocalFiles
from wkflow.formats.precomputed import scale_array
from wkflow.model.source import ImageMetadata, Place, References
from wkflow.model.units import to_nm
from wkflow.readers.base.optional_metadata import besides
from wkflow.readers.base.references import require_within
from wkflow.readers.dataset.image import Stored, StoredImage, fetch_from, image_of

COLOURED = frozenset({"jpeg", "png"})
"""Encodings whose three channels are red, green and blue of one picture."""

CATEGORIES = {"image": "color", "segmentation": "segmentation"}
"""What the `type` of a volume is to WEBKNOSSOS."""


def images(path: str, references: References) -> tuple[StoredImage, ...]:
    """Give the one image of a volume."""
    file = Path(path) / "info"
    info = json.loads(file.read_bytes())
    scales = info.get("scales") if isinstance(info, dict) else None
    if not scales:
        raise SourceError("is no volume: its info lists no scales", path, "Name a volume's folder.")
    require_within(path, str(scales[0]["key"]), str(Path(path) / str(scales[0]["key"])), references)
    x, y, z = map(float, scales[0].get("voxel_offset") or (0, 0, 0))
    about = replace(besides(lambda: _about(info, scales[0])), place=Place((x, y, z)))
    return (image_of(path, _stored(path, info, scales[0]), about, (str(file.absolute()),)),)


def _about(info: dict[str, Any], scale: dict[str, Any]) -> ImageMetadata:
    x, y, z = (to_nm(size, "nm") for size in scale["resolution"])
    return ImageMetadata("", (x, y, z), category=CATEGORIES.get(str(info.get("type")), ""))


def _stored(path: str, info: dict[str, Any], scale: dict[str, Any]) -> Stored:
    files = LocalFiles(path, handles=0)
    array = scale_array(files, "info", str(scale["key"]), info, scale)
    encoding, kind = scale["encoding"], (array.shape[0], array.dtype.name)
    is_rgb = encoding in COLOURED and kind == (3, "uint8")
    return Stored(
        array.axes, array.shape, array.chunk, array.dtype, fetch_from(array), array.origin,
        is_rgb=is_rgb, names_image=False,
    )  # fmt: skip
