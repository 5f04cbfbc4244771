"""What a NIfTI or Analyze header says, but for free text: a patient's name may stand there.

https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h, .../nifti2/nifti2.h
"""

from contextlib import closing

import numpy as np

from wkflow.readers.base.inflate import Inflated
from wkflow.readers.base.source_metadata import SourceMetadata
from wkflow.readers.nifti.header import HEAD_BYTES, NiftiHeader

_ORIENTATION = [
    *(("qform_code", "i2"), ("sform_code", "i2"), ("quatern_b", "f4"), ("quatern_c", "f4")),
    *(("quatern_d", "f4"), ("qoffset_x", "f4"), ("qoffset_y", "f4"), ("qoffset_z", "f4")),
    *(("srow_x", "f4", 4), ("srow_y", "f4", 4), ("srow_z", "f4", 4)),
]

FIRST = [
    *(("sizeof_hdr", "i4"), ("", "V35"), ("dim_info", "u1"), ("dim", "i2", 8)),
    *(("intent_p1", "f4"), ("intent_p2", "f4"), ("intent_p3", "f4"), ("intent_code", "i2")),
    *(("datatype", "i2"), ("bitpix", "i2"), ("slice_start", "i2"), ("pixdim", "f4", 8)),
    *(("vox_offset", "f4"), ("scl_slope", "f4"), ("scl_inter", "f4"), ("slice_end", "i2")),
    *(("slice_code", "u1"), ("xyzt_units", "u1"), ("cal_max", "f4"), ("cal_min", "f4")),
    *(("slice_duration", "f4"), ("toffset", "f4"), ("", "V8"), ("", "V80"), ("", "V24")),
    *_ORIENTATION,
]
"""Fields of the 348 bytes of NIfTI-1, in order; those without a name are texts or unused."""

SECOND = [
    *(("sizeof_hdr", "i4"), ("", "V8"), ("datatype", "i2"), ("bitpix", "i2"), ("dim", "i8", 8)),
    *(("intent_p1", "f8"), ("intent_p2", "f8"), ("intent_p3", "f8"), ("pixdim", "f8", 8)),
    *(("vox_offset", "i8"), ("scl_slope", "f8"), ("scl_inter", "f8"), ("cal_max", "f8")),
    *(("cal_min", "f8"), ("slice_duration", "f8"), ("toffset", "f8"), ("slice_start", "i8")),
    *(("slice_end", "i8"), ("", "V80"), ("", "V24"), ("qform_code", "i4"), ("sform_code", "i4")),
    *(("quatern_b", "f8"), ("quatern_c", "f8"), ("quatern_d", "f8"), ("qoffset_x", "f8")),
    *(("qoffset_y", "f8"), ("qoffset_z", "f8"), ("srow_x", "f8", 4), ("srow_y", "f8", 4)),
    *(("srow_z", "f8", 4), ("slice_code", "i4"), ("xyzt_units", "i4"), ("intent_code", "i4")),
    ("dim_info", "u1"),
]
"""Fields of NIfTI-2, but for the unused bytes at its end."""

OF_ANALYZE = (
    "sizeof_hdr",
    "dim",
    "datatype",
    "bitpix",
    "pixdim",
    "vox_offset",
    "cal_max",
    "cal_min",
)
"""Fields that mean the same in Analyze 7.5."""


def read_metadata(path: str) -> SourceMetadata | None:
    """Read the numbers of the header, as the standard calls them."""
    head = _head(path)
    header = NiftiHeader.read(head)
    if header is None:
        return None
    fields = SECOND if header.kind == "NIfTI-2" else FIRST
    named = [(name or f"_{place}", *kind) for place, (name, *kind) in enumerate(fields)]
    stored = np.dtype(named).newbyteorder("<" if header.order == "<" else ">")
    values = np.frombuffer(head[: stored.itemsize], stored)[0]
    names = [str(name) for name, *_ in fields if name]
    if header.kind == "Analyze":
        names = [name for name in names if name in OF_ANALYZE]
    return SourceMetadata.of_values(
        "nifti.json", {"kind": header.kind, **{name: values[name] for name in names}}
    )


def _head(path: str) -> bytes:
    if path.lower().endswith(".gz"):
        with closing(Inflated(path)) as inflated:
            return inflated.head(HEAD_BYTES)
    with open(path, "rb") as file:  # noqa: PTH123 -- as elsewhere in readers
        return file.read(HEAD_BYTES)
