"""What the instance checks, version by version."""

import json

import pytest

from tests.standin.conftest import APIS, Served
from tests.standin.sender import MISSING_ID, Sender, said, source
from tests.standin.server import Standin

LETTERS = "Dataset name is invalid. Please use only letters, digits, dots, underscores, hyphens."
DOT = "Dataset name is invalid. Please use a name that does not start with a dot."
SHORT = "Dataset name is invalid. Please use at least three characters."


@pytest.mark.parametrize("api", APIS)
def test_versions_are_checked(served: Served, api: int) -> None:
    """A version outside the supported ones is 404, and says which are; without one all is well."""
    sender = Sender(served(api), api)
    versions = sender.ask(
        "GET", f"{sender.standin.url}/api/buildinfo", headers={"X-Auth-Token": ""}
    )
    assert versions.json()["httpApiVersioning"] == {
        "currentApiVersion": api,
        "oldestSupportedApiVersion": 10,
    }
    for wrong in (9, api + 1):
        for service in ("api", "data"):
            answer = sender.ask("GET", f"{sender.standin.url}/{service}/v{wrong}/user")
            assert answer.status_code == 404
            assert f"requested {wrong} but must be at least 10 and at most {api}." in said(answer)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/user"),
        ("GET", "/folders/tree"),
        ("GET", "/datasets/abc/isValidNewName"),
        ("GET", "/organizations/sample_organization"),
        ("PATCH", f"/datasets/{MISSING_ID}/updatePartial"),
        ("POST", "/datasets/reserveUploadToPaths"),
        ("POST", f"/datasets/{MISSING_ID}/reserveMagUploadToPath"),
    ],
)
@pytest.mark.parametrize("token", ["", "wrong"])
def test_secured_routes_ask_for_a_token(served: Served, method: str, path: str, token: str) -> None:
    """They are 401 without a valid one."""
    answer = Sender(served(16), 16, token).ask(method, path)
    assert answer.status_code == 401
    assert "not authorized" in said(answer)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("name", "errors"),
    [("a b", LETTERS), ("ä", LETTERS), (".hidden", DOT), (".a", DOT), ("ab", SHORT), ("abc", None)],
)
def test_names_are_judged(served: Served, api: int, name: str, errors: str | None) -> None:
    """The answer is 200, with the first broken rule as one string."""
    answer = Sender(served(api), api).ask("GET", f"/datasets/{name}/isValidNewName")
    assert answer.status_code == 200
    expected = {"isValid": True} if errors is None else {"isValid": False, "errors": errors}
    assert answer.json() == expected


def test_existing_names_are_valid(sender: Sender) -> None:
    """A second dataset gets the name of the first, and another id."""
    first = sender.publish()
    assert sender.ask("GET", "/datasets/some_name/isValidNewName").json() == {"isValid": True}
    assert Sender(sender.standin, 16).publish() != first


def test_the_seed_is_there(sender: Sender) -> None:
    """Folders, users, organization and datastore are the promised ones."""
    tree = {one["name"]: one for one in sender.ask("GET", "/folders/tree").json()}
    assert set(tree) == {"sample_organization", "lab", "raw", "archive"}
    assert tree["raw"]["parent"] == tree["lab"]["id"]
    assert not tree["archive"]["isEditable"]
    roles = {}
    for token in (sender.token, sender.standin.manager_token, sender.standin.member_token):
        user = Sender(sender.standin, 16, token).ask("GET", "/user").json()
        roles[user["email"]] = (user["isAdmin"], user["isDatasetManager"])
    assert list(roles.values()) == [(True, False), (False, True), (False, False)]
    (datastore,) = sender.ask("GET", "/datastores").json()
    assert datastore["allowsUpload"]
    assert datastore["url"] == sender.standin.url
    storage = sender.ask("GET", "/organizations/sample_organization").json()
    assert storage["includedStorageBytes"] is None


@pytest.mark.parametrize("api", APIS)
def test_lists_are_compact_when_they_are(served: Served, api: int) -> None:
    """Since 16 always; before, when they are asked to be."""
    sender = Sender(served(api), api)
    key = sender.publish()
    for asked in ({}, {"compact": "true"}):
        query = {"searchQuery": "some_name", "isActive": "true", **asked}
        found = sender.ask("GET", "/datasets", params=query).json()
        (ours,) = (one for one in found if one["id"] == key)
        compact = api >= 16 or "compact" in asked
        assert ("colorLayerNames" in ours) == compact
        assert ("dataSource" in ours) != compact
    assert sender.ask("GET", "/datasets", params={"searchQuery": "no such"}).json() == []


