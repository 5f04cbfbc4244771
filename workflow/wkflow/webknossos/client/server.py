"""One WEBKNOSSOS: who asks, where datasets may go, and which there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

from wkflow.errors import ConfigError, ServerError
from wkflow.network.network_errors import RetryableError, nonsense
from wkflow.network.urls import shown
from wkflow.webknossos.client import folders as folder_tree
from wkflow.webknossos.client.api_versions import Dialect, negotiate
from wkflow.webknossos.client.request import Request, origin
from wkflow.webknossos.client.session import Session
from wkflow.webknossos.client.upload import FinishUnsureError

BUILDINFO = "/api/buildinfo"


@dataclass(frozen=True, slots=True)
class User:
    """The account of the token."""

    id: str
    email: str
    organization: str
    is_admin: bool
    is_dataset_manager: bool
    is_team_manager: bool

    @property
    def may_upload(self) -> bool:
        """Whether the datastore takes datasets of this account."""
        return self.is_admin or self.is_dataset_manager or self.is_team_manager


@dataclass(frozen=True, slots=True)
class Server:
    """A server that was reached, at `url` (without a slash at its end), in its dialect."""

    session: Session
    url: str
    dialect: Dialect

    @classmethod
    def connect(cls, session: Session, url: str) -> Self:
        """Ask the server which versions it speaks; the token is not sent yet.

        Raises
        ------
        ConfigError
            If `url` is none.
        ServerError
            If nothing there is WEBKNOSSOS, or if it is another one, or one of another time.
        TransientError
            If it cannot be reached.
        """
        base = shown(url.strip()).rstrip("/") if "@" not in url else url
        asked = Request("GET", base + BUILDINFO)
        answer = session.request("GET", asked.url, with_token=False, ok=(200, 404))
        try:
            versions = answer.json()["httpApiVersioning"]
            oldest = int(versions["oldestSupportedApiVersion"])
            current = int(versions["currentApiVersion"])
        except (ServerError, KeyError, TypeError, ValueError):
            scheme, _, rest = base.partition("://")
            remedy = f"Give the address of the start page, like {scheme}://{rest.split('/')[0]}."
            raise ServerError("is no WEBKNOSSOS", base, remedy) from None
        base = _settled(base, answer.url)
        return cls(session, base, negotiate(oldest, current, base))

    def at(self, path: str) -> str:
        """Give the URL of a route."""
        return f"{self.url}{self.dialect.wk}{path}"

    def user(self) -> User:
        """Say whose token it is.

        Raises
        ------
        ServerError
            If the token is wrong.
        """
        found = self.session.json("GET", self.at("/user"))
        with understanding(f"GET {self.at('/user')}"):
            return User(
                id=str(found.get("id", "")),
                email=str(found.get("email", "")),
                organization=text(found["organization"]),
                is_admin=bool(found.get("isAdmin")),
                is_dataset_manager=bool(found.get("isDatasetManager")),
                is_team_manager=any(team.get("isTeamManager") for team in found.get("teams", [])),
            )

    def upload_datastore(self) -> str:
        """Give the URL of the first datastore that takes uploads.

        Raises
        ------
        ServerError
            If there is none, or if the token would travel to it in the open.
        """
        where = self.at("/datastores")
        found = self.session.json("GET", where)
        with understanding(f"GET {where}"):
            urls = [text(one["url"]).rstrip("/") for one in found if one.get("allowsUpload")]
        if not urls:
            remedy = "Ask its administrator for a datastore that allows uploads."
            raise ServerError("has no datastore that takes uploads", self.url, remedy)
        return self.checked_datastore(urls[0])

    def checked_datastore(self, url: str) -> str:
        """Give the URL of a datastore back, if the token may travel to it.

        Raises
        ------
        ServerError
            If it is not encrypted, though the server is.
        """
        try:
            scheme = origin(url)[0]
        except ConfigError:
            raise nonsense(f"its datastore is at {shown(url)!r}", self.url) from None
        if (scheme, origin(self.url)[0]) == ("http", "https"):
            remedy = "Ask the administrator to announce it with https."
            raise ServerError("its datastore is not encrypted, the server is", url, remedy)
        return url.rstrip("/")

    def check_name(self, name: str, suggestion: str = "") -> None:
        """Ask whether a dataset may be called `name`; one that exists is no obstacle.

        Parameters
        ----------
        suggestion
            A name to propose instead.

        Raises
        ------
        ServerError
            In the server's words.
        """
        where = self.at(f"/datasets/{quote(name, safe='')}/isValidNewName")
        found = self.session.json("GET", where)
        with understanding(f"GET {where}"):
            is_valid, errors = found["isValid"], found.get("errors", [])
        if not is_valid:  # the errors are one string or a list of them
            said = " ".join(map(str, errors)) if isinstance(errors, list) else str(errors)
            remedy = f"Try {suggestion}." if suggestion else "Choose another name."
            raise ServerError(said or "is no name for a dataset", name, remedy)

    def folder_id(self, path: str | None) -> str | None:
        """Give the id of a folder, None for no path: the server's root folder.

        Raises
        ------
        ServerError
            If there is no such folder, or if it is read-only.
        """
        if path is None or not path.strip("/ "):
            return None
        where = self.at("/folders/tree")
        tree = self.session.json("GET", where)
        with understanding(f"GET {where}"):
            folders = folder_tree.folders_of(tree)
        return folder_tree.find(folders, path, self.url)

    def dataset_ids(self, name: str, organization: str) -> frozenset[str]:
        """Give the ids of all finished datasets of exactly this name."""
        where = self.at("/datasets")
        query = self.dialect.list_params(name, organization)
        found = self.session.json("GET", where, params=query)
        with understanding(f"GET {where}"):
            return frozenset(
                text(one["id"])
                for one in found
                if one["name"] == name
                and one.get("isActive", True)
                and one.get("owningOrganization", organization) == organization
            )

    def dataset(self, dataset_id: str) -> dict[str, Any]:
        """Give what the server knows of a dataset."""
        where = self.at(f"/datasets/{quote(dataset_id, safe='')}")
        found = self.session.json("GET", where)
        with understanding(f"GET {where}"):
            return dict(found)

    def long_link(self, key: str) -> str:
        """Give what a short link stands for; the token is not sent.

        Raises
        ------
        ServerError
            If there is no such link, in the server's words.
        """
        where = self.at(f"/shortLinks/byKey/{quote(key, safe='')}")
        found = self.session.json("GET", where, with_token=False)
        with understanding(f"GET {where}"):
            return text(found["longLink"])

    def url_of(self, dataset_id: str) -> str:
        """Give the address at which a person sees the dataset."""
        return f"{self.url}/datasets/{dataset_id}"

    def reserve_paths(self, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Ask where the data of a new dataset may be laid: for those who reach the storage.

        A repetition after a lost answer leaves an empty, inactive dataset behind on the server.

        Returns
        -------
        id of the dataset, its data source in which every mag has an absolute path
        """
        where = self.at("/datasets/reserveUploadToPaths")
        found = self.session.json("POST", where, json=body)
        with understanding(f"POST {where}"):
            return text(found["newDatasetId"]), dict(found["dataSource"])

    def finish_paths(self, dataset_id: str) -> None:
        """Tell that the data are where `reserve_paths` said.

        Raises
        ------
        FinishUnsureError
            If the answer was lost: ask for the dataset.
        """
        call = Request(
            "POST", self.at(f"/datasets/{quote(dataset_id, safe='')}/finishUploadToPaths")
        )
        tries = self.session.tries(call)
        while True:
            try:
                self.session.attempt(call, tries.timeout_factor)
            except RetryableError as failure:
                if failure.is_unsure:
                    raise FinishUnsureError.after(failure, call.where) from None
                tries.pause(failure)
            else:
                return


def _settled(base: str, answered: str) -> str:
    """Give the URL to go on with, after a redirect perhaps.

    Only encryption may be added on the way; for everything else a person decides.
    """
    new = shown(answered)
    if new == base + BUILDINFO:
        return base
    target = new.removesuffix(BUILDINFO).rstrip("/")
    old_place, new_place = origin(base), origin(target)
    is_upgrade = (old_place[0], new_place[0]) == ("http", "https")
    is_same = old_place == new_place or (is_upgrade and old_place[1] == new_place[1])
    if is_same and new.endswith(BUILDINFO):
        return target
    raise ServerError(f"leads to another server, {target}", base, f"Give {target} as the URL.")


@contextmanager
def understanding(where: str) -> Iterator[None]:
    """Turn an answer of another shape than the protocol's into an error of the server."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        raise nonsense("it has not the form of the protocol", where) from None


def text(value: object) -> str:
    """Give a name, an id or a URL of an answer back; anything else makes no sense."""
    if not isinstance(value, str) or not value:
        raise TypeError(value)
    return value
