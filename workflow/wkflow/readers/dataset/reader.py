"""Folders that store arrays: Zarr, OME-Zarr, N5, precomputed, WKW and WEBKNOSSOS datasets."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from wkflow.errors import SourceError
from wkflow.model.source import ImageInfo, References
from wkflow.readers.base.file_type import store_kind
from wkflow.readers.base.references import Referring
from wkflow.readers.dataset import n5 as store_n5
from wkflow.readers.dataset import ome_zarr as store_zarr
from wkflow.readers.dataset import precomputed as store_precomputed
from wkflow.readers.dataset import webknossos as store_wk
from wkflow.readers.dataset import wkw as store_wkw
from wkflow.readers.dataset.image import StoredImage
from wkflow.source_errors import translated

KINDS: dict[str, Callable[[str, References], Sequence[StoredImage]]] = {
    "Zarr v3": store_zarr.images,
    "Zarr v2": store_zarr.images,
    "N5": store_n5.images,
    "Neuroglancer precomputed": store_precomputed.images,
    "WKW": store_wkw.images,
}
"""What finds the images of which kind of store."""


class StoreReader(Referring):
    """An image is an array, or the finest array of a pyramid; labels are images of their own."""

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Read the metadata of all arrays."""
        return tuple(image.probe for image in _images(path, self.references))

    @contextmanager
    def open(self, path: str) -> Iterator[Sequence[StoredImage]]:
        """Read the metadata; chunks are opened one at a time."""
        yield _images(path, self.references)


def _images(path: str, references: References) -> Sequence[StoredImage]:
    found: Sequence[StoredImage]
    with translated(path):
        os.stat(path)  # noqa: PTH116 -- is it there, and may it be seen?
        if store_wk.is_dataset(path):
            found = store_wk.images(path, references)
        elif kind := store_kind(path):
            found = KINDS[kind](path, references)
        else:
            found = []
    if not found:
        documents = ("zarr.json", ".zgroup", ".zarray", "attributes.json", "info", "header.wkw")
        raise SourceError(
            "holds no array",
            path,
            f"Name the folder with {', '.join(documents[:-1])} or {documents[-1]}.",
        )
    return found
