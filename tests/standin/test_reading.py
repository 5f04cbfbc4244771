"""What is read of a dataset: as chunks of zarr, and as its own files."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import requests
import tensorstore
from numpy.typing import NDArray

from tests.standin.conftest import Served
from tests.standin.sender import Sender, said, source

SHAPE = (1, 40, 35, 33)
DENIED = "Token may be expired, consider reloading. Access forbidden: No read access on dataset"


@dataclass
class Published:
    """A dataset with real voxels on the server."""

    sender: Sender
    key: str
    voxels: NDArray[np.uint16]

    @property
    def zarr(self) -> str:
        return f"{self.sender.data_url}/zarr/{self.key}"

    @property
    def proxy(self) -> str:
        return f"{self.sender.data_url}/datasets/{self.key}/proxy"


@pytest.fixture(params=[13, 16])
def published(request: pytest.FixtureRequest, served: Served, tmp_path: Path) -> Published:
    """Write an array and upload it."""
    voxels = np.random.default_rng(3).integers(0, 2**16, SHAPE, np.uint16)
    voxels[:, 32:, 32:] = 0
    store = {"driver": "file", "path": str(tmp_path)}
    array = tensorstore.open(
        {"driver": "zarr3", "kvstore": store}, create=True, dtype="uint16", shape=SHAPE
    ).result()
    array.write(voxels).result()
    sender = Sender(served(request.param), request.param)
    files = {f"color/1/{one.relative_to(tmp_path)}": one.read_bytes()
             for one in tmp_path.rglob("*") if one.is_file()}  # fmt: skip
    box = {"topLeft": [0, 0, 0], "width": SHAPE[1], "height": SHAPE[2], "depth": SHAPE[3]}
    files["datasource-properties.json"] = source(elementClass="uint16", boundingBox=box)
    sender.reserve(len(files), size=None)
    for path, content in files.items():
        assert sender.send(path, content).status_code == 200
    (key,) = sender.finish().json().values()
    return Published(sender, key, voxels)


def test_streamed_voxels_are_the_sent_ones(published: Published) -> None:
    """Any reader of zarr version 2 reads them; chunks of zeros are not there."""
    headers = [f"X-Auth-Token: {published.sender.token}"]
    base = f"{published.zarr}/color/1/"
    store = {"driver": "http", "base_url": base, "headers": headers}
    array = tensorstore.open({"driver": "zarr", "kvstore": store}).result()
    assert np.array_equal(array.read().result(), published.voxels)
    chunks = [math.ceil(length / 32) for length in SHAPE]
    assert chunks == [1, 2, 2, 2]
    origin = ".".join("0" * 4)
    for name, status in ((origin, 200), ("0.1.1.0", 404), ("0.0.0.9", 404), ("0.0", 404)):
        assert published.sender.ask("GET", base + name).status_code == status


def test_documents_say_how_they_are_served(published: Published) -> None:
    """Streaming shows zarr, the proxy what it is; both answer HEAD."""
    expected = {
        published.zarr: ("zarr", "./color/1"),
        published.proxy: ("zarr3", "./layers/color/mags/1"),
    }
    for base, (data_format, path) in expected.items():
        url = f"{base}/datasource-properties.json"
        (layer,) = published.sender.ask("GET", url).json()["dataLayers"]
        assert (layer["dataFormat"], layer["mags"][0]["path"]) == (data_format, path)
        head = published.sender.ask("HEAD", url)
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["Content-Length"]) > 0


def test_streamed_axes_stand_behind_the_channel(sender: Sender) -> None:
    """Wherever they are in the files; what belongs to the files is not told."""
    axes = [
        {"name": "u", "bounds": [0, 3], "index": 1},
        {"name": "t", "bounds": [0, 2], "index": 0},
    ]
    order = {"c": 2, "x": 5, "y": 4, "z": 3}
    mag = {"mag": [1, 1, 1], "path": "./color/1", "axisOrder": order, "channelIndex": 0}
    key = sender.publish(additionalAxes=axes, mags=[mag])
    url = f"{sender.data_url}/zarr/{key}"
    (layer,) = sender.ask("GET", f"{url}/datasource-properties.json").json()["dataLayers"]
    assert layer["additionalAxes"] == [
        {"name": "t", "bounds": [0, 2], "index": 1}, {"name": "u", "bounds": [0, 3], "index": 2},
    ]  # fmt: skip
    assert layer["mags"] == [
        {"mag": [1, 1, 1], "path": "./color/1", "axisOrder": {"c": 0, "x": 3, "y": 4, "z": 5}}
    ]
    assert sender.ask("GET", f"{url}/color/1/.zarray").json()["shape"] == [1, 2, 3, 8, 8, 8]


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        (None, 200, slice(None)),
        ("bytes=2-5", 206, slice(2, 6)),
        ("bytes=-4", 206, slice(-4, None)),
        ("bytes=0-99999999", 206, slice(None)),
        ("bytes=2-", 400, None),
        ("bytes=0-1,3-4", 400, None),
        ("bytes=99999998-99999999", 416, None),
    ],
)
def test_ranges_have_two_ends(
    published: Published, asked: str | None, status: int, expected: slice | None
) -> None:
    """Or they are suffixes; others are refused."""
    url = f"{published.proxy}/layers/color/mags/1/zarr.json"
    whole = published.sender.ask("GET", url).content
    headers = {"Range": asked} if asked else {}
    answer = published.sender.ask("GET", url, headers=headers)
    assert answer.status_code == status
    if expected is not None:
        assert answer.content == whole[expected]
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert ("Content-Range" in answer.headers) == (status == 206)
    elif status == 400:
        assert f"Invalid range header “{asked}”, only single start-end" in said(answer)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("color/mags/1/none", 404),
        ("color/mags/2/zarr.json", 404),
        ("color/mags/1-1-1/zarr.json", 200),
        ("other/mags/1/zarr.json", 404),
        ("color/mags/1/..%2fzarr.json", 400),
        ("color/mags/1/%2e%2e/1/zarr.json", 400),
    ],
)
def test_proxied_paths_are_checked(served: Served, sender: Sender, path: str, status: int) -> None:
    """What is not there is 404, and no path leads out."""
    key = Sender(served(16), 16).publish()
    url = f"{sender.data_url}/datasets/{key}/proxy/layers/{path}"

    request = requests.Request("GET", url, headers={"X-Auth-Token": sender.token}).prepare()
    request.url = url
    with requests.Session() as session, session.send(request, timeout=30) as answer:
        assert answer.status_code == status


def test_reading_is_for_those_who_may(published: Published) -> None:
    """Others are denied, until the dataset is public."""
    sender, member = published.sender, Sender(published.sender.standin, published.sender.api)
    paths = ("/datasource-properties.json",)
    urls = [base + path for base in (published.zarr, published.proxy) for path in paths]
    urls += [
        f"{published.zarr}/color/1/.zarray",
        f"{published.proxy}/layers/color/mags/1/zarr.json",
    ]
    for token in ("", "wrong", sender.standin.member_token):
        member.token = token
        for url in urls:
            answer = member.ask("GET", url)
            assert (answer.status_code, answer.text) == (403, DENIED)
    shared = sender.ask("GET", f"/datasets/{published.key}/sharingToken").json()["sharingToken"]
    member.token = shared
    assert {member.ask("GET", url).status_code for url in urls} == {200}
    query = {"sharingToken": shared}
    assert member.ask("GET", f"/datasets/{published.key}", params=query).status_code == 200
    member.token = ""
    sender.ask("PATCH", f"/datasets/{published.key}/updatePartial", json={"isPublic": True})
    assert {member.ask("GET", url).status_code for url in urls} == {200}


def test_groups_are_described(published: Published) -> None:
    """A reader that walks from the root finds its way."""
    for path in ("/.zgroup", "/color/.zgroup", "/color/.zattrs"):
        assert published.sender.ask("GET", published.zarr + path).status_code == 200
    (scales,) = published.sender.ask("GET", f"{published.zarr}/color/.zattrs").json()["multiscales"]
    assert [one["path"] for one in scales["datasets"]] == ["1"]
    assert published.sender.ask("GET", f"{published.zarr}/none/.zgroup").status_code == 404
