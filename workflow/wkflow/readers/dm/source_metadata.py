"""What a DM3 or DM4 says of itself: all its tags, but for images and long tables."""

from collections.abc import Container
from typing import Any

import numpy as np

from wkflow.readers.base.file_type import open_as
from wkflow.readers.base.source_metadata import MOST_ITEMS, SourceMetadata
from wkflow.readers.dm.tags import NUMBERS, DmTags, Span, Tree

TEXT = 4
"""The type of UTF-16 text, and of arrays of uint16, which tags hold rarely."""


class _All(Container[str]):
    """Every name."""

    def __contains__(self, name: object) -> bool:
        return True


def read_metadata(path: str) -> SourceMetadata | None:
    """Read all tags; of values that are no text and have many parts only the size is told."""
    kind, suffix = ("DM4", "dm4.json") if path.lower().endswith(".dm4") else ("DM3", "dm3.json")
    with open_as(kind, path) as file:
        size = file.seek(0, 2)
        file.seek(0)
        tags = DmTags(file, size, path, _All())
        return SourceMetadata.of_values(suffix, _values(tags, tags.root))


def _values(tags: DmTags, tree: Tree) -> dict[str, Any]:
    return {
        name: _values(tags, value) if isinstance(value, dict)
        else _value(tags, value) if isinstance(value, Span)
        else value
        for name, value in tree.items()
    }  # fmt: skip


def _value(tags: DmTags, span: Span) -> object:
    if span.code == TEXT and span.count <= MOST_ITEMS:
        return tags.text(span)
    if span.code in NUMBERS and 0 < span.count <= MOST_ITEMS:
        return np.frombuffer(tags.bytes_of(span), tags.order + NUMBERS[span.code])
    return f"{span.bytes} bytes"
