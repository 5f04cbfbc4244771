"""The small file beside a file without a header that says how its voxels lie.

Looked for beside `scan.raw`, in this order:

* `scan.raw.json`, `scan.raw.yaml`, `scan.raw.yml`, or with `scan` instead of `scan.raw`: the keys
  `shape` (x, y, z) and `dtype`, and, if need be, `order` (F: x fastest, C: z fastest),
  `byte_order` (little, big), `offset` (bytes), `voxel_size` (x, y, z) and its `unit` (nm).
* `scan.rpl`: Ripple, https://www.nist.gov/services-resources/software/lispixdoc (keys and values
  separated by tabs).
* `scan.mhd`: MetaImage, https://itk.org/Wiki/ITK/MetaIO/Documentation.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import yaml

from wkflow.errors import SourceError
from wkflow.model.box import Triple
from wkflow.model.source import RawLayout
from wkflow.model.units import VoxelSize, voxel_size
from wkflow.source_errors import translated

REMEDY = (
    "Give --raw-shape x,y,z and --raw-dtype, or put a sidecar {} with `shape` and `dtype` here."
)

KEYS = frozenset({"shape", "dtype", "order", "byte_order", "offset", "voxel_size", "unit"})

META_TYPES = {
    "MET_UCHAR": "uint8", "MET_CHAR": "int8", "MET_USHORT": "uint16", "MET_SHORT": "int16",
    "MET_UINT": "uint32", "MET_INT": "int32", "MET_ULONG": "uint64", "MET_LONG": "int64",
    "MET_ULONG_LONG": "uint64", "MET_LONG_LONG": "int64", "MET_FLOAT": "float32",
    "MET_DOUBLE": "float64",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What it says; `path` is "" where options say it."""

    layout: RawLayout
    voxel_nm: VoxelSize = (None, None, None)
    path: str = ""
    notes: tuple[str, ...] = ()


def find_sidecar(path: str) -> Sidecar:
    """Find and read the sidecar of `path`.

    Raises
    ------
    SourceError
        If there is none, or it says too little.
    """
    stem = os.path.splitext(path)[0]  # noqa: PTH122 -- ten thousand slices: no Path for each
    for name in (path, stem):
        for suffix in (".json", ".yaml", ".yml"):
            if os.path.isfile(name + suffix):  # noqa: PTH113
                return _read(name + suffix, _of_mapping)
    for suffix, parse in ((".rpl", _of_ripple), (".mhd", _of_meta)):
        if os.path.isfile(stem + suffix):  # noqa: PTH113
            return _read(stem + suffix, parse)
    what = "has no header, and nothing says how its voxels lie"
    raise SourceError(what, path, REMEDY.format(os.path.basename(path) + ".json"))  # noqa: PTH119


def _read(path: str, parse: Callable[[str, str], Sidecar]) -> Sidecar:
    try:
        with translated(path), open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            return parse(file.read(), path)
    except yaml.YAMLError as error:
        what = f"is no JSON or YAML: {' '.join(str(error).split())[:160]}"
        raise SourceError(what, path, "Write `shape: [x, y, z]` and `dtype: uint8`.") from error


def _of_mapping(text: str, path: str) -> Sidecar:
    said = yaml.safe_load(text)
    if not isinstance(said, dict) or not {"shape", "dtype"} <= said.keys() <= KEYS:
        what = "does not say how voxels lie"
        raise SourceError(
            what, path, f"It needs shape and dtype; known are {' '.join(sorted(KEYS))}."
        )
    layout = RawLayout(
        _triple(said["shape"], path),
        str(said["dtype"]),
        str(said.get("order", "F")),
        str(said.get("byte_order", "little")),
        int(said.get("offset", 0)),
    )
    return _measured(layout, said.get("voxel_size", ()), str(said.get("unit", "nm")), path)


def _of_ripple(text: str, path: str) -> Sidecar:
    pairs = (line.split(";")[0].split(None, 1) for line in text.splitlines())
    said = {pair[0].lower(): pair[1].strip() for pair in pairs if len(pair) == 2}
    bits = int(said["data-length"]) * 8
    kind = {"signed": "int", "unsigned": "uint", "float": "float"}[said["data-type"].lower()]
    x, y, z = (int(said.get(axis, 1)) for axis in ("width", "height", "depth"))
    order = "vector" if said.get("record-by", "").lower() == "vector" else "F"
    byte_order = "big" if said.get("byte-order", "").lower().startswith("big") else "little"
    return Sidecar(
        RawLayout(
            (x, y, max(z, 1)), f"{kind}{bits}", order, byte_order, int(said.get("offset", 0))
        ),
        path=path,
    )


def _of_meta(text: str, path: str) -> Sidecar:
    pairs = (line.split("=", 1) for line in text.splitlines())
    said = {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) == 2}
    is_plain = (
        said.get("CompressedData", "False").lower() == "false"
        and said.get("ElementNumberOfChannels", "1") == "1"
        and said["ElementType"] in META_TYPES
        and _stem(said["ElementDataFile"]) == _stem(path)
        and int(said.get("HeaderSize", 0)) >= 0
    )
    if not is_plain:
        what = "describes another file, or voxels that are compressed, in channels, of an odd type"
        raise SourceError(what, path, "Save it uncompressed, one channel at a time.")
    extents = said["DimSize"].split()
    is_big = said.get("BinaryDataByteOrderMSB", said.get("ElementByteOrderMSB", "False"))
    layout = RawLayout(
        _triple([*extents, *["1"] * (3 - len(extents))], path),
        META_TYPES[said["ElementType"]],
        byte_order="big" if is_big.lower() == "true" else "little",
        offset=int(said.get("HeaderSize", 0)),
    )
    spacing = said.get("ElementSpacing", said.get("ElementSize", "")).split()
    return _measured(layout, spacing, said.get("DistanceUnits", ""), path)


def _stem(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]  # noqa: PTH119, PTH122


def _triple(values: Sequence[str | int], path: str) -> Triple:
    extents = [int(value) for value in values]
    if len(extents) != 3:
        remedy = "Write x, y and z, in this order; z is 1 for a single plane."
        raise SourceError(f"gives {len(extents)} extents instead of 3", path, remedy)
    return extents[0], extents[1], extents[2]


def _measured(layout: RawLayout, values: Sequence[float | str], unit: str, path: str) -> Sidecar:
    """Add the size of a voxel; of a MetaImage it is a length only if its unit is stated."""
    sizes = [float(value) for value in values]
    found, notes = voxel_size(sizes if len(sizes) == 3 else [None] * 3, [unit] * 3)
    return Sidecar(layout, found, path, notes)
