"""Folders of an organization by their paths."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from wkflow.errors import ServerError

NAMED = 3
"""How many folders an error proposes."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder: its path from the root, whose own name comes first."""

    id: str
    path: str
    is_editable: bool

    @property
    def short(self) -> str:
        """The path without the root's name."""
        return self.path.partition("/")[2]


def folders_of(tree: Sequence[Mapping[str, Any]]) -> list[Folder]:
    """Lay out the server's list of `{id, name, parent, isEditable}`."""
    nodes = {str(node["id"]): node for node in tree}
    return [
        Folder(key, "/".join(_names(nodes, key)), bool(node.get("isEditable", True)))
        for key, node in nodes.items()
    ]


def _names(nodes: Mapping[str, Mapping[str, Any]], key: str) -> list[str]:
    names: list[str] = []
    while key in nodes and len(names) < len(nodes):  # whatever circles a server draws
        names.insert(0, str(nodes[key]["name"]))
        key = str(nodes[key].get("parent"))
    return names


def find(folders: Iterable[Folder], path: str, where: str) -> str:
    """Give the id of the folder at `path`, which may leave out the root's name.

    Raises
    ------
    ServerError
        If there is none, more than one, or if it is read-only.
    """
    found = _called(list(folders), path, where)
    writable = [one for one in found if one.is_editable]
    if not writable:
        remedy = "Choose another folder, or ask its owner for the right to write."
        raise ServerError(f"the folder {path!r} is read-only", where, remedy)
    if len(writable) > 1:
        remedy = "Rename one of them in WEBKNOSSOS, or choose another."
        raise ServerError(f"{len(writable)} folders are called {path!r}", where, remedy)
    return writable[0].id


def below(folders: Iterable[Folder], path: str, where: str) -> list[Folder]:
    """Give the folder at `path`, all that are called so, and all folders below.

    Raises
    ------
    ServerError
        If there is none.
    """
    known = list(folders)
    tops = [one.path for one in _called(known, path, where)]
    return [
        one
        for one in known
        if one.path in tops or one.path.startswith(tuple(f"{top}/" for top in tops))
    ]


def _called(known: list[Folder], path: str, where: str) -> list[Folder]:
    """Give the folders at a path, which may leave out the root's name."""
    wanted = path.strip().strip("/")
    found = [one for one in known if one.path == wanted]
    found = found or [one for one in known if one.short and one.short == wanted]
    if not found:
        raise ServerError(f"has no folder {path!r}", where, _proposal(known, wanted))
    return found


def _proposal(folders: list[Folder], wanted: str) -> str:
    by_spelling = {one.path.casefold(): one.path for one in folders}
    by_spelling |= {one.short.casefold(): one.path for one in folders if one.short}
    near = get_close_matches(wanted.casefold(), by_spelling, NAMED * 2, 0.5)
    paths = list(dict.fromkeys(by_spelling[one] for one in near))[:NAMED]
    if paths:
        return f"Did you mean {' or '.join(paths)}?"
    some = sorted((one.path for one in folders), key=lambda path: (path.count("/"), path))
    return f"There are {', '.join(some[:NAMED])}{' ...' if len(some) > NAMED else ''}."
