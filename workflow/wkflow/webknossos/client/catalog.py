"""The datasets that a server has: listed with their folders and states, and deleted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from wkflow.errors import ConfigError, ServerError
from wkflow.webknossos.client import folders as folder_tree
from wkflow.webknossos.client.dataset import RemoteDataset
from wkflow.webknossos.client.server import Server, text, understanding

USABLE = "usable"
"""The state of a dataset that can be looked at; of others the server's words for it."""


@dataclass(frozen=True, slots=True)
class ListedDataset:
    """One dataset as the server lists it.

    Attributes
    ----------
    folder
        Path of its folder without the name of the root; empty for the root.
    state
        `usable`, or what the server says of one that is not: its upload goes on, or has failed.
    created
        ISO 8601 in UTC.
    layers, tags
        Their names.
    bytes
        What it takes on the server's disk; None where that was not asked for or is not known.
    """

    id: str
    name: str
    folder: str
    url: str
    state: str
    created: str
    layers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    bytes: int | None = None


def list_datasets(
    server: Server, folder: str | None = None, *, sizes: bool = False
) -> list[ListedDataset]:
    """List the datasets of the user's organization, by folder and name.

    Parameters
    ----------
    folder
        Only those in this folder and in the folders below it.
    sizes
        Also ask for what each takes: a request for each, which servers count as a look at it.

    Raises
    ------
    ServerError
        If the token is wrong, or if there is no such folder.
    """
    organization = server.user().organization
    where = server.at("/folders/tree")
    tree = server.session.json("GET", where)
    with understanding(f"GET {where}"):
        folders = folder_tree.folders_of(tree)
    wanted = [one.id for one in folder_tree.below(folders, folder, server.url)] if folder else [""]
    names = {one.id: one.short for one in folders}
    found = [
        one
        for folder_id in wanted
        for one in _listed(server, names, server.dialect.catalog_params(organization, folder_id))
    ]
    if sizes:
        found = [_measured(server, one) for one in found]
    return sorted(found, key=lambda one: (one.folder, one.name, one.created))


def _listed(
    server: Server, folders: Mapping[str, str], params: Mapping[str, str]
) -> Iterator[ListedDataset]:
    where = server.at("/datasets")
    rows = server.session.json("GET", where, params=params)
    with understanding(f"GET {where}"):
        for row in rows:
            layers = [*row.get("colorLayerNames", ()), *row.get("segmentationLayerNames", ())]
            yield ListedDataset(
                id=text(row["id"]),
                name=text(row["name"]),
                folder=folders.get(str(row.get("folderId")), str(row.get("folderId"))),
                url=server.url_of(text(row["id"])),
                state=USABLE if row.get("isActive", True) else str(row.get("status") or "unusable"),
                created=_time(row.get("created", 0)),
                layers=tuple(map(str, layers)),
                tags=tuple(map(str, row.get("tags", ()))),
            )


def _time(milliseconds: Any) -> str:  # noqa: ANN401 -- of an answer
    return datetime.fromtimestamp(float(milliseconds) / 1000, UTC).isoformat(timespec="seconds")


def _measured(server: Server, one: ListedDataset) -> ListedDataset:
    size = server.dataset(one.id).get("usedStorageBytes")
    return replace(one, bytes=size if isinstance(size, int) else None)


def state_of(dataset: RemoteDataset) -> str:
    """Give the state of one dataset, as the list has it."""
    source = dataset.info.get("dataSource")
    if dataset.info.get("isActive", True) and isinstance(source, dict) and "dataLayers" in source:
        return USABLE
    said = source.get("status") if isinstance(source, dict) else None
    return str(said or "unusable")


def require_failed(dataset: RemoteDataset, *, remedy: str) -> None:
    """Refuse to delete a dataset that can be used.

    Raises
    ------
    ConfigError
        Which names it; `remedy` says how to insist.
    """
    if state_of(dataset) == USABLE:
        what = f"{dataset.name} is complete and usable, and no failed upload"
        raise ConfigError(what, dataset.url, remedy)


def check_deletable(dataset: RemoteDataset) -> None:
    """Refuse now what the server would refuse.

    Raises
    ------
    ServerError
        If there is no token or a wrong one, if its user may not change the dataset, or if the
        server deletes no datasets at all.
    """
    server = dataset.server
    server.user()
    where = server.at("/features")
    features = server.session.json("GET", where)
    with understanding(f"GET {where}"):
        allows = features.get("allowDeleteDatasets", True)
    if not allows:
        remedy = "Ask its administrator to delete it, or to allow that (allowDeleteDatasets)."
        raise ServerError("the server lets nobody delete datasets", dataset.url, remedy)
    if not dataset.info.get("isEditable", True):
        remedy = "Ask an administrator of its organization."
        raise ServerError("the user of this token may not change the dataset", dataset.url, remedy)


def delete_dataset(dataset: RemoteDataset) -> None:
    """Delete a dataset with its files, and see that it is gone. Nothing brings it back.

    Raises
    ------
    ServerError
        In the server's words.
    """
    session = dataset.server.session
    where = dataset.server.at(f"/datasets/{quote(dataset.id, safe='')}")
    session.request("DELETE", where, ok=(200, 404))  # a lost answer is followed by 404
    if session.request("GET", where, ok=(200, 404)).status_code == 200:
        remedy = "Look at it in WEBKNOSSOS."
        raise ServerError("the server said that it deleted it, and has it", dataset.url, remedy)
