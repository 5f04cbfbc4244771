"""Dataclasses as JSON documents: the form of plans and receipts in the run folder.

What `dataclasses.asdict` gives is written; reading follows the types of the fields, because JSON
knows lists, but neither tuples nor classes.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args, get_origin, get_type_hints

from wkflow import atomic_files
from wkflow.errors import ConfigError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Document = TypeVar("Document")
Make = Callable[[Any], Any]

LATER = MappingProxyType({"later": True})
"""Metadata of a field that earlier versions had not: where it has its default, it is left out."""

WRONG = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What `parsed` raises for a document of another version, and for what is no JSON at all."""


def write(path: str | Path, document: "DataclassInstance", *, indent: int | None = 1) -> None:
    """Put a document in its place, whole or not at all."""
    atomic_files.write_json(Path(path).absolute(), told(document), indent=indent)


def told(document: "DataclassInstance") -> dict[str, Any]:
    """Give what is written of a document: what an earlier version would write, if nothing is new.

    Digests are made of this, so that a new field is no reason to do again what was done.
    """
    made = asdict(document)
    _leave_out(document, made)
    return made


def _leave_out(document: "DataclassInstance", made: dict[str, Any]) -> None:
    """Take fields that are `LATER` and have their defaults out of what `asdict` made."""
    for one in fields(document):
        value = getattr(document, one.name)
        if "later" in one.metadata and value == one.default:
            del made[one.name]
        elif is_dataclass(value) and not isinstance(value, type):
            _leave_out(value, made[one.name])
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            for each, of_each in zip(value, made[one.name], strict=True):
                _leave_out(each, of_each)


def read(kind: type[Document], path: str | Path) -> Document:
    """Read what `write` wrote.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError, KeyError, TypeError, AttributeError, RecursionError
        If it holds something else.
    """
    return parsed(kind, json.loads(Path(path).read_bytes()))


def read_own(kind: type[Document], path: str | Path, *, called: str, remedy: str) -> Document:
    """Read what this version wrote; `called` is what the document is in a few words.

    Raises
    ------
    OSError
        If there is no such file.
    ConfigError
        If it was written by another version, or is damaged.
    """
    try:
        return read(kind, path)
    except WRONG as error:
        raise ConfigError(f"is no {called} of this version ({error})", str(path), remedy) from error


def parsed(kind: type[Document], document: Mapping[str, Any]) -> Document:
    """Make a dataclass of what `asdict` and JSON made of one.

    Fields that are neither tuples nor dataclasses are taken as they are, and may be missing where
    they have a default; the others may not, unless they are `LATER`.

    Examples
    --------
    >>> from wkflow.model.box import Box
    >>> parsed(Box, {"begin": [0, 0, 0], "end": [4, 4, 1]})
    Box(begin=(0, 0, 0), end=(4, 4, 1))
    """
    make = _maker(cast("Any", kind))
    return cast("Document", make(document) if make else document)


@cache
def _maker(hint: Any) -> Make | None:  # noqa: ANN401 -- a type of any kind
    """Give what makes a value of this type of what JSON has for it; None: it is that already."""
    if isinstance(hint, type) and is_dataclass(hint):
        return _dataclass_maker(hint)
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        makers = [_maker(one) for one in arguments if one is not ...]
        return _list_maker(makers[0]) if ... in arguments else _tuple_maker(makers)
    if NoneType in arguments:
        (make,) = {_maker(one) for one in arguments} - {None} or {None}
        return make and (lambda value: None if value is None else make(value))
    return None


def _dataclass_maker(kind: type) -> Make:
    hints = get_type_hints(kind)
    makers = {one.name: make for one in fields(kind) if (make := _maker(hints[one.name]))}
    later = {one.name for one in fields(kind) if "later" in one.metadata}
    return lambda value: kind(**value | {
        name: make(value[name]) for name, make in makers.items()
        if name in value or name not in later
    })  # fmt: skip


def _list_maker(make: Make | None) -> Make:
    return (lambda value: tuple(map(make, value))) if make else tuple


def _tuple_maker(makers: list[Make | None]) -> Make:
    return lambda value: tuple(
        make(one) if make else one for make, one in zip(makers, value, strict=True)
    )