def test_unknown_datasets_are_404(served: Served, sender: Sender) -> None:
    """And the text tells those who are not logged in that they may have to be."""
    text = f"Dataset “{MISSING_ID}” could not be found or accessed."
    answer = sender.ask("GET", f"/datasets/{MISSING_ID}")
    assert (answer.status_code, said(answer)) == (404, text)
    stranger = Sender(served(16), 16, "")
    assert said(stranger.ask("GET", f"/datasets/{MISSING_ID}")).endswith("log in to see it.")
    assert stranger.ask("GET", f"/datasets/{sender.publish()}").status_code == 404
    missing = "/datasets/disambiguate/sample_organization/nothing/toId"
    assert sender.ask("GET", missing).status_code == 404


def test_datasets_are_described(sender: Sender) -> None:
    """With absolute paths when they are finished, else with their status."""
    key = sender.publish()
    sender.upload += "-again"
    assert sender.reserve().status_code == 200
    (upload,) = (one for one in sender.standin.uploads() if one["id"] == sender.upload)
    described = sender.ask("GET", f"/datasets/{key}").json()
    (mag,) = described["dataSource"]["dataLayers"][0]["mags"]
    assert mag["path"].startswith(str(sender.standin.folder))
    assert described["isActive"]
    unfinished = sender.ask("GET", f"/datasets/{upload['dataset']}").json()
    assert unfinished["dataSource"]["status"] == "Not yet fully uploaded."
    assert not unfinished["isActive"]
    known = f"/datasets/disambiguate/sample_organization/{described['directoryName']}/toId"
    assert sender.ask("GET", known).json()["id"] == key


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("largest", [255, 2**60])
def test_large_ids_have_an_envelope(served: Served, api: int, largest: int) -> None:
    """Since 15 always; before, only where a plain number would lose something."""
    sender = Sender(served(api), api)
    changes = {"category": "segmentation", "elementClass": "uint64", "largestSegmentId": largest}
    key = sender.publish(**changes)
    (layer,) = sender.ask("GET", f"/datasets/{key}").json()["dataSource"]["dataLayers"]
    envelope = {"customJsonEncoding": "bigint", "value": str(largest)}
    plain = api < 15 and largest == 255
    assert layer["largestSegmentId"] == (largest if plain else envelope)


def test_updates_change_what_they_name(sender: Sender) -> None:
    """Boxes are taken over; new layers have to be empty, and mags that are not sent are gone."""
    key = sender.publish()
    described = sender.ask("GET", f"/datasets/{key}").json()["dataSource"]
    described["dataLayers"][0]["boundingBox"]["width"] = 16
    answer = sender.ask("PATCH", f"/datasets/{key}/updatePartial", json={"dataSource": described})
    assert answer.json()["dataSource"]["dataLayers"][0]["boundingBox"]["width"] == 16
    described["dataLayers"].append({**described["dataLayers"][0], "name": "new"})
    answer = sender.ask("PATCH", f"/datasets/{key}/updatePartial", json={"dataSource": described})
    assert answer.status_code == 400
    assert said(answer) == "New layers must not have mags."
    described["dataLayers"][1]["mags"] = []
    path = described["dataLayers"][0]["mags"].pop()["path"]
    answer = sender.ask("PATCH", f"/datasets/{key}/updatePartial", json={"dataSource": described})
    assert [one["name"] for one in answer.json()["dataSource"]["dataLayers"]] == ["color", "new"]
    (ours,) = (one for one in sender.standin.datasets() if one["id"] == key)
    assert path.startswith(ours["path"])
    assert sender.ask("GET", f"{sender.data_url}/zarr/{key}/color/1/.zarray").status_code == 404
    member = Sender(sender.standin, 16, sender.standin.member_token)
    assert member.ask("PATCH", f"/datasets/{key}/updatePartial", json={}).status_code == 404


