"""Files that a file names: companions, arrays of a pyramid, links. Where they may lie.

A reference is followed below the source's folder. One that leads out of it would put any file of
this machine into a dataset: it is refused, unless a person asked for it.
"""

import os

from wkflow.errors import SourceError
from wkflow.model.source import References

_REMEDY = "Put it below that folder, or give --follow-links if it is meant."
_FOREIGN = "What archives and downloads name outside of themselves is never read."

BELOW = References()
"""What the opened file's own folder holds, or the opened folder."""


class Referring:
    """A reader of files that may name further ones; `references` says where those may lie."""

    def __init__(self, references: References = BELOW) -> None:
        self.references = references


def referred(opened: str, named: str, references: References, folder: str | None = None) -> str:
    """Give the path of what a file names, relative to `folder`: by default that of the file.

    Raises
    ------
    SourceError
        If it lies where references may not lead.
    """
    path = os.path.join(folder or _folder(opened), named)  # noqa: PTH118
    require_within(opened, named, path, references)
    return os.path.normpath(path)


def require_within(opened: str, named: str, path: str, references: References) -> None:
    """Refuse `path`, for which `opened` says `named`, if it lies where references may not lead.

    Links of the file system are followed: a person made them. Behind `..` they count, since the
    system takes it for the folder above the link's goal. What is named by its real path lies below
    a root that is reached by a link, too: some libraries name files so.

    Raises
    ------
    SourceError
        If it does; the reference is named.
    """
    if references.follows:
        return
    root = os.path.abspath(references.root or _home(opened))  # noqa: PTH100
    leads_up = ".." in path.replace(os.sep, "/").split("/")
    is_below = not leads_up and _is_below(os.path.abspath(path), root)  # noqa: PTH100
    if not is_below and not _is_below(os.path.realpath(path), os.path.realpath(root)):
        remedy = _FOREIGN if references.is_foreign else _REMEDY
        raise SourceError(f"names {named}, which lies outside of {root}", opened, remedy)


def as_opened(opened: str, file: str) -> str:
    """Give a file beside or below the opened one by the folder through which that was opened.

    Libraries that name all files of an image may follow the links to that folder.
    """
    folder = _folder(opened)
    real = os.path.realpath(folder)
    return folder + file[len(real) :] if _is_below(file, real) else file


def _home(opened: str) -> str:
    """Give the folder that is opened, or that of the file that is."""
    return opened if os.path.isdir(opened) else _folder(opened)  # noqa: PTH112


def _folder(opened: str) -> str:
    return os.path.dirname(os.path.abspath(opened))  # noqa: PTH100, PTH120


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)
