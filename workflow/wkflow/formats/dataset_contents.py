"""Which files a dataset is made of: whatever else lies in its folder is never removed."""

import json
import os
import re
from collections.abc import Container, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from wkflow.atomic_files import PARTIAL
from wkflow.errors import ConfigError
from wkflow.model.self_description import (
    CRATE,
    MANIFEST,
    is_own_crate,
    is_own_manifest,
    is_source_metadata,
)
from wkflow.model.write_datasource import PROPERTIES
from wkflow.path_safety import require_inside

NAMED = 3
"""How many foreign files an error names."""

_MAG = re.compile(r"\d+(-\d+-\d+)?(__\d+)?")
_CHUNK = re.compile(
    r"c([/.]\d+)+"  # Zarr 3
    r"|\d+([/.]\d+){2,}"  # Zarr 2, N5
    r"|z\d+/y\d+/x\d+\.wkw"
    r"|\d+-\d+_\d+-\d+_\d+-\d+(\.gz)?|[0-9a-f]+\.shard"  # Neuroglancer precomputed
)
_DOCUMENTS = frozenset({"zarr.json", ".zgroup", ".zattrs", ".zarray", ".zmetadata", "header.wkw"})
_PLAIN = frozenset({"attributes.json", "info"})
"""Documents whose names are not theirs alone: their content decides."""

_OF_ITSELF = {MANIFEST: is_own_manifest, CRATE: is_own_crate}
"""Documents at the top that a person may have made as well."""

_ARRAYS = frozenset({"zarr.json", ".zarray", "attributes.json", "header.wkw"})
_LOCK = ".__lock"


def dataset_files(dataset: Path, below: str = "") -> Iterator[tuple[str, bool]]:
    """List the files, and links, below a folder of a dataset, by their paths in the dataset.

    Beside each: whether datasets are made of such files, of any format that can be written.
    """
    arrays: set[str] = set()
    links = _listed(dataset)
    for parent, folders, names in os.walk(dataset / below):
        place = Path(parent).relative_to(dataset).as_posix()
        prefix = "" if place == "." else f"{place}/"
        is_mag = "/" in place and (place in links or _MAG.fullmatch(Path(place).name))
        if is_mag or _ARRAYS.intersection(names):
            arrays.add(prefix)
        if "info" in names:
            arrays.update(f"{prefix}{folder}/" for folder in folders)
        around = [array for array in arrays if prefix.startswith(array)]
        for name in folders:
            if Path(parent, name).is_symlink():
                path = f"{prefix}{name}"
                yield path, path in links or bool(prefix and _MAG.fullmatch(name))
        for name in names:
            path = f"{prefix}{name}"
            yield path, _is_part(dataset, path, name, around)


def _is_part(dataset: Path, path: str, name: str, arrays: list[str]) -> bool:
    if name in _DOCUMENTS or path == PROPERTIES or is_source_metadata(path):
        return True
    if path in _OF_ITSELF:
        return _OF_ITSELF[path](dataset / path)
    if (name.startswith(".") and name.endswith(PARTIAL)) or name.endswith(_LOCK):
        return True
    if name in _PLAIN:
        return _describes_arrays(dataset / path)
    return any(_CHUNK.fullmatch(path[len(array) :]) for array in arrays)


def _describes_arrays(path: Path) -> bool:
    """Whether a JSON document is one of N5 or of Neuroglancer."""
    with suppress(OSError, ValueError):
        document = json.loads(path.read_bytes()) if path.is_file() else None
        if isinstance(document, dict):
            return path.name == "attributes.json" or bool({"scales", "@type"} & document.keys())
    return False


def _listed(dataset: Path) -> set[str]:
    """Give the folders of layers and mags that the properties name: these may be links."""
    with suppress(OSError, ValueError, TypeError, LookupError, AttributeError):
        layers = json.loads((dataset / PROPERTIES).read_bytes())["dataLayers"]
        paths = [str(mag.get("path", "")) for one in layers for mag in one.get("mags", ())]
        return {str(one["name"]) for one in layers} | {os.path.normpath(path) for path in paths}
    return set()


def require_dataset(folder: Path, below: str = "") -> None:
    """Refuse to remove a folder, or one inside a dataset, in which anything else lies.

    Raises
    ------
    ConfigError
        Naming the first files that no dataset is made of.
    """
    if folder.is_symlink():  # only the link goes
        return
    foreign = [str(folder)] if folder.is_file() else [
        path for path, is_part in dataset_files(folder, below) if not is_part
    ]  # fmt: skip
    if not foreign:
        return
    named = ", ".join(islice(foreign, NAMED))
    more = f" and {len(foreign) - NAMED} more" if len(foreign) > NAMED else ""
    raise ConfigError(
        f"would be removed, but holds what no dataset is made of: {named}{more}"
        if not folder.is_file() else "is a file and no dataset; nothing but datasets is removed",
        str(folder / below) if below else str(folder),
        "Move that elsewhere, or choose another target.",
    )  # fmt: skip


def remove_dataset(folder: Path, below: str = "", *, kept: Container[str] = ()) -> None:
    """Remove the files of a dataset, or of a folder in it, and the folders that are empty then.

    A link is removed, not what it leads to; a file that no dataset is made of stays.

    Raises
    ------
    ConfigError
        If the folder lies behind a link that leads out of the dataset.
    """
    if around := below.rpartition("/")[0]:
        require_inside(folder, around)
    place = folder / below
    if place.is_symlink():
        place.unlink()
    if not place.is_dir():
        return
    for path, is_part in list(dataset_files(folder, below)):
        if is_part and path not in kept:
            (folder / path).unlink(missing_ok=True)
    remove_empty(place)


def remove_empty(place: Path) -> None:
    """Remove the empty folders of a tree, itself included."""
    for parent, _, _ in os.walk(place, topdown=False):
        with suppress(OSError):  # it is not empty
            Path(parent).rmdir()
