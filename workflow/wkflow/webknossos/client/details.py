"""What a dataset says of itself: checked against the server, set there, and read back.

Versions 13 to 16 have the same routes for it. Of teams, the server takes those that the user may
give datasets to, and leaves out the others without a word: so they are looked up first.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any
from urllib.parse import quote

from wkflow.errors import ServerError, VerificationError
from wkflow.model.dataset_details import DatasetDetails, Value
from wkflow.webknossos.client.server import Server, text, understanding

NAMED = 3
"""How many teams an error proposes."""

TYPES = {str: "string", int: "number", float: "number", list: "string[]"}
"""How the server calls the types of metadata."""


def team_ids(server: Server, names: Sequence[str]) -> list[str]:
    """Give the ids of teams by their names.

    Raises
    ------
    ServerError
        If the server has no such team that this user may give datasets to.
    """
    where = server.at("/teams")
    # a dataset manager may choose among all teams, others among those that they lead
    params = {} if server.user().is_dataset_manager else {"isEditable": "true"}
    found = server.session.json("GET", where, params=params)
    with understanding(f"GET {where}"):
        ids = {text(team["name"]): text(team["id"]) for team in found}
    for name in names:
        if name not in ids:
            raise ServerError(
                f"has no team {name!r} to which this user may give datasets", server.url,
                _proposal(name, list(ids)),
            )  # fmt: skip
    return [ids[name] for name in names]


def _proposal(name: str, known: list[str]) -> str:
    lower = {one.lower(): one for one in known}
    near = get_close_matches(name.lower(), lower, n=NAMED, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(lower[one] for one in near)}?"
    if not known:
        return "Ask an administrator to make you lead a team, or leave --teams out."
    more = f" and {len(known) - NAMED} more" if len(known) > NAMED else ""
    return f"There are {', '.join(sorted(known)[:NAMED])}{more}."


def set_details(server: Server, dataset_id: str, details: DatasetDetails) -> DatasetDetails:
    """Set what `details` says of a dataset, and give what the server has of that now.

    What they do not say stays as it is. Setting them again changes nothing.

    Raises
    ------
    ServerError
        In the server's words, or if there is no such team.
    VerificationError
        If the server has something else afterwards.
    """
    teams = team_ids(server, details.teams) if details.teams else []
    place = server.at(f"/datasets/{quote(dataset_id, safe='')}")
    if changes := _body(details):
        server.session.request("PATCH", f"{place}/updatePartial", json=changes)
    if details.teams is not None:
        server.session.request("PATCH", f"{place}/teams", json=teams)
    kept = read_details(server, dataset_id, details)
    _compare(details, kept, server.url_of(dataset_id))
    return kept


def _body(details: DatasetDetails) -> dict[str, Any]:
    """Give what the server wants to be changed, in its words; teams have a route of their own."""
    said = details.to_dict()
    body: dict[str, Any] = {name: said[name] for name in ("tags", "description") if name in said}
    if details.public is not None:
        body["isPublic"] = details.public
    if details.metadata is not None:
        body["metadata"] = [
            {"key": key, "type": TYPES[type(value)], "value": value}
            for key, value in details.metadata.items()
        ]
    return body


def read_details(server: Server, dataset_id: str, asked: DatasetDetails) -> DatasetDetails:
    """Give what the server has of those details that `asked` says."""
    found = server.dataset(dataset_id)
    with understanding(f"GET {server.url_of(dataset_id)}"):
        has = {
            "tags": [str(tag) for tag in found.get("tags") or ()],
            "teams": [str(team["name"]) for team in found.get("allowedTeams") or ()],
            "description": str(found.get("description") or ""),
            "metadata": _metadata(found.get("metadata") or ()),
            "public": bool(found.get("isPublic")),
        }
    return DatasetDetails.of({name: has[name] for name in asked.to_dict()})


def _metadata(rows: Sequence[Mapping[str, Any]]) -> dict[str, Value]:
    return {str(row["key"]): row["value"] for row in rows}


def _compare(asked: DatasetDetails, kept: DatasetDetails, where: str) -> None:
    """Refuse what differs; teams that this user may not take away stay beside those asked for."""
    has = dict(kept.lines())
    for name, words in asked.lines():
        if name == "teams":
            is_kept = set(asked.teams or ()) <= set(kept.teams or ())
        elif name == "tags":
            is_kept = set(asked.tags or ()) == set(kept.tags or ())
        else:
            is_kept = getattr(asked, name) == getattr(kept, name)
        if not is_kept:
            raise VerificationError(
                f"was asked to set {name} to {words}, and has {has[name]}", where,
                "Set it in WEBKNOSSOS; the dataset itself is whole.",
            )  # fmt: skip
