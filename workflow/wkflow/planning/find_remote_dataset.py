"""A dataset on a server that is to get mags: what it is, and whether the server will take them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from wkflow.access_token import SHARING, shared_token, user_token
from wkflow.model.dataset_url import DatasetAddress
from wkflow.model.datasource_properties import Existing
from wkflow.model.plan import Plan
from wkflow.network.retry import START_RETRIES, RetryBudget
from wkflow.options.settings import Settings
from wkflow.planning.find_dataset import Target
from wkflow.webknossos.client.dataset import DIRECT, PROXY, RemoteDataset
from wkflow.webknossos.client.find_dataset import visiting
from wkflow.webknossos.client.new_mags import NewMags


def find_remote_target(settings: Settings) -> Target:
    """Ask the server what the dataset is, and how its files are read.

    Raises
    ------
    ServerError
        If it is not there, may not be seen or cannot be used, in the server's words.
    ConfigError
        If it is to be read from a disk, and is not on one of this machine.
    TransientError
        If the server cannot be reached.
    """
    mode = settings.access_mode or (PROXY if settings.transfer_mode == "http" else DIRECT)
    wanted = frozenset({settings.layer_name}) if settings.layer_name else None
    with visiting_target(settings) as dataset:
        existing = Existing.parse(dataset.document, dataset.url)
        served = dataset.served(mode, wanted)
        if dataset.sharing:  # a short link may have held it: jobs that read want it too
            os.environ.setdefault(SHARING, dataset.sharing.token)
        return Target(
            name=dataset.url,
            root=served.root,
            existing=replace(existing, name=dataset.name),
            served=Existing.parse(served.document, served.root),
            state="",
            notes=served.notes,
            url=dataset.url,
        )


def check_allowed(settings: Settings, plan: Plan) -> None:
    """Make sure, before a voxel is read, that the server will take the mags of a plan.

    Raises
    ------
    ServerError
        If it will not, with the ways that work.
    """
    mags = [(one.layer.name, grid.mag) for one in plan.layers for grid in one.made]
    with visiting_target(settings) as dataset:
        NewMags(dataset).check_allowed(settings.transfer_mode, mags)


@contextmanager
def visiting_target(settings: Settings) -> Iterator[RemoteDataset]:
    """Look up the dataset that the target names, and hold the connections to it for a block."""
    address = DatasetAddress.parse(str(settings.target))
    ca_bundle = str(settings.ca_bundle) if settings.ca_bundle else None
    tokens, budget = (user_token(), shared_token()), RetryBudget(START_RETRIES)
    with visiting(
        address, *tokens, ca_bundle=ca_bundle, budget=budget, insecure=settings.insecure
    ) as dataset:
        yield dataset
