"""Mags are sent like datasets, to a server that loses answers and forgets."""

import json
from pathlib import Path

import pytest
from wkflow.errors import ServerError
from wkflow.webknossos.client.api_versions import Dialect
from wkflow.webknossos.client.mag_upload import MagUpload
from wkflow.webknossos.client.new_mags import NewMags
from wkflow.webknossos.client.session import Session
from wkflow.webknossos.client.upload import FinishUnsureError, UploadLostError

from tests.standin.conftest import Served
from tests.standin.sender import MISSING_ID, Sender
from tests.webknossos.client.mags import FILES, PIECE, mags_there, new_mag, opened, write_mag

APIS = (14, 15, 16)
SIZE = sum(map(len, FILES.values()))


@pytest.mark.parametrize("api", APIS)
def test_a_mag_arrives(served: Served, tmp_path: Path, api: int) -> None:
    """Piece by piece; what is there is known to be there."""
    sender = Sender(served(api), api)
    key, pieces = sender.publish(), write_mag(tmp_path)
    assert len(pieces) == 1 + -(-len(FILES["c/0/0/0/0"]) // PIECE)
    with opened(sender, key) as dataset:
        upload = NewMags(dataset).upload_of(new_mag(key), f"mag-{api}", len(FILES))
        assert not upload.is_known()
        for _ in range(2):
            upload.reserve(SIZE)
        assert upload.is_known()
        assert not upload.has(pieces[0])
        assert all(upload.send(piece) for piece in pieces)
        assert all(map(upload.has, pieces))
        assert list(mags_there(sender, key)) == [(1, 1, 1)]
        assert upload.finish() == key
        assert not upload.is_known()
    there = mags_there(sender, key)[2, 2, 1]
    assert {name: (there / name).read_bytes() for name in FILES} == FILES
    (listed,) = [
        mag
        for mag in sender.ask("GET", f"/datasets/{key}").json()["dataSource"]["dataLayers"][0][
            "mags"
        ]
        if mag["mag"] == [2, 2, 1]
    ]
    assert (listed["axisOrder"], listed["channelIndex"]) == ({"c": 0, "x": 1, "y": 2, "z": 3}, 0)


def test_servers_of_13_take_no_mags(served: Served) -> None:
    """Which is told with the ways that work."""
    sender = Sender(served(13), 13)
    key = sender.publish()
    with opened(sender, key) as dataset:
        with pytest.raises(ServerError, match="API 14 and up, this one speaks 13") as caught:
            NewMags(dataset).upload_of(new_mag(key), "up", 1)
        assert "copy, move+symlink or symlink" in caught.value.remedy
    assert sender.standin.uploads() == []


@pytest.mark.parametrize("api", APIS)
def test_pieces_are_not_sent_twice(served: Served, tmp_path: Path, api: int) -> None:
    """Where an answer is lost, the server is asked."""
    sender = Sender(served(api), api)
    key, pieces = sender.publish(), write_mag(tmp_path)
    with opened(sender, key) as dataset:
        upload = NewMags(dataset).upload_of(new_mag(key), f"twice-{api}", len(FILES))
        upload.reserve(None)
        faults = {"times": 1, "routes": ["chunk"]}
        sender.standin.faults(lost=faults)
        assert not upload.send(pieces[0])
        sender.standin.faults(drop=faults | {"share": 0.5}, status={"status": 503, "times": 1})
        assert all(upload.send(piece) for piece in pieces[1:])
        upload.finish()
    assert (mags_there(sender, key)[2, 2, 1] / "c/0/0/0/0").read_bytes() == FILES["c/0/0/0/0"]


def test_a_forgotten_upload_is_lost(sender: Sender, tmp_path: Path) -> None:
    """And one with a dead token is not."""
    key, pieces = sender.publish(), write_mag(tmp_path)
    with opened(sender, key) as dataset:
        upload = NewMags(dataset).upload_of(new_mag(key), "forgotten", len(FILES))
        upload.reserve(SIZE)
        sender.standin.faults(expire={"times": 1, "upload": "forgotten"})
        for ask in (upload.send, upload.has):
            with pytest.raises(UploadLostError):
                ask(pieces[0])
        assert not upload.cancel()
    with Session("not-a-token-of-anybody") as session:
        dead = MagUpload(
            session, sender.standin.url, Dialect(16), "x", new_mag(key), "sample_organization", 1
        )
        for act in (dead.is_known, lambda: dead.send(pieces[0])):
            with pytest.raises(ServerError, match="invalid access token"):
                act()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dataset_id": MISSING_ID}, "could not be found or accessed"),
        ({"layer": "none"}, "Could not find layer"),
        ({"factors": (1, 1, 1)}, "conflicts with existing mag"),
    ],
)
def test_refusals_are_the_servers(sender: Sender, changes: dict[str, object], said: str) -> None:
    """In its words."""
    key = sender.publish()
    mag = type(new_mag(key))(
        **{
            "dataset_id": key,
            "layer": "color",
            "factors": (2, 2, 2),
            "axis_order": {},
            **changes,
        }
    )  # type: ignore[arg-type]
    with opened(sender, key) as dataset:
        upload = NewMags(dataset).upload_of(mag, f"refused-{sender.upload}", 1)
        with pytest.raises(ServerError, match=said):
            upload.reserve(SIZE)


def test_a_lost_finish_is_told(sender: Sender, tmp_path: Path) -> None:
    """It may have happened."""
    key, pieces = sender.publish(), write_mag(tmp_path)
    with opened(sender, key) as dataset:
        upload = NewMags(dataset).upload_of(new_mag(key), "unsure", len(FILES))
        upload.reserve(SIZE)
        for piece in pieces:
            upload.send(piece)
        sender.standin.faults(lost={"times": 1})
        with pytest.raises(FinishUnsureError):
            upload.finish()
    assert (2, 2, 1) in mags_there(sender, key)


def test_the_body_is_the_protocols() -> None:
    """Section 9.4."""
    body = Dialect(14, "mag").reserve_mag_body("up", new_mag("5"), 3, 99)
    assert json.loads(json.dumps(body)) == {
        "resumableUploadInfo": {
            "uploadId": "up",
            "totalFileCount": 3,
            "totalFileSizeInBytes": 99,
        },
        "datasetId": "5",
        "layerName": "color",
        "mag": {
            "mag": [2, 2, 1],
            "channelIndex": 0,
            "axisOrder": {"c": 0, "x": 1, "y": 2, "z": 3},
        },
        "overwritePending": True,
    }
