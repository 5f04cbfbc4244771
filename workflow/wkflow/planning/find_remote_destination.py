"""A dataset on a server that gets layers: what it has beside them, and if it may have them."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from wkflow.errors import ConfigError, ServerError
from wkflow.model.datasource_properties import Existing
from wkflow.options.settings import Settings
from wkflow.planning.find_destination import Destination
from wkflow.planning.find_remote_dataset import visiting_target
from wkflow.run_folder import PROOF
from wkflow.webknossos.attempt import current
from wkflow.webknossos.client.compose import is_same_layer, layers_of, obstacle_of
from wkflow.webknossos.client.dataset import RemoteDataset
from wkflow.webknossos.client.error_messages import MissingError
from wkflow.webknossos.upload_plan import UploadPlan
from wkflow.webknossos.upload_report import UploadReport


def find_remote_destination(settings: Settings) -> Destination:
    """Ask the server for the dataset, without the layers that this run folder sent.

    Raises
    ------
    ServerError
        If it is not there or cannot be used, or if the token is missing or wrong.
    TransientError
        If the server cannot be reached.
    """
    with visiting_target(settings) as dataset:
        if not dataset.server.session.has_token:
            remedy = "Copy yours from WEBKNOSSOS (account, auth token) into WK_TOKEN."
            what = "no token was given, and only users may add layers"
            raise ServerError(what, dataset.url, remedy)
        dataset.server.user()
        own, document = _own_layers(dataset, settings.run_folder), dict(dataset.document)
        layers = [layer for layer in document["dataLayers"] if layer["name"] not in own]
        existing = Existing.parse(document | {"dataLayers": layers}, dataset.url)
        existing = replace(existing, name=dataset.name)
        obstacle = obstacle_of(dataset)
        return Destination(existing, dataset.url, is_remote=True, obstacle=obstacle)


def require_not_sent(settings: Settings, delivery: UploadPlan) -> None:
    """Refuse to send layers anew that the dataset has from before.

    What is there stays as it is, and a name is taken: that is said before a voxel is read.

    Raises
    ------
    ConfigError
        If source or options are others than those of layers that were sent and added.
    """
    folder = settings.run_folder
    last = current(folder)
    if last is None or last.recipe == delivery.recipe:
        return
    if not UploadReport.is_of(folder / PROOF, last.upload_id):
        return
    with visiting_target(settings) as dataset:
        own = _own_layers(dataset, folder)
    if taken := sorted(own & {extra.partition("/")[0] for extra in delivery.extras}):
        raise ConfigError(
            f"has layer {taken[0]} as it was sent before; images or options are others now",
            delivery.adds_to,
            "Delete or rename that layer in WEBKNOSSOS, or give another --layer-name.",
        )


def _own_layers(dataset: RemoteDataset, run_folder: Path) -> set[str]:
    """Name the layers of a dataset that are those which this run folder sent."""
    with suppress(OSError, ValueError, LookupError, TypeError, MissingError):
        proof = json.loads((run_folder / PROOF).read_bytes())
        sent = layers_of(RemoteDataset.read(dataset.server, str(proof["dataset_id"])))
        return {
            name
            for name, layer in layers_of(dataset).items()
            if name in sent and is_same_layer(layer, sent[name])
        }
    return set()
