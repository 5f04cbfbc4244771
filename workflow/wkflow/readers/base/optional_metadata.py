"""What a file says besides its voxels: if it cannot be understood, it is left out, with a note."""

from collections.abc import Callable
from typing import TypeVar

from wkflow.model.source import ImageMetadata
from wkflow.source_errors import FOREIGN

LEFT_OUT = "what the file says besides its voxels cannot be understood, and is left out: {}"

PART_LEFT_OUT = "{} cannot be understood, and are left out: {}"

DETAIL_CHARACTERS = 80

Said = TypeVar("Said")


def besides(describe: Callable[[], ImageMetadata], name: str = "") -> ImageMetadata:
    """Describe an image; no voxel depends on it, so nothing that is wrong there stops a run.

    >>> besides(lambda: ImageMetadata("a", (float("1,5"), None, None)), "a").notes[0][64:]
    "is left out: could not convert string to float: '1,5' (ValueError)"
    """
    try:
        return describe()
    except FOREIGN as error:
        return ImageMetadata(name, notes=(LEFT_OUT.format(_detail(error)),))


def in_part(describe: Callable[[], Said], nothing: Said, what: str) -> tuple[Said, tuple[str, ...]]:
    """Read a part of it by itself, so that the rest is kept; give it, and notes.

    >>> in_part(lambda: int("red"), 0, "colours")[0]
    0
    """
    try:
        return describe(), ()
    except FOREIGN as error:
        return nothing, (PART_LEFT_OUT.format(what, _detail(error)),)


def _detail(error: Exception) -> str:
    words = " ".join(str(error).split())[:DETAIL_CHARACTERS]
    return f"{words} ({type(error).__name__})".lstrip()
