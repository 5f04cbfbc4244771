"""Let a dataset on a server show the layers that were sent: the only step that changes it."""

import json
from pathlib import Path

from wkflow import atomic_files
from wkflow.model.receipt import Receipt
from wkflow.run_folder import PROOF, PROOF_COPY
from wkflow.steps.reserve_upload import added_to
from wkflow.steps.set_details import amend
from wkflow.webknossos.client.compose import add_layer, layers_of
from wkflow.webknossos.client.dataset import RemoteDataset
from wkflow.webknossos.client.server import Server
from wkflow.webknossos.client.session import Session
from wkflow.webknossos.upload_plan import UploadPlan

ASKED = "composing.json"
"""Appears before the server is asked: it may have done so though no answer came."""


def compose_layers(delivery: UploadPlan, run_folder: Path, token: str) -> Receipt:
    """Add all layers of the dataset that the proof names; the proof says then where they are seen.

    Called again after it was interrupted, it comes to the same result. The proof keeps its time: to
    Snakemake it is the same.

    Raises
    ------
    ServerError
        If there is another layer of a name, or in the server's words.
    VerificationError
        If the server does not show what it says that it added.
    TransientError
        If it cannot be reached.
    """
    proof = json.loads((run_folder / PROOF).read_bytes())
    mark = delivery.state(run_folder) / ASKED
    with Session(token, ca_bundle=delivery.ca_bundle, insecure=delivery.insecure) as session:
        server = Server.connect(session, delivery.url)
        target = added_to(server, delivery)
        source = RemoteDataset.read(server, str(proof["dataset_id"]))
        names = list(layers_of(source))
        was_asked = mark.exists() and json.loads(mark.read_bytes()) == source.id
        if target is not None:
            mark.parent.mkdir(parents=True, exist_ok=True)
            atomic_files.write_json(mark, source.id)
            for name in names:
                add_layer(target, source, name, was_asked=was_asked)
    proof["added_to"] = {"url": delivery.adds_to, "layers": names}
    for name in (PROOF_COPY, PROOF):
        amend(run_folder / name, atomic_files.as_json(proof))
    return Receipt("compose_layers")
