"""`wkflow.info`: what a dataset is made of."""

from pathlib import Path
from typing import cast

from wkflow.access_token import TOKEN
from wkflow.api import call
from wkflow.inspection.describe_dataset import DatasetDescription
from wkflow.network.urls import is_url

__all__ = ["DatasetDescription", "info"]


def info(
    dataset: str | Path,
    *,
    follow_links: bool = False,
    ca_bundle: str | Path | None = None,
    insecure: bool = False,
    token: str | None = None,
) -> DatasetDescription:
    """Say what a dataset of any tool is made of; metadata are read, no voxel.

    Parameters
    ----------
    dataset : str or Path
        Its folder, or its URL on a server.
    follow_links : bool, default False
        Also read mags that lie outside of the dataset's folder.
    ca_bundle : str or Path
        Certificates of a server to trust, as a PEM file.
    insecure : bool, default False
        Send the token over plain http, where others can read it.
    token : str
        Token of your WEBKNOSSOS account; by default WK_TOKEN of the environment.

    Returns
    -------
    DatasetDescription
        Layers, mags, shapes, codecs, bytes; `print` shows a table, and so does a notebook.

    Raises
    ------
    WkflowError
        SourceError if it is no dataset; ServerError or TransientError if a server does not show it.
    """
    options = {"dataset": dataset, "follow_links": follow_links, "ca_bundle": ca_bundle,
               "insecure": insecure}  # fmt: skip
    names = [TOKEN] if is_url(str(dataset)) else []
    return cast("DatasetDescription", call.look("info", options, token=token, names=names))
