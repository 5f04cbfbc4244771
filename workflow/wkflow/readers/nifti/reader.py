"""NIfTI-1 and NIfTI-2, in one file or two, plain or gzipped, and Analyze 7.5.

https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

import os
from contextlib import AbstractContextManager, closing

import numpy as np

from wkflow.errors import SourceError
from wkflow.formats.size_limits import DEFLATE, require_held
from wkflow.model.source import Header, ImageInfo, ImageMetadata
from wkflow.model.units import voxel_size
from wkflow.readers.base.file_type import not_of
from wkflow.readers.base.gzip_image import StreamedImage, open_streamed
from wkflow.readers.base.inflate import Inflated
from wkflow.readers.base.optional_metadata import besides
from wkflow.readers.base.uncompressed import ArrayImage, FileArray, open_arrays, require_bytes
from wkflow.readers.base.unmarked import open_unmarked
from wkflow.readers.nifti.header import HEAD_BYTES, NiftiHeader
from wkflow.source_errors import REMEDY, translated

TYPES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 128: "u1", 256: "i1", 512: "u2", 768: "u4",
    1024: "i8", 1280: "u8", 2304: "u1",
}  # fmt: skip
"""Datatype to numpy's type."""

STORED_SAMPLES = {128: 3, 2304: 4}
"""RGB24 and RGBA32."""

COMPLEX_TYPES = frozenset({32, 1792, 2048})

CIFTI_INTENTS = range(3001, 3013)
"""https://www.nitrc.org/projects/cifti: matrices over a surface, no image."""


class NiftiReader:
    """One image; the fourth axis is t, the fifth the channels.

    Axes are those of the file: the rotation to the patient's is not applied, nor is the slope.
    """

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Read the header, and of a plain file its length."""
        return (_image(path)[1],)

    def open(
        self, path: str
    ) -> AbstractContextManager[list[ArrayImage]] | AbstractContextManager[list[StreamedImage]]:
        """Open the image; one in a gzip file is a stream."""
        file, probe, array = _image(path)
        if probe.is_stream:
            return open_streamed(file, [(probe, array)])
        return open_arrays(file, [(probe, array)])


def _image(path: str) -> tuple[str, ImageInfo, FileArray]:
    """Give the file that holds the voxels, what is said of them, and where in it they lie."""
    head = _head(path)
    with translated(path):
        nifti = NiftiHeader.read(head)
        if nifti is None:
            raise not_of("NIfTI", path, head)
        header, array = _lay(path, nifti)
    file = _beside(path) if nifti.is_pair else path
    is_stream = file.lower().endswith(".gz")
    with translated(file):
        size = os.stat(file).st_size  # noqa: PTH116 -- ten thousand slices: no Path for each
    if is_stream:
        require_held(file, header, array.end(header), size, DEFLATE)
    else:
        require_bytes(file, size, array.end(header))
    grain = (header.width, header.height, 1) if is_stream else (1, 1, 1)
    files = (path, file) if nifti.is_pair else ()
    return file, ImageInfo(header, grain, besides(lambda: _about(nifti)), files, is_stream), array


def _head(path: str) -> bytes:
    if path.lower().endswith(".gz"):
        with closing(Inflated(path)) as inflated:
            return inflated.head(HEAD_BYTES)
    with translated(path), open_unmarked(path) as file:
        return file.read(HEAD_BYTES)


def _lay(path: str, nifti: NiftiHeader) -> tuple[Header, FileArray]:
    if nifti.datatype in COMPLEX_TYPES:
        remedy = "Save its magnitude or its real part as an image of its own."
        raise SourceError("holds complex numbers, which no layer can", path, remedy)
    if nifti.intent in CIFTI_INTENTS:
        remedy = "Save it as a volume: wb_command -cifti-separate."
        raise SourceError("is CIFTI: a matrix over a surface, not an image", path, remedy)
    if nifti.datatype not in TYPES:
        what = f"holds voxels of an unknown type (datatype {nifti.datatype})"
        raise SourceError(what, path, REMEDY)
    if nifti.offset < 0 or min(nifti.shape, default=0) < 1:
        raise SourceError("is damaged: its header makes no sense", path, REMEDY)
    x, y, z, t, c, *more = (*nifti.shape, *(1,) * (5 - len(nifti.shape)))
    if any(n > 1 for n in more):
        what = f"has {len(nifti.shape)} axes ({' x '.join(map(str, nifti.shape))})"
        raise SourceError(what, path, "Save it in parts of no more than five axes.")
    dtype = np.dtype(TYPES[nifti.datatype])
    stored = STORED_SAMPLES.get(nifti.datatype, 1)
    header = Header(x, y, z, min(stored, 3), dtype.name, c, (("t", t),) if t > 1 else ())
    stored_as = nifti.order + TYPES[nifti.datatype]
    return header, FileArray.packed(header, stored_as, nifti.offset, "sxyztc", stored)


def _beside(path: str) -> str:
    """Find the file with the voxels that belong to a header."""
    stem, suffix = os.path.splitext(path)  # noqa: PTH122 -- as above
    image = ".IMG" if suffix.isupper() else ".img"
    for name in (stem + image, stem + image + ".gz"):
        if os.path.exists(name):  # noqa: PTH110 -- as above
            return name
    what = f"is a header only: the voxels are missing ({os.path.basename(stem)}{image})"  # noqa: PTH119
    raise SourceError(what, path, "Put both files into the same folder.")


def _about(nifti: NiftiHeader) -> ImageMetadata:
    size, dropped = voxel_size([abs(extent) for extent in nifti.pixdim], [nifti.unit] * 3)
    notes = [*dropped]
    if STORED_SAMPLES.get(nifti.datatype) == 4:
        notes.append("alpha is left out")
    if nifti.scale != (1.0, 0.0):
        notes.append("slope {:g} and intercept {:g} are not applied".format(*nifti.scale))
    return ImageMetadata(voxel_nm=size, notes=tuple(notes))
