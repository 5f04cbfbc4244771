"""The options of what a dataset says of itself on a server, and how they are spelled."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from wkflow.model.dataset_details import DatasetDetails, Value
from wkflow.options.option_help import About

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
"""What is a number: a leading zero or sixteen digits make it a name."""


def names(value: object) -> tuple[str, ...]:
    """Read names, as a list or with commas between; one that is there twice counts once.

    >>> names("em, retina,em")
    ('em', 'retina')
    """
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(_is_name(part) for part in parts):
        raise ValueError("must be names, with commas between them or as a list")
    found = [str(part).strip() for part in parts]
    if not all(found):
        raise ValueError("holds an empty name")
    return tuple(dict.fromkeys(found))


def _is_name(part: object) -> bool:
    return isinstance(part, str | int | float) and not isinstance(part, bool)


def metadata(value: object) -> dict[str, Value]:
    """Read keys and values: a mapping, a list of `key=value`, or `key=value; key=value`.

    Text that looks like a number is one; lists hold texts.

    >>> metadata(["animal=M007", "age=12", "note=a, b"])
    {'animal': 'M007', 'age': 12, 'note': 'a, b'}
    >>> metadata("lot=007; dose=2.5")
    {'lot': '007', 'dose': 2.5}
    """
    if isinstance(value, Mapping):
        pairs = [(str(key), one) for key, one in value.items()]
    elif isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return metadata(dict(json.loads(value)))
        except (TypeError, json.JSONDecodeError):
            raise ValueError("is no JSON object") from None
    else:
        pairs = list(_pairs(value))
    keys = [key.strip() for key, _ in pairs]
    for key in keys:
        if not key:
            raise ValueError("holds a value without a key")
        if keys.count(key) > 1:
            raise ValueError(f"holds {key} twice")
    return {key: _value(key, one) for key, (_, one) in zip(keys, pairs, strict=True)}


def _pairs(value: object) -> Iterable[tuple[str, object]]:
    parts = re.split(r"[;\n]", value) if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise ValueError("must be key=value, or a mapping")  # noqa: TRY004 -- pydantic wants it
    for part in parts:
        key, equals, text = str(part).partition("=")
        if equals:
            text = text.strip()
            yield key, _number(text) if _NUMBER.fullmatch(text) else text
        elif str(part).strip():
            raise ValueError(f"must be key=value, and {str(part).strip()!r} has no =")


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdecimal() else float(text)


def _value(key: str, value: Any) -> Value:  # noqa: ANN401 -- YAML or JSON
    if isinstance(value, date):  # YAML reads one in what is written like it
        return value.isoformat()
    if isinstance(value, list | tuple) and all(_is_name(one) for one in value):
        return [str(one) for one in value]
    is_real = isinstance(value, int | float) and math.isfinite(value)
    if isinstance(value, bool) or not (isinstance(value, str) or is_real):
        raise ValueError(f"must have a text, a number or a list of texts for {key}")
    return value  # type: ignore[no-any-return]  # a text or a number


Names = Annotated[
    tuple[str, ...], BeforeValidator(names, json_schema_input_type=Sequence[str] | str)
]
Metadata = Annotated[
    dict[str, Value],
    BeforeValidator(metadata, json_schema_input_type=Mapping[str, object] | Sequence[str] | str),
]


class DetailOptions(BaseModel):
    """What is said on the server of a dataset that is sent there."""

    tags: Names | None = Field(
        None,
        description="Tags of the dataset on the server, in place of those that it has there.",
        examples=["em,retina"],
        json_schema_extra=About("Server", "Tags of the dataset on the server."),
    )
    teams: Names | None = Field(
        None,
        description="Teams that may see the dataset, by their names on the server, in place of "
        "those that may.",
        examples=["Lab A,Lab B"],
        json_schema_extra=About("Server", "Teams that may see the dataset, by their names."),
    )
    description: str | None = Field(
        None,
        description="Text that describes the dataset on the server, in Markdown.",
        examples=["TEXT"],
        json_schema_extra=About("Server"),
    )
    metadata: Metadata | None = Field(
        None,
        description="Keys and values that the server shows beside the dataset, in place of those "
        "that it has there: a mapping, or key=value.",
        examples=["KEY=VALUE"],
        json_schema_extra=About(
            "Server", "A key and its value that the server shows; may be given several times."
        ),
    )
    public: bool | None = Field(
        None,
        description="Whether everybody may see the dataset; by default the server decides.",
        json_schema_extra=About("Server", "Let everybody see the dataset, or nobody but teams."),
    )

    @property
    def details(self) -> DatasetDetails:
        """All of it."""
        return DatasetDetails(self.tags, self.teams, self.description, self.metadata, self.public)
