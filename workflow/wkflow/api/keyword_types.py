"""What a keyword of an option takes, as annotations spell it, and its default."""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from wkflow.cli.command_parser import VARIABLES, choices_of
from wkflow.options.settings import Settings


def default_of(name: str) -> object:
    """Give the default of a keyword: None where the environment may name one, or there is none."""
    default = Settings.model_fields[name].default
    return None if name in VARIABLES or default == "" else default


def kinds_of(name: str, option: FieldInfo) -> list[str]:
    """Spell the types that an option takes."""
    if choices_of(name):
        kinds = [camel(name)]
    else:
        kinds = [_spell(one) for one in _inputs(option.annotation, option.metadata)]
    kinds = [kind for kind in dict.fromkeys(kinds) if kind != "None"]
    return [*kinds, "None"] if default_of(name) is None else kinds


def _inputs(annotation: Any, metadata: Any = ()) -> Iterator[Any]:  # noqa: ANN401 -- what types are made of
    """Give the types that may be given: what the last reader takes, or the type of the value."""
    told = [
        one.json_schema_input_type
        for one in metadata
        if isinstance(one, BeforeValidator) and one.json_schema_input_type is not PydanticUndefined
    ]
    if told:
        yield from _inputs(told[-1])
    elif get_origin(annotation) in {Union, UnionType}:
        for part in get_args(annotation):
            yield from _inputs(part)
    elif get_origin(annotation) is Annotated:
        kind, *further = get_args(annotation)
        yield from _inputs(kind, further)
    else:
        yield annotation


def _spell(kind: Any) -> str:  # noqa: ANN401 -- as above
    """Write a type as in an annotation."""
    if kind is NoneType:
        return "None"
    if parts := get_args(kind):
        return f"{get_origin(kind).__name__}[{', '.join(map(_spell, parts))}]"
    return str(kind.__name__)


def camel(name: str) -> str:
    """Name the choices of an option.

    >>> camel("data_format")
    'DataFormat'
    """
    return name.title().replace("_", "")