def test_updates_cannot_change_the_rest(sender: Sender) -> None:
    """Names of types, axes and mags' fields stay as they are; attachments may only go."""
    files = {"name": "a", "path": "./color/a", "dataFormat": "zarr3"}
    axes = [{"name": "t", "bounds": [0, 1], "index": 0}]
    key = sender.publish(attachments={"meshes": [files], "cumsum": files}, additionalAxes=axes)
    described = sender.ask("GET", f"/datasets/{key}").json()["dataSource"]
    (before,) = json.loads(json.dumps(described["dataLayers"]))
    (layer,) = described["dataLayers"]
    layer.update(elementClass="uint16", dataFormat="wkw", additionalAxes=[])
    layer["mags"][0].update(path="/elsewhere", channelIndex=3)
    del layer["attachments"]["meshes"]
    answer = sender.ask("PATCH", f"/datasets/{key}/updatePartial", json={"dataSource": described})
    (after,) = answer.json()["dataSource"]["dataLayers"]
    assert after["attachments"].keys() == {"cumsum"}
    assert after | {"attachments": before["attachments"]} == before


def test_short_links_are_resolved(sender: Sender) -> None:
    """Without a token; unknown ones are 404."""
    sender.standin.set_links(key="http://host/datasets/abc")
    sender.token = ""
    answer = sender.ask("GET", "/shortLinks/byKey/key")
    assert answer.json()["longLink"] == "http://host/datasets/abc"
    assert sender.ask("GET", "/shortLinks/byKey/other").status_code == 404


def test_paths_are_reserved(sender: Sender) -> None:
    """Who writes to the storage is told where, and says when it is done."""
    body = {
        "datasetName": "by_path", "initialTeamIds": [], "folderId": None,
        "requireUniqueName": False, "layersToLink": [], "pathPrefix": None,
        "dataSource": {"id": {}, "scale": {"factor": [1, 1, 1], "unit": "nanometer"},
                       "dataLayers": []},
    }  # fmt: skip
    where = "/datasets/reserveUploadToPaths"
    answer = sender.ask("POST", where, json=body)
    assert said(answer) == "Cannot reserve upload for dataset with no layers."
    elsewhere = {**body, "dataSource": _source(), "pathPrefix": "/somewhere"}
    assert "configured path prefix" in said(sender.ask("POST", where, json=elsewhere))
    answer = sender.ask("POST", where, json={**body, "dataSource": _source()}).json()
    key = answer["newDatasetId"]
    path = answer["dataSource"]["dataLayers"][0]["mags"][0]["path"]
    assert path.startswith(str(sender.standin.folder))
    assert sender.ask("POST", f"/datasets/{key}/finishUploadToPaths").status_code == 200
    again = sender.ask("POST", f"/datasets/{key}/finishUploadToPaths")
    assert "not in uploading-to-paths status" in said(again)
    mag = {"layerName": "color", "mag": [2, 2, 1], "axisOrder": None, "channelIndex": None,
           "pathPrefix": None, "overwritePending": False}  # fmt: skip
    path = sender.ask("POST", f"/datasets/{key}/reserveMagUploadToPath", json=mag).json()
    assert "/color/2-2-1__" in path
    again = sender.ask("POST", f"/datasets/{key}/reserveMagUploadToPath", json=mag)
    assert said(again) == "This mag is already pending."
    finish = f"/datasets/{key}/finishMagUploadToPath"
    assert sender.ask("POST", finish, json=mag).status_code == 200
    assert "is not pending" in said(sender.ask("POST", finish, json=mag))


def _source() -> dict[str, object]:
    document: dict[str, object] = json.loads(source())
    return document


def test_a_second_origin_is_the_datastore(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each origin serves its own routes, and none of the other's."""
    folder = tmp_path_factory.mktemp("two")
    with Standin.start(folder, datastore_port=0, no_datastore=True) as standin:
        sender = Sender(standin, 16)
        (datastore,) = sender.ask("GET", "/datastores").json()
        assert datastore["url"] != standin.url
        assert not datastore["allowsUpload"]
        assert sender.reserve().status_code == 404
        reserve = f"{datastore['url']}/data/v15/datasets/upload/dataset/reserveUpload"
        refused = sender.ask("POST", reserve, json=sender.reservation())
        assert "does not allow uploads" in said(refused)
        assert sender.ask("GET", f"{datastore['url']}/api/v16/user").status_code == 404
        standin.restart()
        assert sender.ask("GET", "/datastores").json() == [datastore]
