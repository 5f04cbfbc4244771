"""What tests of mags on a server share: a dataset there, and files to add to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wkflow.model.dataset_url import DatasetAddress
from wkflow.webknossos.client.api_versions import NewMag
from wkflow.webknossos.client.dataset import RemoteDataset, Sharing
from wkflow.webknossos.client.server import Server
from wkflow.webknossos.client.session import Session
from wkflow.webknossos.client.upload_part import UploadPart, pieces_of

from tests.standin.sender import Sender
from tests.webknossos.client.listener import hasty

AXES = {"c": 0, "x": 1, "y": 2, "z": 3}
FILES = {"zarr.json": b"{}", "c/0/0/0/0": bytes(range(256)) * 40}
PIECE = 4000


@contextmanager
def opened(sender: Sender, key: str, token: str | None = None) -> Iterator[RemoteDataset]:
    """Open a dataset as the sender's user, who waits for nothing, or by a sharing token."""
    address = DatasetAddress(sender.standin.url, key)
    with Session(sender.token, budget=hasty()) as session, Session(token) as other:
        server = Server.connect(session, address.server)
        sharing = Sharing(other, token) if token else None
        yield RemoteDataset.read(server, key, sharing)


def new_mag(key: str, factors: tuple[int, int, int] = (2, 2, 1)) -> NewMag:
    return NewMag(key, "color", factors, AXES)


def write_mag(folder: Path) -> list[UploadPart]:
    """Write the files of a mag, and cut them."""
    pieces = []
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        pieces += pieces_of(path, name, len(content), PIECE)
    return pieces


def mags_there(sender: Sender, key: str) -> dict[tuple[int, ...], Path]:
    """Give the folders of the mags that the server has."""
    (layer,) = next(one for one in sender.standin.datasets() if one["id"] == key)["properties"][
        "dataLayers"
    ]
    return {tuple(mag["mag"]): Path(mag["path"]) for mag in layer["mags"]}
