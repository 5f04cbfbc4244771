"""WKW without a dataset around it: the folder of one mag, cubes beside their `header.wkw`.

https://github.com/scalableminds/webknossos-wrap/blob/master/SPECIFICATION.md. Nothing says there
where the voxels begin and end: the image is what the cubes span that are there.
"""

import re
from dataclasses import replace
from pathlib import Path

from wkflow.errors import SourceError
from wkflow.formats.dataset_files import LocalFiles
from wkflow.formats.table import format_of
from wkflow.formats.wkw_file import Header
from wkflow.model.source import ImageMetadata, Place, References
from wkflow.readers.dataset.image import Stored, StoredImage, fetch_from, image_of

HEADER = "header.wkw"

CUBE = re.compile(r"z(\d+)/y(\d+)/x(\d+)\.wkw")


def images(path: str, references: References) -> tuple[StoredImage, ...]:  # noqa: ARG001 -- names none
    """Give the one image of a mag; three channels of bytes are red, green and blue."""
    whole = mag_at(Path(path))
    files = Path(path).glob("z*/y*/x*.wkw")
    cubes = [CUBE.fullmatch(file.relative_to(path).as_posix()) for file in files]
    positions = [tuple(map(int, cube.groups()[::-1])) for cube in cubes if cube]
    if not positions:
        raise SourceError(
            f"holds no cubes beside its {HEADER}", path, "Name the folder of a mag: em/1."
        )
    header = Header.of((Path(path) / HEADER).read_bytes())
    edge = header.edge * header.block
    begin = [edge * min(side) for side in zip(*positions, strict=True)]
    end = [edge * (max(side) + 1) for side in zip(*positions, strict=True)]
    x, y, z = begin
    channels = whole.shape[0]
    shape = (channels, *(e - b for b, e in zip(begin, end, strict=True)))
    is_rgb = (channels, whole.dtype.name) == (3, "uint8")
    stored = replace(whole, shape=shape, begin=(0, x, y, z), is_rgb=is_rgb)
    about = ImageMetadata("", place=Place((float(x), float(y), float(z))))
    return (image_of(path, stored, about, (str((Path(path) / HEADER).absolute()),)),)


def mag_at(folder: Path) -> Stored:
    """Give the array of a mag, which has no end.

    Raises
    ------
    SourceError
        If its header is missing, or none.
    """
    array = format_of("wkw").array(LocalFiles("", handles=0), str(folder), ())
    return Stored(array.axes, array.shape, array.chunk, array.dtype, fetch_from(array))
