"""A dataset on a server: what it is, and how its files are read."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, unquote, urlsplit

from wkflow.errors import ConfigError, ServerError
from wkflow.model.mag import factors_from, name_of
from wkflow.network.network_errors import nonsense
from wkflow.path_safety import has_parent
from wkflow.webknossos.client.proxy import PROPERTIES
from wkflow.webknossos.client.server import Server, text, understanding
from wkflow.webknossos.client.session import Session

Document = dict[str, Any]

PROXY, STREAMING, DIRECT = "proxy_path", "zarr_streaming", "direct_path"
"""Access modes: the files through the datastore, arrays that it makes of them, files on a disk."""

_ELSEWHERE = "Mount the server's storage here, or give --access-mode proxy_path or zarr_streaming."


@dataclass(frozen=True, slots=True)
class Sharing:
    """A sharing token: by it a dataset is read, and nothing is written.

    `session` sends it to the datastore, and keeps it out of errors.
    """

    session: Session
    token: str = field(repr=False)

    def json(self, url: str) -> Any:  # noqa: ANN401 -- whatever the server answers
        """Ask WEBKNOSSOS itself, which wants it in the query."""
        return self.session.json("GET", url, params={"sharingToken": self.token}, with_token=False)


@dataclass(frozen=True, slots=True)
class Served:
    """How the files of a dataset are read.

    Attributes
    ----------
    root
        URL below which the paths of the mags are; `/` where they are folders of this machine.
    document
        As `datasource-properties.json`: those mags of the dataset that are served.
    notes
        What is left out, a sentence each.
    """

    root: str
    document: Document
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteDataset:
    """A dataset that was found; `info` is what the server said of it then."""

    server: Server
    id: str
    info: Document
    sharing: Sharing | None = None

    @classmethod
    def read(cls, server: Server, dataset_id: str, sharing: Sharing | None = None) -> Self:
        """Ask for a dataset.

        Raises
        ------
        ServerError
            If it is not there or may not be seen, in the server's words.
        """
        where = server.at(f"/datasets/{quote(dataset_id, safe='')}")
        info = sharing.json(where) if sharing else server.session.json("GET", where)
        with understanding(f"GET {where}"):
            return cls(server, text(info["id"]), dict(info), sharing)

    @property
    def name(self) -> str:
        return str(self.info.get("name") or self.id)

    @property
    def url(self) -> str:
        """The address at which a person sees it."""
        return self.server.url_of(self.id)

    @property
    def organization(self) -> str:
        return str(self.info.get("owningOrganization", ""))

    @property
    def reader(self) -> Session:
        """Asks the datastore for files: with the sharing token, if there is one."""
        return self.sharing.session if self.sharing else self.server.session

    @property
    def datastore(self) -> str:
        """URL of the datastore that has the files.

        Raises
        ------
        ServerError
            If the token would travel to it in the open.
        """
        with understanding(f"GET {self.url}"):
            url = text(self.info["dataStore"]["url"])
        return self.server.checked_datastore(url)

    @property
    def document(self) -> Document:
        """Its data source, as `datasource-properties.json`; mags have absolute paths there.

        Raises
        ------
        ServerError
            If it has none: while it is being uploaded, or when files were broken.
        """
        with understanding(f"GET {self.url}"):
            document = dict(self.info["dataSource"])
            is_usable = isinstance(document.get("dataLayers"), list)
        if not is_usable:
            said = document.get("status") or "it has no layers"
            remedy = "Look at it in WEBKNOSSOS, and wait until it is complete."
            raise ServerError(f"the dataset cannot be used: {said}", self.url, remedy)
        return document

    def served(self, access_mode: str, layers: frozenset[str] | None = None) -> Served:
        """Say where the files of some layers (all by default) are read.

        Raises
        ------
        ServerError
            If the server does not serve them, in its own words.
        ConfigError
            If they are to be read from a disk, and are not on one of this machine.
        """
        if layers is None:
            with understanding(f"GET {self.url}"):
                layers = frozenset(str(layer["name"]) for layer in self.document["dataLayers"])
        if access_mode == DIRECT:
            return self._mounted(layers)
        dialect = self.server.dialect
        path = dialect.proxy(self.id) if access_mode == PROXY else dialect.zarr(self.id)
        root = self.datastore + path
        where = f"{root}/{PROPERTIES}"
        document = self.reader.json("GET", where)
        with understanding(f"GET {where}"):
            return _common(self.document, document, layers, root, access_mode)

    def _mounted(self, layers: frozenset[str]) -> Served:
        with understanding(f"GET {self.url}"):
            kept = [
                layer | {"mags": [mag | {"path": _folder(mag["path"])} for mag in layer["mags"]]}
                for layer in self.document["dataLayers"]
                if layer["name"] in layers
            ]
        return Served("/", self.document | {"dataLayers": kept})

    def mags_of(self, layer: str) -> list[tuple[int, int, int]]:
        """Give the factors of the mags that a layer has."""
        with understanding(f"GET {self.url}"):
            return [
                factors_from(mag["mag"])
                for one in self.document["dataLayers"]
                if one["name"] == layer
                for mag in one["mags"]
            ]

    def again(self) -> Self:
        """Ask for the same dataset as it is now."""
        return self.read(self.server, self.id, self.sharing)


def _common(
    known: Document, served: Document, layers: frozenset[str], root: str, access_mode: str
) -> Served:
    """Give what is served of the mags that are known, and note what is not."""
    offered = {layer["name"]: layer for layer in served["dataLayers"]}
    kept, notes = [], []
    for layer in known["dataLayers"]:
        name = layer["name"]
        mags = {factors_from(mag["mag"]): mag for mag in offered.get(name, {"mags": []})["mags"]}
        wanted = [factors_from(mag["mag"]) for mag in layer["mags"]] if name in layers else []
        notes += [
            f"mag {name_of(one)} of layer {name} is not served as {access_mode}, and left out"
            for one in wanted
            if one not in mags
        ]
        if name in layers and name in offered:
            kept.append(offered[name] | {"mags": [mags[one] for one in wanted if one in mags]})
    return Served(root, served | {"dataLayers": kept}, tuple(notes))


def _folder(path: str) -> str:
    """Give the absolute path of a mag's folder, which must be one of this machine.

    Raises
    ------
    ConfigError
        If it is none.
    """
    local = unquote(urlsplit(path).path) if path.startswith("file://") else path
    if "://" in local or not Path(local).is_absolute():
        raise ConfigError("the server keeps this mag on no disk", path, _ELSEWHERE)
    if has_parent(local):
        raise nonsense(f"the path {path!r} holds `..`", "places of mags")
    if not Path(local).is_dir():
        raise ConfigError(
            "the server's folder of this mag is not on this machine", path, _ELSEWHERE
        )
    return local
