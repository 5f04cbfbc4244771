"""What is checked when uploads are reserved, version by version."""

from pathlib import Path
from typing import Any

import pytest

from tests.standin.conftest import Served
from tests.standin.sender import MISSING_ID, Sender, first_error, said
from tests.standin.server import standin_in

PLAIN = "Token may be expired, consider reloading. "
INVALID = "Could not validate dataset information for upload."
ARCHIVE = "f" * 23 + "3"


def test_bodies_are_validated(any_sender: Sender) -> None:
    """What is missing or of a wrong type is named by its path, and nothing else is said."""
    teams = "initialTeams" if any_sender.api < 14 else "initialTeamIds"
    answer = any_sender.reserve("many", **{teams: None})  # type: ignore[arg-type]
    assert answer.status_code == 400
    count = (
        "obj.totalFileCount" if any_sender.api < 14 else "obj.resumableUploadInfo.totalFileCount"
    )
    assert {key: one[0]["msg"] for key, one in answer.json().items()} == {
        count: ["error.expected.jsnumber"],
        f"obj.{teams}": ["error.path.missing"],
    }
    url = any_sender.data_url + "/datasets/upload/dataset/reserveUpload"
    if any_sender.api >= 14:
        kind = {"Content-Type": "application/json"}
        assert any_sender.ask("POST", url, data=b"{", headers=kind).status_code == 400
        assert any_sender.ask("POST", url, data=b"{}").status_code == 415


@pytest.mark.parametrize(
    ("token", "status", "text"),
    [
        ("", 403, PLAIN + "Access forbidden: invalid access token"),
        ("wrong", 403, PLAIN + "Access forbidden: invalid access token"),
        ("token-of-member", 403, PLAIN + "Token authentication failed."),
        ("token-of-manager", 200, ""),
    ],
)
def test_reserving_is_for_managers(any_sender: Sender, token: str, status: int, text: str) -> None:
    """Others are denied in plain text."""
    any_sender.token = token
    answer = any_sender.reserve()
    assert (answer.status_code, answer.text) == (status, text)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"folderId": ARCHIVE}, "No write access in this folder."),
        ({"folderId": MISSING_ID}, "No write access in this folder."),
        ({"name": "a b"}, "Dataset name is invalid."),
        ({"organization": "other_organization"}, "You are not allowed"),
        ({"organization": "nowhere"}, "organization not found"),
        ({"teams": ["a" * 24]}, "Can only assign teams of user"),
        ({"layersToLink": [{"datasetId": MISSING_ID, "layerName": "a"}]},
         "Could not link all requested layers."),
    ],
)  # fmt: skip
def test_reservations_are_judged(any_sender: Sender, changes: dict[str, Any], cause: str) -> None:
    """The instance's reason is in the chain, its status is lost."""
    any_sender.token = any_sender.standin.manager_token
    new = {"name": "datasetName", "organization": "organizationId", "teams": "initialTeamIds"}
    names = {"teams": "initialTeams"} if any_sender.api < 14 else new
    answer = any_sender.reserve(**{names.get(key, key): value for key, value in changes.items()})
    assert answer.status_code == 400
    assert first_error(answer) == INVALID
    assert cause in answer.json()["messages"][1]["chain"]


def test_unique_names_are_checked_if_asked(sender: Sender) -> None:
    """Only then is a second dataset of one name refused."""
    sender.publish()
    other = Sender(sender.standin, 16)
    answer = other.reserve(requireUniqueName=True)
    assert "Dataset name “some_name” is already taken." in said(answer)


def test_the_quota_is_checked(tmp_path: Path) -> None:
    """What is announced has to fit beside what is there; what is not announced fits."""
    with standin_in(tmp_path, quota=1000) as standin:
        answer = Sender(standin, 16).reserve(size=1001)
        assert answer.status_code == 400
        assert "storage quota of the organization is exceeded" in said(answer)
        assert Sender(standin, 16).reserve(size=1000).status_code == 200
        assert Sender(standin, 16).reserve(size=None).status_code == 200


def test_known_ids_are_not_reserved_again(any_sender: Sender) -> None:
    """The answer is 200, and nothing changes."""
    assert any_sender.reserve(1).status_code == 200
    assert any_sender.reserve(7).status_code == 200
    (upload,) = (one for one in any_sender.standin.uploads() if one["id"] == any_sender.upload)
    assert upload["count"] == 1


@pytest.mark.parametrize(
    ("api", "version", "path", "there"),
    [
        (13, "/v13", "datasets/upload/dataset/reserveUpload", False),
        (13, "/v13", "datasets/upload/mag/reserveUpload", False),
        (13, "/v13", "datasets/reserveUpload", True),
        (13, "", "datasets/cancelUpload", True),
        (16, "/v13", "datasets/reserveUpload", True),
        (16, "/v13", "datasets/upload/dataset/reserveUpload", True),
        (16, "/v13", "datasets/cancelUpload", False),
        (16, "/v14", "datasets/reserveUpload", False),
        (16, "/v16", "datasets/finishUpload", False),
        (16, "", "datasets/reserveUpload", False),
        (16, "", "datasets/upload/dataset/reserveUpload", True),
        (16, "/v15", "datasets/upload/attachment/reserveUpload", False),
        (16, "", "datasets", True),
        (16, "/v14", "datasets", False),
    ],
)
def test_routes_are_of_their_version(
    served: Served, api: int, version: str, path: str, *, there: bool
) -> None:
    """Old routes live on for old clients, under old versions alone."""
    sender = Sender(served(api), api)
    answer = sender.ask("POST", f"{sender.standin.url}/data{version}/{path}", json={})
    assert (answer.status_code != 404) == there
