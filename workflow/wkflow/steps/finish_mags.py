"""Prove that a dataset on a server has its new mags; then the local ones may go."""

import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from wkflow import durable
from wkflow.dataset_address import DatasetAddress
from wkflow.delivery import Delivery
from wkflow.errors import VerificationError
from wkflow.layer import Grid
from wkflow.plan import SCRATCH, LayerPlan, Plan
from wkflow.proof import Verdict
from wkflow.remote.dataset import RemoteDataset
from wkflow.remote.lookup import visiting
from wkflow.remote.proxy import Proxy
from wkflow.sent import Sent
from wkflow.steps.dataset_files import remove_dataset
from wkflow.steps.read_back import Check, Copy, checks_of


def finish_mags(
    plan: Plan, delivery: Delivery, token: str, *, parcels: Iterable[str], receipt: Path
) -> None:
    """Read back what `delivery.verify` asks for, remove what was a means, and write the receipt.

    `parcels` are the receipts of the mags that were sent.

    Raises
    ------
    VerificationError
        If the server lists a mag no more, or gives other bytes than were sent.
    """
    sent = [Sent.read(path) for path in parcels]
    with visiting(
        DatasetAddress.parse(plan.destination), token,
        connections=delivery.connections, ca_bundle=delivery.ca_bundle,
        insecure=delivery.insecure,
    ) as dataset:  # fmt: skip
        for one in plan.layers:
            _check_listed(dataset, one)
        verdict = _read_back(plan, delivery, dataset, sent)
        url = dataset.url
    if delivery.discard:  # before the receipt: after it, nobody would come back to end it
        remove_dataset(Path(plan.dataset))
        shutil.rmtree(receipt.absolute().parents[1] / SCRATCH, ignore_errors=True)
    durable.write_json(
        receipt.absolute(),
        {
            "url": url,
            "transfer_mode": delivery.transfer_mode,
            "mags": {one.layer.name: [str(grid.mag) for grid in one.made] for one in plan.layers},
            "bytes_sent": sum(one.bytes_sent for one in sent),
            "verified": asdict(verdict),
        },
    )


def _check_listed(dataset: RemoteDataset, one: LayerPlan) -> None:
    listed = dataset.mags_of(one.layer.name)
    for grid in one.made:
        if grid.mag.factors not in listed:
            raise _unlisted(one, grid, dataset)


def _unlisted(one: LayerPlan, grid: Grid, dataset: RemoteDataset) -> VerificationError:
    return VerificationError(
        f"the server does not list mag {grid.mag} of layer {one.layer.name}", dataset.url,
        "Somebody may have removed it: remove the run folder to send it anew.",
    )  # fmt: skip


def _read_back(plan: Plan, delivery: Delivery, dataset: RemoteDataset, sent: list[Sent]) -> Verdict:
    """Compare what was sent with what the datastore gives."""
    if delivery.transfer_mode != "http":
        return Verdict("none", reason=f"{delivery.transfer_mode}: nothing went over the network")
    if delivery.verify == "none":
        return Verdict("none")
    server = dataset.server
    proxy = Proxy(server.session, dataset.datastore, server.dialect, dataset.id)
    places = proxy.mag_paths()
    files = [file for one in sent for file in one.files]
    made = [(one, grid) for one in plan.layers for grid in one.made]
    checks: list[Check] = []
    for one, grid in made:
        place = places.get((one.layer.name, grid.mag.factors))
        if place is None:
            raise _unlisted(one, grid, dataset)
        copy = Copy(proxy, f"{one.layer.path}/{grid.name}", place, dataset.url)
        checks += checks_of(delivery.verify, copy, files, len(made))
    with ThreadPoolExecutor(delivery.connections) as pool:
        compared = list(pool.map(lambda check: check(), checks))
    return Verdict(delivery.verify, len(compared), sum(compared))
