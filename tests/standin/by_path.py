"""Routes for clients that write to the server's storage themselves."""

import json
from pathlib import Path

from werkzeug.wrappers import Response

from tests.standin.answers import as_json, nothing, refusal
from tests.standin.bodies import MAG_PATH, RESERVE_PATHS
from tests.standin.catalog import editable
from tests.standin.datasets import NOT_AT_PATHS
from tests.standin.datasource import (
    Document,
    check,
    find_layer,
    mag_name,
    name_violations,
    normalized,
    places,
    spelled,
)
from tests.standin.mags import hold, new_mag, register
from tests.standin.people import writable_folder
from tests.standin.site import Call


def reserve(call: Call) -> Response:
    """Reserve a dataset; every mag is given the path where its data is to be put."""
    said = call.document(RESERVE_PATHS)
    datasets = call.site.datasets
    datasets.check_quota(0)
    datasets.check_name(said["datasetName"], unique=said["requireUniqueName"])
    source = _judged(call, said["dataSource"])
    if said.get("pathPrefix") not in {None, str(call.site.store.data)}:
        text = "Could not determine a configured path prefix that matches the request."
        raise refusal(text)
    folder = writable_folder(call.site.store, said.get("folderId"))
    if call.user is None or not call.user.edits:
        raise refusal("You are not allowed to perform this action.", status=403)
    if not call.site.options.allows_upload:
        raise refusal("No datastore allows uploads to paths.")
    linked = datasets.linked_layers(said["layersToLink"])
    dataset = datasets.add(said["datasetName"], folder, call.user, NOT_AT_PATHS)
    placed = _placed(source, datasets.root(dataset))
    placed["id"] = {"name": dataset["directory"], "team": call.organization}
    whole = {**placed, "dataLayers": placed["dataLayers"] + linked}
    sql = "UPDATE datasets SET source = ? WHERE id = ?"
    call.site.store.run(sql, json.dumps(whole), dataset["id"])
    sent = spelled(placed, call.version)
    return as_json({"newDatasetId": dataset["id"], "dataSource": sent})


def _judged(call: Call, document: Document) -> Document:
    """Give the data source if a dataset can be made of it."""
    try:
        source = normalized(document, call.site.options.api)
    except (ValueError, KeyError, TypeError) as failure:
        raise refusal(f"Invalid data source: {failure!r}") from failure
    for text in name_violations([layer["name"] for layer in source["dataLayers"]]):
        raise refusal(text)
    if not source["dataLayers"]:
        raise refusal("Cannot reserve upload for dataset with no layers.")
    check(source)
    return source


def _placed(source: Document, root: Path) -> Document:
    """Give each mag and attachment a path of the server's own."""
    for layer in source["dataLayers"]:
        for mag in layer["mags"]:
            mag["path"] = f"{layer['name']}/{mag_name(mag['mag'])}"
    for path, holder in places(source):
        holder["path"] = str(root / Path(path).name if path.startswith("/") else root / path)
    return source


def finish(call: Call, key: str) -> Response:
    dataset = editable(call, key)
    if dataset["status"] != NOT_AT_PATHS:
        status = dataset["status"] or "usable"
        raise refusal(f"Dataset is not in uploading-to-paths status, got {status}.")
    call.site.datasets.publish(dataset, call.site.datasets.source(dataset))
    return nothing()


def reserve_mag(call: Call, key: str) -> Response:
    """Reserve one mag; the answer is the path where its data is to be put."""
    editable(call, key)
    said = call.document(MAG_PATH)
    if said.get("pathPrefix") not in {None, str(call.site.store.data)}:
        text = "Could not determine a configured path prefix that matches the request."
        raise refusal(text)
    path = str(new_mag(call.site, key, said["layerName"], said["mag"]))
    mag = {**said, "path": path}
    hold(call.site, key, said["layerName"], mag, overwrite=said["overwritePending"])
    return as_json(path)


def finish_mag(call: Call, key: str) -> Response:
    dataset = editable(call, key)
    said = call.document(MAG_PATH)
    if find_layer(call.site.datasets.source(dataset), said["layerName"]) is None:
        raise refusal(f"Could not find layer “{said['layerName']}” in dataset.")
    register(call.site, key, said["layerName"], said["mag"])
    return nothing()
