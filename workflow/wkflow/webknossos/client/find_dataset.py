"""From an address to a dataset: short links, and names of the time when they were unique."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import quote

from wkflow.errors import ConfigError, ServerError
from wkflow.model.dataset_url import DatasetAddress, split_token
from wkflow.network.retry import RetryBudget
from wkflow.webknossos.client.dataset import RemoteDataset, Sharing
from wkflow.webknossos.client.request import origin
from wkflow.webknossos.client.server import Server, text, understanding
from wkflow.webknossos.client.session import Session

NAMED = 3
"""How many datasets of one name an error shows."""


@contextmanager
def visiting(
    address: DatasetAddress,
    token: str | None,
    sharing_token: str | None = None,
    *,
    connections: int = 4,
    ca_bundle: str | None = None,
    budget: RetryBudget | None = None,
    insecure: bool = False,
) -> Iterator[RemoteDataset]:
    """Look a dataset up, and hold the connections to it for the length of a block.

    Parameters
    ----------
    token
        The user's; None is enough to read what is public or shared.
    sharing_token
        By which it is read; one that stands behind a short link counts as well.
    budget
        Repetitions of its requests; the usual ones by default.
    insecure
        Whether tokens may travel over plain http.

    Raises
    ------
    ConfigError
        If a short link leads to no dataset, or a token would travel over plain http.
    ServerError
        If there is no such dataset, or if it may not be seen.
    TransientError
        If the server cannot be reached.
    """
    with ExitStack() as stack:

        def session_of(some: str | None) -> Session:
            session = Session(
                some,
                connections=connections,
                ca_bundle=ca_bundle,
                budget=budget,
                insecure=insecure,
            )
            if some is not None:  # before anything is asked
                session.require_private(address.server)
            return stack.enter_context(session)

        own, others = session_of(token), sharing_token and session_of(sharing_token)
        server = Server.connect(own, address.server)
        address, shared = _resolved(server, address)
        shared = sharing_token or shared
        sharing = Sharing(others or session_of(shared), shared) if shared else None
        yield RemoteDataset.read(server, _id(server, address, sharing), sharing)


def _resolved(server: Server, address: DatasetAddress) -> tuple[DatasetAddress, str | None]:
    """Give what a short link stands for, with the sharing token in it."""
    if not address.link:
        return address, None
    try:
        long = server.long_link(address.link)
    except ServerError as error:
        what = f"the short link cannot be followed: {error.what}"
        remedy = "Give the address of the dataset itself."
        raise ServerError(what, address.url, remedy, error.detail) from None
    bare, token = split_token(long)
    found = DatasetAddress.parse(long)
    if origin(found.server) != origin(server.url):  # the token was given for this server only
        raise ConfigError("the short link leads to another server", address.url, f"Give {bare}.")
    if found.link:
        remedy = "Give the address of the dataset itself."
        raise ConfigError("the short link leads to a short link", address.url, remedy)
    return found, token


def _id(server: Server, address: DatasetAddress, sharing: Sharing | None) -> str:
    """Give the id of a dataset; of several of one name, that which had it first."""
    if address.dataset_id:
        return address.dataset_id
    ids = server.dataset_ids(address.name, address.organization)
    if len(ids) == 1:
        return next(iter(ids))
    names = (quote(name, safe="") for name in (address.organization, address.name))
    where = server.at("/".join(["/datasets/disambiguate", *names, "toId"]))
    try:
        found = sharing.json(where) if sharing else server.session.json("GET", where)
    except ServerError as error:
        raise _unclear(server, address, sorted(ids), error) from None
    with understanding(f"GET {where}"):
        return text(found["id"])


def _unclear(
    server: Server, address: DatasetAddress, ids: list[str], error: ServerError
) -> ServerError:
    """Say which datasets have the name, or what the server said where none has."""
    if not ids:
        return ServerError(error.what, address.url, error.remedy, error.detail)
    urls = [server.url_of(dataset_id) for dataset_id in ids[:NAMED]]
    more = "" if len(ids) <= NAMED else f" or another of {len(ids)}"
    what = f"{len(ids)} datasets are called {address.name}"
    return ServerError(what, address.url, f"Give {' or '.join(urls)}{more}.")
