"""Paths and bodies of the four versions, as the protocol has them."""

import pytest
from wkflow.errors import ServerError
from wkflow.webknossos.client.api_versions import Announcement, Dialect, NewMag, negotiate

TABLE = {
    # version: wk, chunks, chunk_test, reserve, finish, cancel, unfinished
    13: ("/api/v13", "/data/datasets", "/data/v13/datasets", "/data/v13/datasets/reserveUpload",
        "/data/v13/datasets/finishUpload", "/data/datasets/cancelUpload",
        "/data/v13/datasets/unfinishedUploads"),
    **{version: (
        f"/api/v{version}",
        *[f"/data/v{data}/datasets/upload/dataset"] * 2,
        *[f"/data/v{data}/datasets/upload/dataset/{name}"
            for name in ("reserveUpload", "finishUpload", "cancelUpload", "unfinishedUploads")],
    ) for version, data in ((14, 14), (15, 15), (16, 15))},
}  # fmt: skip


@pytest.mark.parametrize("version", TABLE)
def test_paths_are_those_of_the_version(version: int) -> None:
    """Of the datastore, 16 is spoken as 15."""
    one = Dialect(version)
    found = (
        one.wk,
        one.chunks,
        one.chunk_test,
        one.reserve,
        one.finish,
        one.cancel,
        one.unfinished,
    )
    assert found == TABLE[version]


ANNOUNCED = Announcement("id", "n", "org", 7, 99, "folder")


def test_the_first_version_reserves_flatly() -> None:
    """With names of its own."""
    assert Dialect(13).reserve_body(ANNOUNCED) == {
        "uploadId": "id", "name": "n", "organization": "org", "totalFileCount": 7,
        "totalFileSizeInBytes": 99, "initialTeams": [], "layersToLink": [], "folderId": "folder",
    }  # fmt: skip


@pytest.mark.parametrize("version", [14, 15, 16])
def test_later_versions_reserve_in_two_floors(version: int) -> None:
    """The numbers are apart."""
    assert Dialect(version).reserve_body(ANNOUNCED) == {
        "resumableUploadInfo":
            {"uploadId": "id", "totalFileCount": 7, "totalFileSizeInBytes": 99},
        "datasetName": "n", "organizationId": "org", "initialTeamIds": [],
        "layersToLink": [], "folderId": "folder",
    }  # fmt: skip


@pytest.mark.parametrize("version", TABLE)
def test_no_bound_is_no_promise(version: int) -> None:
    """It is left out: null is none of the types that servers take for it."""
    assert "totalFileSizeInBytes" not in str(
        Dialect(version).reserve_body(Announcement("id", "n", "org", 7))
    )


def test_ids_are_where_the_version_looks() -> None:
    """In the body of 13, in the query since; the answer's key changed as well."""
    first, later = Dialect(13), Dialect(14)
    assert (first.finish_params("id"), first.finish_body("id")) == ({}, {"uploadId": "id"})
    assert (later.finish_params("id"), later.finish_body("id")) == ({"uploadId": "id"}, None)
    assert (first.cancel_params("id"), later.cancel_params("id")) == ({}, {"uploadId": "id"})
    assert (first.finished_key, later.finished_key) == ("newDatasetId", "datasetId")
    names = {"owningOrganization": "org", "name": "n"}
    assert (first.chunk_names("n", "org"), later.chunk_names("n", "org")) == (names, {})


@pytest.mark.parametrize(("version", "compact"), [(13, "true"), (15, "true"), (16, None)])
def test_lists_are_compact(version: int, compact: str | None) -> None:
    """Which 16 does unasked."""
    params = Dialect(version).list_params("n", "org")
    assert params.get("compact") == compact
    assert (params["searchQuery"], params["organizationId"], params["isActive"]) == (
        "n", "org", "true",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("oldest", "current", "version"),
    [(5, 13, 13), (10, 14, 14), (5, 15, 15), (10, 16, 16), (10, 20, 16), (16, 20, 16)],
)
def test_the_newest_common_version_is_spoken(oldest: int, current: int, version: int) -> None:
    """Servers keep older ones for a while."""
    assert negotiate(oldest, current) == Dialect(version)


@pytest.mark.parametrize(
    ("oldest", "current", "remedy"), [(5, 12, "update"), (17, 20, "newer wkflow")]
)
def test_strangers_are_told_both_ranges(oldest: int, current: int, remedy: str) -> None:
    """And which of the two is too old."""
    with pytest.raises(ServerError, match=f"{oldest} to {current} .* 13 to 16") as caught:
        negotiate(oldest, current, "https://wk")
    assert remedy in caught.value.remedy
    assert caught.value.where == "https://wk"


@pytest.mark.parametrize("version", [14, 15, 16])
def test_mags_have_routes_of_their_own(version: int) -> None:
    """All but the list of what is unfinished, which knows no mags."""
    dataset, mag = Dialect(version), Dialect(version).of_mags("here")
    for name in ("chunks", "chunk_test", "reserve", "finish", "cancel"):
        path = getattr(dataset, name)
        assert getattr(mag, name) == path.replace("upload/dataset", "upload/mag") != path
    assert mag.unfinished == dataset.unfinished
    assert (mag.version, mag.finished_key) == (version, "datasetId")


def test_the_first_version_has_no_mags() -> None:
    """Only their places in the storage."""
    with pytest.raises(ServerError, match="speaks 13") as caught:
        Dialect(13).of_mags("here")
    assert caught.value.where == "here"


@pytest.mark.parametrize(("version", "data"), [(13, 13), (14, 14), (15, 15), (16, 15)])
def test_files_are_below_the_datastores_routes(version: int, data: int) -> None:
    """As they are, and as arrays."""
    one = Dialect(version)
    assert one.proxy("a/b") == f"/data/v{data}/datasets/a%2Fb/proxy"
    assert one.zarr("5") == f"/data/v{data}/zarr/5"


def test_no_bound_of_a_mag_is_no_promise() -> None:
    """It is left out, not null."""
    mag = NewMag("5", "color", (4, 4, 2), {"x": 0, "y": 1, "z": 2}, None)
    body = Dialect(14).of_mags("here").reserve_mag_body("up", mag, 7, None)
    assert body["resumableUploadInfo"] == {"uploadId": "up", "totalFileCount": 7}
    assert body["mag"] == {
        "mag": [4, 4, 2], "axisOrder": {"x": 0, "y": 1, "z": 2}, "channelIndex": None,
    }  # fmt: skip
