"""What a dataset says of itself on a server: tags, teams, description, metadata, who may see it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from wkflow.model.layer_plan import digest

Value = str | int | float | list[str]
"""Of a key of the metadata: what the server calls string, number and string[]."""


@dataclass(frozen=True, slots=True)
class DatasetDetails:
    """Details of a dataset; None leaves what the server has.

    They are no part of what makes an upload another one: a dataset whose tags change is the same.

    Examples
    --------
    >>> DatasetDetails.of({"tags": ["em"], "public": False}).to_dict()
    {'tags': ['em'], 'public': False}
    >>> bool(DatasetDetails())
    False
    """

    tags: tuple[str, ...] | None = None
    teams: tuple[str, ...] | None = None
    description: str | None = None
    metadata: Mapping[str, Value] | None = None
    public: bool | None = None

    def __bool__(self) -> bool:
        return bool(self.to_dict())

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave."""
        given: dict[str, Any] = dict(document)
        for name in ("tags", "teams"):
            if name in given:
                given[name] = tuple(given[name])
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        """Give what is said, as JSON has it; what is left to the server is not in it."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in said.items()
            if value is not None
        }

    def digest(self) -> str:
        """Digest all of it: the name of the job that tells it to the server."""
        return digest(self.to_dict())

    def lines(self) -> list[tuple[str, str]]:
        """Give what is said in words: pairs of a name and a text.

        >>> DatasetDetails(teams=(), metadata={"age": 3, "dyes": ["a", "b"]}).lines()
        [('teams', 'none'), ('metadata', 'age = 3; dyes = a, b')]
        """
        return [(name, _shown(value)) for name, value in self.to_dict().items()]


def _shown(value: Any) -> str:  # noqa: ANN401 -- of any kind of detail
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{key} = {_shown(one)}" for key, one in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)
