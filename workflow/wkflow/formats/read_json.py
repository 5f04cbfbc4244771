"""A JSON document of a store."""

import json
from typing import Any

from wkflow.errors import SourceError
from wkflow.formats.chunk_files import RESTORE, damaged
from wkflow.formats.dataset_files import Files


def document_at(files: Files, name: str) -> dict[str, Any]:
    """Read a document.

    Raises
    ------
    SourceError
        If there is none, or it is not one.
    """
    content = files.whole(name)
    if content is None:
        raise SourceError("is missing", files.where(name), RESTORE)
    with damaged(files, name):
        document = json.loads(content)
        if not isinstance(document, dict):
            raise TypeError("it is no JSON object")
    return document
