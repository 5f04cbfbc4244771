"""Prove that a dataset on a server has its new mags; then the local ones may go."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

from wkflow import atomic_files
from wkflow.errors import VerificationError
from wkflow.model.dataset_url import DatasetAddress
from wkflow.model.layer import Grid
from wkflow.model.plan import LayerPlan, Plan
from wkflow.steps.upload_mag import forget_mag
from wkflow.webknossos.client.dataset import RemoteDataset
from wkflow.webknossos.client.find_dataset import visiting
from wkflow.webknossos.client.proxy import Proxy
from wkflow.webknossos.read_back import Check, Copy, checks_of, hurry
from wkflow.webknossos.upload_plan import UploadPlan
from wkflow.webknossos.upload_receipt import UploadReceipt
from wkflow.webknossos.upload_report import Verdict


def finish_mags(
    plan: Plan, delivery: UploadPlan, token: str, *, batches: Iterable[str], receipt: Path
) -> None:
    """Read back what `delivery.verify` asks for, and write the receipt.

    `batches` are the receipts of the mags that were sent.

    Raises
    ------
    VerificationError
        If the server lists a mag no more, or gives other bytes than were sent.
    """
    sent = [UploadReceipt.read(path) for path in batches]
    with visiting(
        DatasetAddress.parse(plan.destination), token,
        connections=delivery.connections, ca_bundle=delivery.ca_bundle,
        insecure=delivery.insecure,
    ) as dataset:  # fmt: skip
        hurry(dataset.server.session)
        run_folder = receipt.absolute().parents[1]
        _check_listed(dataset, plan, run_folder)
        verdict = _read_back(plan, delivery, dataset, sent, run_folder)
        url = dataset.url
    atomic_files.write_json(
        receipt.absolute(),
        {
            "url": url,
            "transfer_mode": delivery.transfer_mode,
            "mags": {one.layer.name: [str(grid.mag) for grid in one.made] for one in plan.layers},
            "bytes_sent": sum(one.bytes_sent for one in sent),
            "verified": asdict(verdict),
        },
    )


def _check_listed(dataset: RemoteDataset, plan: Plan, run_folder: Path) -> None:
    """Make sure that the server lists all mags; what is known of others that were sent goes."""
    made = [(one, grid) for one in plan.layers for grid in one.made]
    lacking = [
        (one, grid) for one, grid in made if grid.mag.factors not in dataset.mags_of(one.layer.name)
    ]
    for one, grid in lacking:
        forget_mag(run_folder, one.layer.name, str(grid.mag))
    if lacking:
        raise _unlisted(*lacking[0], dataset)


def _unlisted(one: LayerPlan, grid: Grid, dataset: RemoteDataset) -> VerificationError:
    return VerificationError(
        f"the server does not list mag {grid.mag} of layer {one.layer.name}, which was sent",
        dataset.url, "Look whether somebody removed it; the same command sends it anew.",
    )  # fmt: skip


def _read_back(
    plan: Plan,
    delivery: UploadPlan,
    dataset: RemoteDataset,
    sent: list[UploadReceipt],
    run_folder: Path,
) -> Verdict:
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
        name = f"mag {grid.mag} of layer {one.layer.name} of {dataset.url}"
        copy = Copy(proxy, f"{one.layer.path}/{grid.name}", place, name)
        forget = partial(forget_mag, run_folder, one.layer.name, str(grid.mag))
        some = checks_of(delivery.verify, copy, files, len(made))
        checks += [partial(_compared, check, forget) for check in some]
    with ThreadPoolExecutor(delivery.connections) as pool:
        compared = list(pool.map(lambda check: check(), checks))
    return Verdict(delivery.verify, len(compared), sum(compared))


def _compared(check: Check, forget: Callable[[], None]) -> int:
    """Compare; a mag that is damaged will be sent anew, once it is deleted there."""
    try:
        return check()
    except VerificationError:
        forget()
        raise
