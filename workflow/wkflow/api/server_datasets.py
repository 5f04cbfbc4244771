"""`wkflow.list_datasets` and `wkflow.delete_dataset`: what a server has, from Python."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wkflow.access_token import user_token
from wkflow.cli.command_parser import VARIABLES
from wkflow.model.dataset_url import DatasetAddress
from wkflow.options.upload import DEFAULT_URL
from wkflow.webknossos.client import catalog
from wkflow.webknossos.client.catalog import ListedDataset
from wkflow.webknossos.client.find_dataset import visiting
from wkflow.webknossos.client.server import Server
from wkflow.webknossos.client.session import Session

__all__ = ["ListedDataset", "delete_dataset", "list_datasets"]


def list_datasets(
    folder: str | None = None,
    *,
    sizes: bool = False,
    webknossos_url: str | None = None,
    token: str | None = None,
    ca_bundle: str | Path | None = None,
    insecure: bool = False,
) -> list[ListedDataset]:
    """List the datasets of the user's organization on a server, by folder and name.

    Parameters
    ----------
    folder : str
        Only this folder of the server, such as lab/raw, and those below it.
    sizes : bool, default False
        Also ask what each takes on the server's disk: a request for each.
    webknossos_url : str, by default $WK_URL, else https://webknossos.org
        Address of the server.
    token : str
        Token of your account; by default WK_TOKEN of the environment.
    ca_bundle : str or Path
        Certificates to trust, as a PEM file.
    insecure : bool, default False
        Send the token over plain http as well.

    Returns
    -------
    list of ListedDataset
        With id, name, folder, url, state, created, layers, tags, bytes.

    Raises
    ------
    WkflowError
        ServerError if the token is wrong or there is no such folder, TransientError, ConfigError.
    """
    url = webknossos_url or os.environ.get(VARIABLES["webknossos_url"]) or DEFAULT_URL
    with _session(token, url, ca_bundle, insecure=insecure) as session:
        return catalog.list_datasets(Server.connect(session, url), folder, sizes=sizes)


def delete_dataset(
    dataset: str,
    *,
    usable: bool = False,
    token: str | None = None,
    ca_bundle: str | Path | None = None,
    insecure: bool = False,
) -> None:
    """Delete a dataset of a server for good, without asking: one whose upload failed.

    Parameters
    ----------
    dataset : str
        Address of the dataset.
    usable : bool, default False
        Also delete a dataset that is complete and usable.
    token : str
        Token of your account; by default WK_TOKEN of the environment.
    ca_bundle : str or Path
        Certificates to trust, as a PEM file.
    insecure : bool, default False
        Send the token over plain http as well.

    Raises
    ------
    WkflowError
        ConfigError if it is usable and that was not wanted, ServerError, TransientError.
    """
    address = DatasetAddress.parse(dataset)
    bundle = str(ca_bundle) if ca_bundle else None
    with visiting(address, token or user_token(), ca_bundle=bundle, insecure=insecure) as found:
        if not usable:
            remedy = "To delete it all the same, give usable=True."
            catalog.require_failed(found, remedy=remedy)
        catalog.check_deletable(found)
        catalog.delete_dataset(found)


@contextmanager
def _session(
    token: str | None, url: str, ca_bundle: str | Path | None, *, insecure: bool
) -> Iterator[Session]:
    bundle = str(ca_bundle) if ca_bundle else None
    given = token or user_token()
    with Session(given, ca_bundle=bundle, insecure=insecure) as session:
        if given:  # before anything is asked
            session.require_private(url)
        yield session
