"""Routes that reserve uploads over HTTP."""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from tests.standin.answers import RefusalError, nothing, refusal, under
from tests.standin.bodies import RESERVE, RESERVE_MAG, RESERVE_V13
from tests.standin.datasets import NOT_UPLOADED
from tests.standin.mags import hold, new_mag
from tests.standin.people import (
    OTHER_ORGANIZATION,
    User,
    may_administrate,
    may_write,
    writable_folder,
)
from tests.standin.site import Call
from tests.standin.uploads import Reservation

INVALID = "Could not validate dataset information for upload."
Document = dict[str, Any]


def reserve_dataset(call: Call) -> Response:
    said = call.document(RESERVE)
    return _reserve_dataset(call, said)


def reserve_dataset_v13(call: Call) -> Response:
    said = call.document(RESERVE_V13)
    renamed = {
        **said,
        "resumableUploadInfo": said,
        "datasetName": said["name"],
        "organizationId": said["organization"],
        "initialTeamIds": said["initialTeams"],
    }
    if call.site.options.api > 13:
        renamed["needsConversion"] = None
    return _reserve_dataset(call, renamed)


def _reserve_dataset(call: Call, said: Document) -> Response:
    may_administrate(call.user, said["organizationId"], call.organization)
    resumable = said["resumableUploadInfo"]
    if call.user is None or call.site.uploads.find(resumable["uploadId"]) is not None:
        return nothing()
    user = call.user
    dataset = _passing(lambda: _new_dataset(call, said, user))
    if said.get("needsConversion") and said.get("layersToLink"):
        call.site.datasets.remove(dataset)
        raise refusal("Cannot use linked layers if the dataset needs conversion")
    call.site.uploads.add(_reservation("dataset", dataset, resumable, said), user.id)
    return nothing()


def _new_dataset(call: Call, said: Document, user: User) -> str:
    """Check what an instance checks, in its order; give the new dataset's id."""
    datasets, options = call.site.datasets, call.site.options
    if said["organizationId"] not in {options.organization, OTHER_ORGANIZATION}:
        raise refusal("organization not found", status=404)
    datasets.check_quota(said["resumableUploadInfo"].get("totalFileSizeInBytes") or 0)
    if said["organizationId"] != options.organization:
        raise refusal("You are not allowed to perform this action.", status=403)
    datasets.check_name(said["datasetName"], unique=False)
    if not options.allows_upload:
        raise refusal("This datastore does not allow uploads.")
    datasets.linked_layers(said.get("layersToLink") or [])
    datasets.check_name(said["datasetName"], unique=bool(said.get("requireUniqueName")))
    folder = writable_folder(call.site.store, said.get("folderId"))
    if said["initialTeamIds"]:
        raise refusal("Can only assign teams of user", status=403)
    virtual = said.get("isVirtual") is not False
    dataset = datasets.add(said["datasetName"], folder, user, NOT_UPLOADED, virtual=virtual)
    key: str = dataset["id"]
    return key


def reserve_mag(call: Call) -> Response:
    said = call.document(RESERVE_MAG)
    may_write(call.user)
    resumable = said["resumableUploadInfo"]
    if call.user is None or call.site.uploads.find(resumable["uploadId"]) is not None:
        return nothing()
    mag = said["mag"]
    _passing(lambda: _hold_mag(call, said, mag))
    call.site.uploads.add(_reservation("mag", said["datasetId"], resumable, said), call.user.id)
    return nothing()


def _hold_mag(call: Call, said: Document, mag: Document) -> str:
    layer = said["layerName"]
    path = new_mag(call.site, said["datasetId"], layer, mag["mag"])
    held = {**mag, "path": str(path)}
    hold(call.site, said["datasetId"], layer, held, overwrite=said["overwritePending"])
    return str(path)


def _passing(check: Callable[[], str]) -> str:
    """Run what the instance does; the datastore quotes its refusals, and answers 400."""
    try:
        return check()
    except RefusalError as cause:
        raise under(INVALID, cause) from cause


def _reservation(domain: str, dataset: str, resumable: Document, said: Document) -> Reservation:
    return Reservation(
        id=resumable["uploadId"],
        domain=domain,
        dataset=dataset,
        count=resumable["totalFileCount"],
        size=resumable.get("totalFileSizeInBytes"),
        paths=resumable.get("filePaths") or [],
        document=said,
    )
