"""A folder of a Zarr store: an array, a group, or neither."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from natsort import natsorted


@dataclass(frozen=True, slots=True)
class Node:
    """What the metadata files of a folder say. `files` are their absolute paths.

    `meta` is the document of an array: `zarr.json` or `.zarray`.
    """

    folder: Path
    is_array: bool
    version: Literal[2, 3]
    attributes: dict[str, Any]
    files: tuple[str, ...]
    meta: dict[str, Any]

    @property
    def ome(self) -> dict[str, Any]:
        """Attributes after OME-Zarr, which since 0.5 stand below a key."""
        below = self.attributes.get("ome")
        return below if isinstance(below, dict) else self.attributes

    def children(self) -> list["Node"]:
        """List the folders below, in natural order."""
        folders = [folder for folder in self.folder.iterdir() if folder.is_dir()]
        visible = [folder for folder in folders if not folder.name.startswith((".", "_"))]
        return [node_at(folder) for folder in natsorted(visible)]


def node_at(folder: Path) -> Node:
    """Read the metadata files of a folder: `zarr.json` of v3, else the hidden ones of v2."""
    if (file := folder / "zarr.json").is_file():
        meta = _read(file)
        is_array = meta.get("node_type") == "array"
        return Node(folder, is_array, 3, _dict(meta.get("attributes")), (_path(file),), meta)
    files = [folder / name for name in (".zarray", ".zgroup", ".zattrs")]
    there = [file for file in files if file.is_file()]
    attributes = _read(files[2]) if files[2] in there else {}
    meta = _read(files[0]) if files[0] in there else {}
    return Node(folder, bool(meta), 2, attributes, tuple(map(_path, there)), meta)


def _read(file: Path) -> dict[str, Any]:
    return _dict(json.loads(file.read_bytes()))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _path(file: Path) -> str:
    return str(file.absolute())
