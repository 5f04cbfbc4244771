"""What tifffile says in its log instead of raising."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from wkflow.errors import SourceError
from wkflow.source_errors import REMEDY

FATAL = {
    "invalid page offset": "its chain of pages leads past the end of the file",
    "invalid offset to": "its chain of pages leads past the end of the file",
    "corrupted tag list": "the directory of a page is damaged",
    "circular reference": "its chain of pages runs in a circle",
    "ImageJ series metadata invalid": "it holds fewer planes than ImageJ wrote",
    "invalid shaped series metadata": "its pages do not fit their description",
    "shaped series shape does not match": "its pages do not fit their description",
    "shaped series metadata does not match": "its pages do not fit their description",
    "OME series raised": "its OME-XML cannot be understood",
    "OME series cannot handle": "its pages do not fit its OME-XML",
    "OME series failed to read": "a file that holds a part of it cannot be read",
    "MMStack series is missing files": "other files of the same recording are not beside it",
    "LSM file incompletely written": "it was not written to its end",
}
"""A part of tifffile's message, and what it means. Other messages concern tags that the
voxels do not depend on."""


class _Ear(logging.Filter):
    """Keeps tifffile's messages from the terminal while this thread reads with it."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        messages: list[str] | None = getattr(self.heard, "messages", None)
        if messages is None:
            return True
        messages.append(record.getMessage())
        return False


_EAR = _Ear()
logging.getLogger("tifffile").addFilter(_EAR)


@contextmanager
def complaints_raised(path: str) -> Iterator[None]:
    """Turn what tifffile only logs over `path` into a `SourceError`, if voxels depend on it."""
    messages: list[str] = []
    _EAR.heard.messages = messages
    try:
        yield
    finally:
        _EAR.heard.messages = None
    for message in messages:
        for part, meaning in FATAL.items():
            if part in message:
                raise SourceError(f"is cut short or damaged: {meaning}", path, REMEDY)
