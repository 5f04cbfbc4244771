"""What a dataset says of itself beside its properties: a manifest, a crate, metadata of sources."""

import json
from contextlib import suppress
from pathlib import Path

MANIFEST = "manifest.sha256"
"""The SHA-256 of every file, as `sha256sum -c` reads it."""

CRATE = "ro-crate-metadata.json"
"""Where a dataset comes from: RO-Crate 1.1, https://w3id.org/ro/crate/1.1."""

OWN_LINE = b"# wkflow "
"""How our manifests begin: a comment to `sha256sum`."""

OWN_ID = "#wkflow"
"""The program, in our crates."""

SOURCE_METADATA = "source-metadata."
"""How the file in a layer's folder begins that holds what the source said of itself."""


def source_metadata_name(layer_path: str, kind: str) -> str:
    """Name the document in a layer's folder, by its path below the dataset.

    >>> source_metadata_name("em", "ome.xml")
    'em/source-metadata.ome.xml'
    """
    return f"{layer_path}/{SOURCE_METADATA}{kind}"


def is_source_metadata(path: str) -> bool:
    """Whether a path below a dataset is that of such a document.

    >>> is_source_metadata("em/source-metadata.ome.xml"), is_source_metadata("em/1/zarr.json")
    (True, False)
    """
    return path.count("/") == 1 and path.partition("/")[2].startswith(SOURCE_METADATA)


def is_own_manifest(path: Path) -> bool:
    """Whether a file is a manifest that we wrote; another one is a person's."""
    with suppress(OSError), path.open("rb") as file:
        return file.read(len(OWN_LINE)) == OWN_LINE
    return False


def is_own_crate(path: Path) -> bool:
    """Whether a file is a crate that we wrote."""
    with suppress(OSError, ValueError, TypeError, LookupError, AttributeError):
        entities = json.loads(path.read_bytes())["@graph"]
        return any(entity["@id"] == OWN_ID for entity in entities)
    return False


def forget_description(dataset: Path) -> None:
    """Remove manifest and crate of a dataset that changes: they would be true no more."""
    for name, is_own in ((MANIFEST, is_own_manifest), (CRATE, is_own_crate)):
        if is_own(dataset / name):
            (dataset / name).unlink(missing_ok=True)
