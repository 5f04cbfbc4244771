"""Routes that read and change the datasets that are there."""

import json
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Response

from tests.standin.answers import as_json, missing, nothing, refusal
from tests.standin.bodies import ID, parsed, validated
from tests.standin.datasets import USABLE
from tests.standin.datasource import (
    Document,
    attachments,
    check,
    drop_attachment,
    find_layer,
    find_mag,
    mag_name,
    normalized,
    places,
)
from tests.standin.people import may_edit_team, sees, teams_of
from tests.standin.site import Call
from tests.standin.store import Row

COMPACT_ONLY_SINCE = 16
FREE_FIELDS = ("description", "tags", "metadata")
CHANGES = {
    "dataSource?": dict,
    "name?": str,
    "isPublic?": bool,
    "description?": str,
    "tags?": [str],
    "metadata?": [dict],
}
COMPOSED = {"sourceDatasetId": ID, "sourceLayerName": str, "targetLayerName": str}
CHANGEABLE = ("category", "boundingBox", "coordinateTransformations", "defaultViewConfiguration",
              "adminViewConfiguration", "largestSegmentId")  # fmt: skip
"""What a client may change of a layer by sending the whole data source."""


def visible(call: Call, key: str) -> Row:
    """Give a dataset that the caller may know of; 404 else."""
    text = f"Dataset “{key}” could not be found or accessed."
    if call.user is None:
        text += " You may need to log in to see it."
    row = call.site.store.row("SELECT * FROM datasets WHERE id = ?", key)
    if row is None or not sees(call.user, row, call.request.args.get("sharingToken")):
        raise missing(text)
    return row


def editable(call: Call, key: str) -> Row:
    """Give a dataset that the caller may change; 404 or 403 else."""
    row = visible(call, key)
    if call.user is None or not call.user.edits:
        raise refusal("You are not allowed to perform this action.", status=403)
    return row


def read(call: Call, key: str) -> Response:
    return as_json(call.site.datasets.described(visible(call, key), call.user, call.version))


def sharing_token(call: Call, key: str) -> Response:
    return as_json({"sharingToken": editable(call, key)["sharing"]})


def listing(call: Call) -> Response:
    """List datasets; since API 16 in the short form alone."""
    wanted = call.request.args
    rows = [
        row
        for row in call.site.datasets.all()
        if sees(call.user, row, None) and _is_wanted(row, wanted, call.organization)
    ]
    datasets = call.site.datasets
    if call.version >= COMPACT_ONLY_SINCE or wanted.get("compact") == "true":
        return as_json([datasets.compact(row, call.user) for row in rows])
    return as_json([datasets.described(row, call.user, call.version) for row in rows])


def _is_wanted(row: Row, wanted: Any, organization: str) -> bool:  # noqa: ANN401 -- a multi-dict
    active = wanted.get("isActive")
    query = wanted.get("searchQuery", "").lower()
    return (
        (active is None or (active == "true") == (row["status"] == USABLE))
        and wanted.get("organizationId", organization) == organization
        and wanted.get("folderId", row["folder"]) == row["folder"]
        and all(word in row["name"].lower() for word in query.split())
    )


def disambiguate(call: Call, organization: str, name: str) -> Response:
    """Find the dataset that had a name when names were unique, by its directory."""
    rows = [row for row in call.site.datasets.all() if name in {row["directory"], row["name"]}]
    rows = [row for row in rows if sees(call.user, row, call.request.args.get("sharingToken"))]
    if not rows or organization != call.organization:
        raise missing(f"Dataset “{name}” could not be found or accessed.")
    row = rows[0]
    found = {"id": row["id"], "name": row["name"], "organization": organization}
    return as_json({**found, "directoryName": row["directory"]})


def update_partial(call: Call, key: str) -> Response:
    """Change what a document of changes names, and nothing else."""
    dataset = editable(call, key)
    changes = call.document(CHANGES)
    keys = [row["key"] for row in changes.get("metadata") or ()]
    if len(keys) != len(set(keys)):
        raise refusal("There are duplicate keys in the metadata.")
    if changes.get("dataSource") is not None:
        _apply_source(call, dataset, changes)
    _apply_fields(call, dataset, changes)
    datasets = call.site.datasets
    return as_json(datasets.described(datasets.get(key), call.user, call.version))


