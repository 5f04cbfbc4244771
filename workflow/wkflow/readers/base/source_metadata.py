"""What a file says of itself besides its voxels: kept as a document beside the layer."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

MOST_ITEMS = 1000
"""Of an array of numbers; a longer one is data, and only its size is told."""


@dataclass(frozen=True, slots=True)
class SourceMetadata:
    """A document: `kind` ends its file's name (`ome.xml`), `content` are its bytes, in UTF-8."""

    kind: str
    content: bytes

    @classmethod
    def of_xml(cls, kind: str, text: str) -> Self | None:
        """Keep XML as it is; None if there is none."""
        return cls(kind, text.encode(errors="replace")) if text.strip() else None

    @classmethod
    def of_values(cls, kind: str, values: Mapping[str, object]) -> Self | None:
        """Write a header's values as JSON; None if there are none."""
        if not values:
            return None
        text = json.dumps(plain(values), indent=1, ensure_ascii=False, allow_nan=False)
        return cls(kind, text.encode(errors="replace") + b"\n")


def plain(value: Any) -> Any:  # noqa: ANN401 -- whatever libraries give
    """Give what JSON can say of a value: numbers, text, lists and objects of them.

    >>> plain({"gain": float("nan"), 1: (2, b"tif"), "table": [0] * 5000})
    {'gain': 'nan', '1': [2, 'tif'], 'table': '5000 values'}
    """
    if hasattr(value, "tolist"):  # numpy's arrays and numbers
        value = f"{value.size} values" if value.size > MOST_ITEMS else value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return f"{len(value)} values" if len(value) > MOST_ITEMS else [plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int) else _leaf(value)


def _leaf(value: Any) -> float | str:  # noqa: ANN401 -- as above
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        is_data = len(value) > MOST_ITEMS
        return f"{len(value)} bytes" if is_data else value.rstrip(b"\0").decode("utf-8", "replace")
    return str(value)
