"""Routes that end uploads: well, or by being cancelled; and the list of those without end."""

import json

from werkzeug.wrappers import Response

from tests.standin.answers import RefusalError, as_json, nothing, refusal, under
from tests.standin.bodies import UPLOAD_ID
from tests.standin.datasets import NOT_UPLOADED
from tests.standin.datasource import PROPERTIES, check, mag_name, read_source, rooted
from tests.standin.mags import pending, register, release
from tests.standin.people import may_administrate, may_delete, may_write
from tests.standin.site import Call, Site
from tests.standin.store import Row
from tests.standin.tree import (
    bytes_below,
    delete_others,
    move,
    normalize_root,
)

NOT_FINALIZED = "Could not finalize upload for dataset “{}”."
LIST_LIMIT_MS = 14 * 24 * 3600 * 1000


def finish_v13(call: Call) -> Response:
    """End an upload as API 13 does: the id is in the body, the answer has its own key."""
    upload = call.document(UPLOAD_ID)["uploadId"]
    return as_json({"newDatasetId": _finish(call, upload, "dataset")})


def finish(call: Call, domain: str) -> Response:
    upload = call.request.args.get("uploadId")
    if upload is None:
        raise refusal("Missing parameter: uploadId")
    return as_json({"datasetId": _finish(call, upload, domain)})


def _finish(call: Call, key: str, domain: str) -> str:
    """End an upload, one at a time: who comes second finds none."""
    with call.site.finishing:
        return _finish_alone(call, key, domain)


def _finish_alone(call: Call, key: str, domain: str) -> str:
    upload = call.site.uploads.get(key)
    may_write(call.user)
    dataset: str = upload["dataset"]
    if upload["domain"] != domain:
        raise refusal(f"Upload “{key}” is no upload of a {domain}.")
    try:
        _check_received(call.site, upload)
        _take(call.site, upload)
    except RefusalError as cause:
        raise under(NOT_FINALIZED.format(dataset), cause) from cause
    fault = call.due("lie")
    return dataset if fault is None else _lie(call.site, dataset, fault.what)


def _lie(site: Site, dataset: str, what: str) -> str:
    """Undo something of what was finished; give the id that is answered."""
    row = site.datasets.get(dataset)
    if what == "dataset":
        site.datasets.remove(dataset)
    elif what == "mag":
        site.datasets.change(dataset, lambda source: source["dataLayers"][0]["mags"].pop())
    elif what == "name":
        site.store.run("UPDATE datasets SET name = 'another' WHERE id = ?", dataset)
    elif what == "file":
        for file in site.datasets.root(row).rglob("*"):
            if file.is_file() and file.parent.name.isdecimal():
                file.unlink()
    return "0" * 24 if what == "id" else dataset


def _check_received(site: Site, upload: Row) -> None:
    """Check size, then completeness; only a wrong size is the upload's end."""
    if not site.uploads.folder(upload["id"]).exists():
        raise refusal("Could not back up the raw upload.", "NoSuchFileException")
    got = bytes_below(site.uploads.folder(upload["id"]))
    if upload["bytes"] is not None and got > upload["bytes"]:
        _give_up(site, upload)
        raise refusal(
            "File size check failed during dataset upload.",
            f"Uploaded dataset {upload['dataset']} exceeds the reserved size of "
            f"{upload['bytes']} bytes, got {got} bytes.",
        )
    try:
        site.uploads.check_complete(upload)
    except RefusalError as cause:
        raise under("Could not verify that all chunks have been uploaded.", cause) from cause


def _take(site: Site, upload: Row) -> None:
    """Make the received files part of the server's data; what fails here is lost."""
    try:
        if upload["domain"] == "mag":
            _take_mag(site, upload)
        else:
            _take_dataset(site, upload)
    except RefusalError:
        _give_up(site, upload)
        raise
    site.uploads.forget(upload["id"])


def _take_dataset(site: Site, upload: Row) -> None:
    dataset = site.datasets.get(upload["dataset"])
    root = normalize_root(site.uploads.folder(upload["id"]))
    document = root / PROPERTIES
    if not document.is_file():
        raise refusal("Invalid dataset uploaded: Error: No datasource-properties.json found.")
    source = read_source(document.read_bytes(), site.options.api)
    here = rooted(source, root)
    check(source)
    links = json.loads(upload["document"]).get("layersToLink") or []
    linked = site.datasets.linked_layers(links)
    delete_others(root, here)
    target = site.datasets.root(dataset)
    move(root, target)
    there = rooted(source, target)
    there["dataLayers"] += linked
    site.datasets.publish(dataset, there)


def _take_mag(site: Site, upload: Row) -> None:
    said = json.loads(upload["document"])
    layer, mag = said["layerName"], said["mag"]["mag"]
    row = pending(site, upload["dataset"], layer, mag_name(mag))
    if row is None:
        raise refusal(f"Mag {mag_name(mag)} of layer “{layer}” is not pending.")
    move(normalize_root(site.uploads.folder(upload["id"])), row["path"])
    register(site, upload["dataset"], layer, mag)


def _give_up(site: Site, upload: Row) -> None:
    """Forget an upload and what was reserved for it."""
    said = json.loads(upload["document"])
    site.uploads.forget(upload["id"])
    if upload["domain"] == "mag":
        release(site, upload["dataset"], said["layerName"], mag_name(said["mag"]["mag"]))
    else:
        site.datasets.remove(upload["dataset"])


def cancel_v13(call: Call) -> Response:
    """Cancel an upload as API 13 does: the id is in the body alone."""
    return _cancel(call, call.document(UPLOAD_ID)["uploadId"])


def cancel(call: Call, domain: str) -> Response:
    """Cancel an upload: the id is in the query, and it has to be in the body as well."""
    key = call.request.args.get("uploadId")
    if key is None:
        raise refusal("Missing parameter: uploadId")
    if domain != "dataset":
        raise refusal("Cancel upload is only supported for datasets.")
    call.document(UPLOAD_ID)
    return _cancel(call, key)


def _cancel(call: Call, key: str) -> Response:
    upload = call.site.uploads.get(key)
    may_delete(call.user)
    _give_up(call.site, upload)
    return nothing()


def unfinished(call: Call, domain: str = "dataset") -> Response:
    """List the caller's own uploads of datasets."""
    if domain != "dataset":
        raise refusal("Listing unfinished downloads is only supported for datasets.")
    organization = call.request.args.get("organizationName")
    if organization is None:
        raise refusal("Missing parameter: organizationName")
    may_administrate(call.user, organization, call.organization)
    rows = [
        _described(call.site, row)
        for row in call.site.uploads.all()
        if row["domain"] == "dataset" and call.user and row["uploader"] == call.user.id
    ]
    return as_json(rows if organization == call.organization else [])


def _described(site: Site, upload: Row) -> dict[str, object]:
    dataset = site.datasets.get(upload["dataset"])
    return {
        "uploadId": upload["id"],
        "datasetName": dataset["name"],
        "folderId": dataset["folder"],
        "created": dataset["created"],
        "filePaths": json.loads(upload["paths"]),
        "allowedTeams": [],
        "status": NOT_UPLOADED,
    }
