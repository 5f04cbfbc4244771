"""Ask the server, before any voxel is read, whether it will take the dataset."""

from dataclasses import replace
from pathlib import Path
from time import time

from wkflow.model.layer_names import suggest
from wkflow.network.retry import START_RETRIES, RetryBudget
from wkflow.steps.set_details import require_teams
from wkflow.webknossos.client.api_versions import Dialect
from wkflow.webknossos.client.compose import layers_of
from wkflow.webknossos.client.dataset import RemoteDataset
from wkflow.webknossos.client.server import Server
from wkflow.webknossos.client.session import Session
from wkflow.webknossos.client.upload import Upload
from wkflow.webknossos.reservation import Reservation
from wkflow.webknossos.upload_plan import UploadPlan


def reserve_upload(delivery: UploadPlan, run_folder: Path, token: str) -> Reservation:
    """Check token, right, datastore, name and folder, and reserve the upload.

    Asking again with the same upload id is harmless. If an attempt was given up before, the
    server is told so; it may not listen.

    Raises
    ------
    ServerError
        If the server refuses, in its own words.
    TransientError
        If it cannot be reached.
    """
    with Session(
        token,
        ca_bundle=delivery.ca_bundle,
        insecure=delivery.insecure,
        budget=RetryBudget(START_RETRIES),
    ) as session:
        server = Server.connect(session, delivery.url)
        organization = server.user().organization
        target = added_to(server, delivery)
        datastore = target.datastore if target else server.upload_datastore()
        server.check_name(delivery.name, suggestion=suggest(delivery.name))
        require_teams(server, delivery)
        reservation = Reservation(
            upload_id=delivery.upload_id,
            url=server.url,
            api=server.dialect.version,
            datastore=datastore,
            organization=organization,
            folder_id=_folder_id(server, delivery, target),
            name=delivery.name,
            file_count=delivery.file_count,
            known=tuple(sorted(server.dataset_ids(delivery.name, organization))),
            reserved_at=time(),
            links=_links(target) if target and delivery.links else (),
        )
        before = run_folder / replace(delivery, attempt=delivery.attempt - 1).reservation
        if before.exists():
            open_upload(session, Reservation.read(before)).cancel()
        if delivery.transfer_mode == "http":
            open_upload(session, reservation).reserve(
                delivery.byte_bound, reservation.folder_id, reservation.links
            )
    return reservation


def added_to(server: Server, delivery: UploadPlan) -> RemoteDataset | None:
    """Give the dataset that gets the layers, if there is one.

    Raises
    ------
    ServerError
        If it is not there any more.
    """
    if not delivery.adds_to:
        return None
    return RemoteDataset.read(server, delivery.adds_to.rpartition("/")[2])


def _folder_id(server: Server, delivery: UploadPlan, target: RemoteDataset | None) -> str | None:
    """Give the folder: the one that was named, else that of the dataset which gets the layers."""
    if delivery.folder:
        return server.folder_id(delivery.folder)
    return str(target.info["folderId"]) if target and target.info.get("folderId") else None


def _links(target: RemoteDataset) -> tuple[dict[str, str], ...]:
    return tuple({"datasetId": target.id, "layerName": name} for name in layers_of(target))


def open_upload(session: Session, reservation: Reservation) -> Upload:
    """Give the upload that a reservation stands for."""
    return Upload(
        session,
        reservation.datastore,
        Dialect(reservation.api),
        reservation.upload_id,
        reservation.name,
        reservation.organization,
        reservation.file_count,
    )
