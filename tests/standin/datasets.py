"""The datasets that the server knows: their rows, and the objects that describe them."""

import json
import re
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.standin.answers import missing, refusal
from tests.standin.datasource import Document, find_layer, spelled
from tests.standin.options import Options
from tests.standin.people import User
from tests.standin.store import Row, Store

USABLE = ""
NOT_UPLOADED = "Not yet fully uploaded."
NOT_AT_PATHS = "Not yet fully uploaded to paths."
ALLOWED_NAME = re.compile(r"[A-Za-z0-9_\-.]*")


def name_problem(name: str) -> str | None:
    """Say what is wrong with a dataset's name, if anything is.

    Examples
    --------
    >>> name_problem("ab")
    'Dataset name is invalid. Please use at least three characters.'
    """
    start = "Dataset name is invalid. Please use "
    if not ALLOWED_NAME.fullmatch(name):
        return start + "only letters, digits, dots, underscores, hyphens."
    if name.startswith("."):
        return start + "a name that does not start with a dot."
    if len(name) < 3:
        return start + "at least three characters."
    return None


def new_id() -> str:
    return secrets.token_hex(12)


@dataclass(frozen=True)
class Datasets:
    """All datasets in the store of one server."""

    store: Store
    options: Options

    def add(
        self, name: str, folder: str, user: User, status: str, *, virtual: bool = True,
        source: Document | None = None,
    ) -> Row:  # fmt: skip
        """Add a dataset that has no data yet."""
        key = new_id()
        row = {
            "id": key, "name": name, "directory": f"{name}-{key}", "folder": folder,
            "status": status, "source": json.dumps(source), "created": int(time.time() * 1000),
            "uploader": user.id, "virtual": virtual, "public": False,
            "sharing": secrets.token_urlsafe(12),
        }  # fmt: skip
        marks = ",".join("?" * len(row))
        columns = ",".join(row)
        self.store.run(f"INSERT INTO datasets ({columns}) VALUES ({marks})", *row.values())  # noqa: S608 -- our names
        return self.get(key)

    def get(self, key: str) -> Row:
        row = self.store.row("SELECT * FROM datasets WHERE id = ?", key)
        if row is None:
            raise missing(f"Dataset “{key}” could not be found or accessed.")
        return row

    def usable(self, key: str) -> Row:
        """Give a dataset that has data; 404 else."""
        row = self.get(key)
        if row["status"] != USABLE:
            raise missing()
        return row

    def all(self) -> list[Row]:
        return self.store.rows("SELECT * FROM datasets ORDER BY created, rowid")

    def root(self, dataset: Row) -> Path:
        """Where the data of a dataset is on disk."""
        folder: Path = self.store.data / self.options.organization / dataset["directory"]
        return folder

    def source(self, dataset: Row) -> Document:
        document: Document = json.loads(dataset["source"])
        return document

    def publish(self, dataset: Row, source: Document) -> None:
        """Store the data source of a dataset whose data is complete."""
        used = sum(one.stat().st_size for one in self.root(dataset).rglob("*") if one.is_file())
        source["id"] = {"name": dataset["directory"], "team": self.options.organization}
        sql = "UPDATE datasets SET status = ?, source = ?, used = ? WHERE id = ?"
        self.store.run(sql, USABLE, json.dumps(source), used, dataset["id"])

    def change(self, key: str, alter: Callable[[Document], None]) -> None:
        """Alter the stored data source of a dataset, alone with it."""
        with self.store.transaction():
            dataset = self.get(key)
            source = self.source(dataset)
            alter(source)
            sql = "UPDATE datasets SET source = ? WHERE id = ?"
            self.store.run(sql, json.dumps(source), key)

    def remove(self, key: str) -> None:
        """Delete a dataset and its files."""
        row = self.store.row("SELECT * FROM datasets WHERE id = ?", key)
        if row is not None:
            shutil.rmtree(self.root(row), ignore_errors=True)
        self.store.run("DELETE FROM pending WHERE dataset = ?", key)
        self.store.run("DELETE FROM datasets WHERE id = ?", key)

    def used(self) -> int:
        """Bytes that all finished datasets take."""
        row = self.store.row("SELECT coalesce(sum(used), 0) AS used FROM datasets")
        return int(row["used"]) if row else 0

    def check_quota(self, more: int) -> None:
        quota = self.options.quota
        if quota is not None and self.used() + more > quota:
            text = (
                "Cannot upload dataset because the storage quota of the organization is exceeded."
            )
            raise refusal(text, status=403)

    def check_name(self, name: str, *, unique: bool) -> None:
        problem = name_problem(name)
        if problem:
            raise refusal(problem)
        if unique and self.store.row("SELECT 1 FROM datasets WHERE name = ?", name):
            raise refusal(f"Dataset name “{name}” is already taken.")

    def linked_layers(self, links: list[Document]) -> list[Document]:
        """Give the layers that a new dataset borrows, under their new names."""
        found = []
        for link in links:
            row = self.store.row("SELECT * FROM datasets WHERE id = ?", link["datasetId"])
            source = self.source(row) if row is not None and row["status"] == USABLE else None
            layer = find_layer(source, link["layerName"]) if source else None
            if layer is None:
                raise refusal("Could not link all requested layers.")
            found.append({**layer, "name": link.get("newLayerName") or layer["name"]})
        return found

    def described(self, dataset: Row, user: User | None, version: int) -> dict[str, Any]:
        """Give the whole object that describes a dataset."""
        return {
            "id": dataset["id"], "name": dataset["name"],
            "dataSource": self._sent_source(dataset, version),
            "dataStore": self.datastore(), "owningOrganization": self.options.organization,
            "allowedTeams": [], "allowedTeamsCumulative": [],
            "isActive": dataset["status"] == USABLE, "isPublic": bool(dataset["public"]),
            "description": None, "directoryName": dataset["directory"],
            "created": dataset["created"], "isEditable": bool(user and user.edits),
            "lastUsedByUser": 0, "logoUrl": "", "sortingKey": dataset["created"], "metadata": [],
            "isUnreported": False, "tags": [], "folderId": dataset["folder"],
            "usedStorageBytes": dataset["used"], "isVirtual": bool(dataset["virtual"]),
            "creationType": "Upload", "rootPath": None, "rootRealPath": None, "mirrorPath": None,
            **json.loads(dataset["extra"]),
        }  # fmt: skip

    def compact(self, dataset: Row, user: User | None) -> dict[str, Any]:
        """Give the short object of the list."""
        layers = self.source(dataset)["dataLayers"] if dataset["status"] == USABLE else []
        names: dict[str, list[str]] = {"color": [], "segmentation": []}
        for layer in layers:
            names[layer["category"]].append(layer["name"])
        return {
            "id": dataset["id"], "name": dataset["name"],
            "owningOrganization": self.options.organization, "folderId": dataset["folder"],
            "isActive": dataset["status"] == USABLE, "directoryName": dataset["directory"],
            "created": dataset["created"], "isEditable": bool(user and user.edits),
            "lastUsedByUser": 0, "status": dataset["status"], "isUnreported": False,
            "tags": json.loads(dataset["extra"]).get("tags", []),
            "colorLayerNames": names["color"], "segmentationLayerNames": names["segmentation"],
        }  # fmt: skip

    def datastore(self) -> dict[str, Any]:
        """Describe the one datastore."""
        return {
            "name": "localhost", "url": self.options.datastore_url, "isScratch": False,
            "allowsUpload": self.options.allows_upload, "jobsEnabled": False,
            "jobsSupportedByAvailableWorkers": [], "reportUsedStorageEnabled": False,
        }  # fmt: skip

    def _sent_source(self, dataset: Row, version: int) -> Document:
        if dataset["status"] == USABLE:
            return spelled(self.source(dataset), version)
        names = {"name": dataset["directory"], "team": self.options.organization}
        return {"id": names, "status": dataset["status"]}
