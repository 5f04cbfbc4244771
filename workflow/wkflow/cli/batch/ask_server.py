"""Whether a server has the dataset of a row: what was sent from here, or by somebody else.

The latter is known by its name, in that folder, with the same layers.
"""

import json
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from wkflow.access_token import find_token
from wkflow.errors import ServerError, WkflowError
from wkflow.model.datasource_properties import Existing
from wkflow.model.layer import Layer
from wkflow.model.mag import Mag
from wkflow.model.plan import Plan
from wkflow.model.run_kind import RunKind
from wkflow.model.write_datasource import PROPERTIES
from wkflow.options.settings import Settings
from wkflow.run_folder import DELIVERY, PROOF

if TYPE_CHECKING:
    from wkflow.webknossos.client.dataset import RemoteDataset
    from wkflow.webknossos.client.server import Server

Layers = frozenset[tuple[str, str, tuple[int, ...], tuple[str, ...]]]
"""Of a dataset: name, category, box (begin and end) and mags of each layer."""


NOT_FOUND = 404


class _Known(NamedTuple):
    """A server that was asked, and the ids of its folders."""

    server: "Server"
    organization: str
    root: str


@dataclass
class Servers:
    """Servers that are asked for datasets, each by one session, until it is closed."""

    _stack: ExitStack = field(default_factory=ExitStack)
    _known: dict[tuple[str, str | None, bool], _Known] = field(default_factory=dict)

    def close(self) -> None:
        """End the sessions."""
        self._stack.close()

    def url_of(self, settings: Settings) -> str | None:
        """Give the address of a dataset that is there and holds the same; None if there is none.

        Nothing is said where a server cannot be asked: the run will tell.

        Raises
        ------
        ServerError
            If a dataset of that name holds other layers.
        """
        is_new = settings.kind.uploads and not settings.kind.composes
        if not is_new or (settings.run_folder / DELIVERY).exists():
            return None
        try:
            found = self._found(settings)
            ours = _layers_of(settings) if found else frozenset()
        except (WkflowError, OSError, ValueError):
            return None
        for one in found:
            if _described(one) == ours:
                return one.url
        if not found:
            return None
        names = ", ".join(sorted(name for name, *_ in _described(found[0]))) or "nothing"
        raise ServerError(
            f"a dataset of this name is in that folder, and holds something else: {names}",
            found[0].url,
            "Give the row another name or folder, or remove that dataset.",
        )

    def require_there(self, settings: Settings) -> None:
        """Make sure that a dataset which was sent is on its server; nothing else is asked.

        Raises
        ------
        ServerError
            If the server does not know it any more.
        """
        try:
            url = str(json.loads((settings.run_folder / PROOF).read_bytes())["url"])
            server = self._asked(settings).server
            where = server.at(f"/datasets/{quote(url.rpartition('/')[2], safe='')}")
            status = server.session.request("GET", where, ok=(200, NOT_FOUND)).status_code
        except (WkflowError, OSError, ValueError, LookupError, TypeError):
            return
        if status == NOT_FOUND:
            raise ServerError(
                "was sent, and the server does not have it any more", url,
                f"Remove {settings.run_folder} to send it again, or the row.",
            )  # fmt: skip

    def _found(self, settings: Settings) -> "list[RemoteDataset]":
        """Find the finished datasets of a name in a folder."""
        from wkflow.webknossos.client.dataset import RemoteDataset  # noqa: PLC0415 -- most batches have no server

        known = self._asked(settings)
        ids = known.server.dataset_ids(settings.dataset_name, known.organization)
        if not ids:
            return []
        folder = known.server.folder_id(settings.folder) or known.root
        datasets = [RemoteDataset.read(known.server, one) for one in sorted(ids)]
        return [one for one in datasets if str(one.info.get("folderId")) == folder]

    def _asked(self, settings: Settings) -> _Known:
        from wkflow.webknossos.client.server import Server  # noqa: PLC0415 -- as above
        from wkflow.webknossos.client.session import Session  # noqa: PLC0415

        bundle = str(settings.ca_bundle) if settings.ca_bundle else None
        key = (settings.server_url, bundle, settings.insecure)
        if key not in self._known:
            session = Session(find_token(), ca_bundle=bundle, insecure=settings.insecure)
            self._stack.enter_context(session)
            server = Server.connect(session, settings.server_url)
            tree: list[dict[str, Any]] = session.json("GET", server.at("/folders/tree"))
            root = next((str(one["id"]) for one in tree if not one.get("parent")), "")
            self._known[key] = _Known(server, server.user().organization, root)
        return self._known[key]


def _layers_of(settings: Settings) -> Layers:
    """Say what would be sent."""
    if settings.kind is RunKind.UPLOAD:
        document = json.loads((settings.dataset / PROPERTIES).read_bytes())
        return _of_existing(Existing.parse(document, str(settings.dataset)))
    from wkflow.planning.plan_conversion import plan_conversion  # noqa: PLC0415 -- imports all readers

    return _of_plan(plan_conversion(settings, is_trial=True))


def _described(dataset: "RemoteDataset") -> Layers:
    try:
        return _of_existing(Existing.parse(dataset.document, dataset.url))
    except WkflowError:
        return frozenset()


def _of_existing(existing: Existing) -> Layers:
    return _told((one.layer, [mag.mag for mag in one.mags]) for one in existing.layers)


def _of_plan(plan: Plan) -> Layers:
    return _told((one.layer, [grid.mag for grid in one.grids]) for one in plan.layers)


def _told(layers: Iterable[tuple[Layer, list[Mag]]]) -> Layers:
    return frozenset(
        (one.name, one.category, (*one.begin, *one.box.size), tuple(sorted(map(str, mags))))
        for one, mags in layers
    )
