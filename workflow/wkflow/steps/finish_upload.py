"""Send what comes last, let the server finish, and prove that it has what was sent."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep, time

from wkflow import atomic_files
from wkflow.errors import ServerError, TransientError, VerificationError
from wkflow.model.receipt import ShardFile
from wkflow.steps.reserve_upload import open_upload
from wkflow.steps.upload_shards import send
from wkflow.webknossos.attempt import mark_lost
from wkflow.webknossos.client.error_messages import NotKeptError, not_kept
from wkflow.webknossos.client.server import Server, understanding
from wkflow.webknossos.client.session import Session
from wkflow.webknossos.client.upload import FinishUnsureError, Upload, UploadLostError
from wkflow.webknossos.place_files import transfer
from wkflow.webknossos.read_back import check_there, hurry, read_back
from wkflow.webknossos.reservation import Reservation
from wkflow.webknossos.sent_parts import ChangedError, Journal
from wkflow.webknossos.upload_plan import UploadPlan
from wkflow.webknossos.upload_receipt import UploadReceipt
from wkflow.webknossos.upload_report import UploadReport

_FINISHING = "finishing.json"
"""Appears before the server is asked to finish: it may have done so though no answer came."""

LEAST_WAIT_S, BYTES_PER_S = 15.0, 10**8
"""What a server gets to finish an upload before it is asked a second time."""

TRIES = 2
"""To let the server finish, in one run."""

ASK_S = 2.0
"""Between two looks whether the dataset is there."""


def finish_upload(
    delivery: UploadPlan,
    run_folder: Path,
    token: str,
    *,
    batches: Iterable[str],
    tick: Callable[[int], None],
) -> UploadReport:
    """Finish the upload and read back from the server what `delivery.verify` asks for.

    `batches` are the receipts of what was sent before.

    Raises
    ------
    ServerError
        If the server refuses what was sent, in its own words.
    TransientError
        If it lost the upload, its disk is full, or it does not answer for long.
    VerificationError
        If it has not what was sent, whatever it said.
    """
    reservation = Reservation.read(run_folder / delivery.reservation)
    folder = delivery.state(run_folder)
    connections, ca_bundle = delivery.connections, delivery.ca_bundle
    with Session(
        token, connections=connections, ca_bundle=ca_bundle, insecure=delivery.insecure
    ) as session:
        server = Server.connect(session, reservation.url)
        if delivery.transfer_mode != "http":
            return transfer(delivery, reservation, server, folder)
        sent = [UploadReceipt.read(path) for path in batches]
        upload = open_upload(session, reservation)
        with _spoiling(folder, upload):
            sent += _send_extras(delivery, upload, folder, tick)
            _check_count(delivery, sent)
            dataset_id = _finish(server, reservation, upload, sent, folder)
        with _spoiling(folder):
            hurry(session)
            check_there(server, reservation, dataset_id)
            url = server.url_of(dataset_id)
            verdict = read_back(delivery, reservation, server, dataset_id, sent)
    return UploadReport.of(delivery, reservation, dataset_id, url, sent, verdict)


@contextmanager
def _spoiling(folder: Path, upload: Upload | None = None) -> Iterator[None]:
    """Give the attempt up on errors that only a new one can mend."""
    try:
        yield
    except (UploadLostError, ChangedError, NotKeptError) as failure:
        mark_lost(folder, failure.what)
        raise
    except VerificationError as failure:
        if upload is None:
            mark_lost(folder, failure.what)
        raise
    except ServerError as failure:
        if upload is not None:
            upload.is_known()  # fails where the token is refused, which leaves the upload as it is
            mark_lost(folder, failure.what)
        raise


def _send_extras(
    delivery: UploadPlan, upload: Upload, folder: Path, tick: Callable[[int], None]
) -> list[UploadReceipt]:
    """Send the files of groups and arrays, and when those are there the properties."""
    journal = Journal(folder / "extras.jsonl")
    sizes = {path: Path(delivery.dataset, path).stat().st_size for path in delivery.extras}
    files = [ShardFile(path, size, "") for path, size in sizes.items()]
    place = Path(delivery.dataset), delivery.connections
    return [send(*place, upload, some, journal, tick) for some in (files[:-1], files[-1:])]


def _check_count(delivery: UploadPlan, sent: list[UploadReceipt]) -> None:
    count = len({file.path for one in sent for file in one.files})
    if count != delivery.file_count:
        raise VerificationError(
            f"{count} files were sent, {delivery.file_count} were announced", delivery.dataset,
            "This is a fault of the program; please report it with the run folder.",
        )  # fmt: skip


def _finish(
    server: Server,
    reservation: Reservation,
    upload: Upload,
    sent: list[UploadReceipt],
    folder: Path,
) -> str:
    """Give the id of the finished dataset; look for it where an answer was lost.

    Asking twice while the server is at work could make it delete what it has; so it gets time,
    also when it was an earlier run that asked.
    """
    mark = folder / _FINISHING
    size = sum(file.bytes for one in sent for file in one.files)
    wait_s = LEAST_WAIT_S + size / BYTES_PER_S
    if mark.exists():
        asked_at = float(json.loads(mark.read_bytes()))
        if found := _look(server, reservation, asked_at + wait_s - time()):
            return found
    if not upload.is_known():
        raise UploadLostError(
            "the server no longer knows this upload", reservation.datastore,
            "The same command starts a new one.",
        )  # fmt: skip
    for _ in range(TRIES):
        atomic_files.write_json(mark, time())
        try:
            return upload.finish()
        except ServerError as failure:
            raise not_kept(failure) or failure from None
        except FinishUnsureError:
            if found := _look(server, reservation, wait_s):
                return found
        if not upload.is_known():
            break
    raise TransientError(
        "the server was asked to finish, and does not say whether it did", reservation.url,
        "Give the same command in some minutes: it looks whether the dataset is there.",
    )  # fmt: skip


def _look(server: Server, reservation: Reservation, wait_s: float) -> str | None:
    """Look for the dataset, once at least, until it is there or the time is over."""
    deadline = monotonic() + wait_s
    while (found := _find(server, reservation)) is None and monotonic() < deadline:
        sleep(ASK_S)
    return found


def _find(server: Server, reservation: Reservation) -> str | None:
    """Give the dataset that came since the upload was reserved, nearest to that moment."""
    began = reservation.reserved_at
    ids = server.dataset_ids(reservation.name, reservation.organization)
    with understanding(f"GET {reservation.url}"):
        created = {
            found: abs(float(server.dataset(found).get("created", 0)) / 1000 - began)
            for found in ids.difference(reservation.known)
        }
    return min(created, key=lambda found: created[found], default=None)