def compose_add_layer(call: Call, key: str) -> Response:
    """Let a dataset have a layer of another one; its files stay where they are."""
    dataset = editable(call, key)
    wanted = call.document(COMPOSED)
    source = visible(call, wanted["sourceDatasetId"])
    failed = "Could not add layer to dataset."
    if not dataset["virtual"]:
        raise refusal(failed, "Adding layers is only allowed for virtual datasets.")
    if dataset["status"] != USABLE or source["status"] != USABLE:
        raise refusal(failed, "Dataset is not usable.")
    layer = find_layer(call.site.datasets.source(source), wanted["sourceLayerName"])
    if layer is None:
        raise refusal(failed, f"Could not find layer “{wanted['sourceLayerName']}” in dataset.")
    name = wanted["targetLayerName"]

    def add(held: Document) -> None:
        if find_layer(held, name):
            raise refusal(failed, f"There is a layer {name} already.")
        held["dataLayers"].append({**layer, "name": name})

    call.site.datasets.change(key, add)
    return nothing()


def update_teams(call: Call, key: str) -> Response:
    """Set the teams that may see a dataset.

    Of what is sent, teams that the user may not choose are left out without a word; of what the
    dataset has, those are kept. A dataset manager may choose any.
    """
    dataset = editable(call, key)
    wanted = validated(parsed(call.body.read(), call.request.content_type or ""), [ID])
    user = call.user
    teams = teams_of(call.organization)
    mine = {team["id"] for team in teams if user and (user.is_manager or may_edit_team(user, team))}
    extra = json.loads(dataset["extra"])
    before = [team["id"] for team in extra.get("allowedTeams", ())]
    new = [one for one in wanted if one in mine] + [one for one in before if one not in mine]
    allowed = [team for team in teams if team["id"] in new]
    extra |= {"allowedTeams": allowed, "allowedTeamsCumulative": allowed}
    call.site.store.run("UPDATE datasets SET extra = ? WHERE id = ?", json.dumps(extra), key)
    return as_json(list(dict.fromkeys(new)))


def delete(call: Call, key: str) -> Response:
    """Delete a dataset and its files, where the instance allows that at all."""
    visible(call, key)
    if not call.site.options.allows_delete:
        raise refusal("Deleting datasets is not enabled for this WEBKNOSSOS instance.")
    editable(call, key)
    for upload in call.site.uploads.all():
        if upload["domain"] == "dataset" and upload["dataset"] == key:
            call.site.uploads.forget(upload["id"])
    call.site.datasets.remove(key)
    return nothing()


def _apply_fields(call: Call, dataset: Row, changes: Document) -> None:
    extra = json.loads(dataset["extra"]) | {
        name: changes[name] for name in FREE_FIELDS if name in changes
    }
    name = changes.get("name") or dataset["name"]
    public = changes.get("isPublic")
    values = (name, dataset["public"] if public is None else public, json.dumps(extra))
    sql = "UPDATE datasets SET name = ?, public = ?, extra = ? WHERE id = ?"
    call.site.store.run(sql, *values, dataset["id"])


def _apply_source(call: Call, dataset: Row, changes: Document) -> None:
    if dataset["status"] != USABLE:
        raise refusal("Dataset is not usable.")
    try:
        wanted = normalized(changes["dataSource"], call.site.options.api)
    except (ValueError, KeyError, TypeError) as failure:
        raise refusal(f"Invalid data source: {failure!r}") from failure
    check(wanted)
    renamings = {one["oldName"]: one["newName"] for one in changes.get("layerRenamings") or ()}
    dropped: list[Path] = []
    call.site.datasets.change(
        dataset["id"], lambda held: dropped.extend(_merge(held, wanted, renamings))
    )
    for path in dropped:
        with suppress(FileNotFoundError, NotADirectoryError):
            shutil.rmtree(path)


def _merge(held: Document, wanted: Document, renamings: dict[str, str]) -> list[Path]:
    """Change the document that is held; give the paths that nothing refers to any more."""
    for layer in held["dataLayers"]:
        layer["name"] = renamings.get(layer["name"], layer["name"])
    before = _paths(held)
    held["scale"] = wanted["scale"]
    named = {layer["name"]: layer for layer in wanted["dataLayers"]}
    kept = [
        _merged_layer(layer, named.pop(layer["name"]))
        for layer in held["dataLayers"]
        if layer["name"] in named
    ]
    if any(layer["mags"] for layer in named.values()):
        raise refusal("New layers must not have mags.")
    held["dataLayers"] = kept + list(named.values())
    return [Path(path) for path in before - _paths(held)]


def _paths(source: Document) -> set[str]:
    return {path for path, _ in places(source)}


def _merged_layer(old: Document, new: Document) -> Document:
    """Take some fields of a layer; mags and attachments may only become fewer."""
    kept = {name: value for name, value in old.items() if name not in CHANGEABLE}
    kept |= {name: new[name] for name in CHANGEABLE if name in new}
    kept["mags"] = [mag for mag in old["mags"] if find_mag(new, mag_name(mag["mag"]))]
    named = {(kind, one["name"]) for kind, one in attachments(new)}
    for kind, one in attachments(old):
        if (kind, one["name"]) not in named:
            drop_attachment(kept, kind, one)
    return kept
