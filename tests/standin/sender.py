"""A plain client for the stand-in's own tests: it sends what it is told to, right or wrong."""

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.standin.server import Standin

MISSING_ID = "0" * 24
BODY = b"twelve bytes"
COUNTER = itertools.count()

LAYER: dict[str, Any] = {
    "name": "color",
    "category": "color",
    "boundingBox": {"topLeft": [0, 0, 0], "width": 8, "height": 8, "depth": 8},
    "elementClass": "uint8",
    "dataFormat": "zarr3",
    "mags": [{"mag": [1, 1, 1], "path": "./color/1"}],
}
SOURCE: dict[str, Any] = {
    "id": {"name": "", "team": ""},
    "scale": {"factor": [1.0, 1.0, 1.0], "unit": "nanometer"},
    "dataLayers": [LAYER],
    "version": 1,
}


def source(**changes: Any) -> bytes:  # noqa: ANN401 -- JSON
    """Spell a data source, its only layer changed."""
    return json.dumps({**SOURCE, "dataLayers": [{**LAYER, **changes}]}).encode()


@dataclass
class Sender:
    """Speaks one version to one stand-in, with one token."""

    standin: Standin
    api: int
    token: str | None = None
    upload: str = field(default_factory=lambda: f"upload-{next(COUNTER)}")

    def __post_init__(self) -> None:
        if self.token is None:
            self.token = self.standin.token

    @property
    def data_url(self) -> str:
        """The datastore's routes, under the version that the official client uses."""
        return f"{self.standin.url}/data/v{min(self.api, 15)}"

    @property
    def chunk_url(self) -> str:
        if self.api < 14:
            return f"{self.standin.url}/data/datasets"
        return f"{self.data_url}/datasets/upload/dataset"

    def ask(self, method: str, url: str, **rest: Any) -> requests.Response:  # noqa: ANN401 -- as requests
        """Send one request; a path goes to the instance's routes."""
        if url.startswith("/"):
            url = f"{self.standin.url}/api/v{self.api}{url}"
        headers = {"X-Auth-Token": self.token} if self.token else {}
        headers |= rest.pop("headers", {})
        rest = {"timeout": 30, "allow_redirects": False, "verify": self.standin.verify, **rest}
        with requests.request(method, url, headers=headers, **rest) as answer:  # noqa: S113 -- in rest
            assert answer.content is not None
            return answer

    def reservation(self, count: int = 1, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
        """Give the body of a reservation in the version's form."""
        size = changes.pop("size", 10_000)
        resumable = {"uploadId": self.upload, "totalFileCount": count, "totalFileSizeInBytes": size}
        if self.api < 14:
            named = {"name": "some_name", "organization": "sample_organization"}
            return {**resumable, **named, "initialTeams": [], "layersToLink": [], **changes}
        named = {"datasetName": "some_name", "organizationId": "sample_organization"}
        rest = {"initialTeamIds": [], "layersToLink": [], **changes}
        return {"resumableUploadInfo": resumable, **named, **rest}

    def reserve(self, count: int = 1, **changes: Any) -> requests.Response:  # noqa: ANN401 -- JSON
        old = self.api < 14
        where = "/datasets/reserveUpload" if old else "/datasets/upload/dataset/reserveUpload"
        return self.ask("POST", self.data_url + where, json=self.reservation(count, **changes))

    def send(self, path: str, content: bytes = BODY, **changes: Any) -> requests.Response:  # noqa: ANN401 -- form fields
        """Send a chunk; fields are changed, or left out if they are None."""
        fields = {
            "resumableChunkSize": len(content) or 1,
            "resumableTotalSize": len(content),
            "resumableType": "",
            "resumableIdentifier": f"{self.upload}/{path}",
            "resumableFilename": path.rsplit("/", 1)[-1],
            "resumableRelativePath": path,
            "resumableTotalChunks": 1,
            "resumableChunkNumber": 1,
            "resumableCurrentChunkSize": len(content),
            "totalFileCount": 1,
            **changes,
        }
        part = fields.pop("part", "file")
        url = fields.pop("url", self.chunk_url)
        form = {key: value for key, value in fields.items() if value is not None}
        return self.ask("POST", url, data=form, files={part: ("upload", content)})

    def test(self, path: str, number: int = 1) -> requests.Response:
        asked = {
            "resumableChunkNumber": str(number),
            "resumableIdentifier": f"{self.upload}/{path}",
        }
        return self.ask("GET", self.chunk_url, params=asked)

    def finish(self) -> requests.Response:
        if self.api < 14:
            url, body = f"{self.data_url}/datasets/finishUpload", {"uploadId": self.upload}
            return self.ask("POST", url, json=body)
        url = f"{self.data_url}/datasets/upload/dataset/finishUpload"
        return self.ask("POST", url, params={"uploadId": self.upload})

    def publish(self, **changes: Any) -> str:  # noqa: ANN401 -- JSON
        """Upload a dataset of one layer; give its id."""
        files = {
            "datasource-properties.json": source(**changes),
            "color/1/zarr.json": b"{}",
            "color/1/c/0/0/0/0": BODY,
            "zarr.json": b"{}",
        }
        assert self.reserve(len(files)).status_code == 200
        for path, content in files.items():
            assert self.send(path, content).status_code == 200
        answer = self.finish()
        assert answer.status_code == 200, answer.text
        (key,) = answer.json().values()
        assert isinstance(key, str)
        return key


def said(answer: requests.Response) -> str:
    """Give all that an answer says of what is wrong."""
    if answer.headers.get("Content-Type") != "application/json":
        return answer.text
    messages = answer.json().get("messages")
    if messages is None:
        return str(answer.json())
    return " ".join(text for one in messages for text in one.values())


def first_error(answer: requests.Response) -> str:
    """Give the first message alone."""
    text: str = answer.json()["messages"][0]["error"]
    return text
