"""Send the files of one batch, and only what the server does not have yet."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Self

import google_crc32c

from wkflow.errors import VerificationError
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.run_folder import RunFolder
from wkflow.steps.reserve_upload import open_upload
from wkflow.webknossos.attempt import mark_lost
from wkflow.webknossos.client.session import Session
from wkflow.webknossos.client.upload import Upload, UploadLostError
from wkflow.webknossos.client.upload_part import UploadPart, pieces_of
from wkflow.webknossos.reservation import Reservation
from wkflow.webknossos.sent_parts import ChangedError, Journal
from wkflow.webknossos.upload_plan import UploadPlan
from wkflow.webknossos.upload_receipt import Sample, UploadedFile, UploadReceipt

PIECE_BYTES = 2**23
"""What one request carries: lost with a connection, and about what browsers send at once."""

SAMPLE_BYTES = 2**12
"""Of each piece: enough to tell it from a hole."""

_READ_BYTES = 2**20


def upload_shards(
    delivery: UploadPlan,
    run_folder: Path,
    token: str,
    *,
    batch: str,
    tick: Callable[[int], None],
) -> UploadReceipt:
    """Send the files that the receipt of that name lists.

    What was accepted is noted, so that a job which was killed goes on there; `tick` is told the
    bytes of each piece that the server has.

    Raises
    ------
    VerificationError
        If a file is not what its receipt says; the receipt is removed, so that it is made anew.
    TransientError
        If the server lost the upload, or cannot be reached for long.
    """
    source = RunFolder(run_folder).receipt(batch)
    files = Receipt.read(source).files
    reservation = Reservation.read(run_folder / delivery.reservation)
    folder = delivery.state(run_folder)
    with Session(
        token,
        connections=delivery.connections,
        ca_bundle=delivery.ca_bundle,
        insecure=delivery.insecure,
    ) as session:
        try:
            journal = Journal(folder / f"{batch}.jsonl")
            upload, dataset = open_upload(session, reservation), Path(delivery.dataset)
            return send(dataset, delivery.connections, upload, files, journal, tick)
        except (UploadLostError, ChangedError) as lost:
            mark_lost(folder, lost.what)
            raise
        except VerificationError as wrong:
            # the server may have pieces of what should not be
            mark_lost(folder, wrong.what)
            source.unlink(missing_ok=True)
            raise


def send(
    folder: Path,
    connections: int,
    upload: Upload,
    files: Iterable[ShardFile],
    journal: Journal,
    tick: Callable[[int], None],
) -> UploadReceipt:
    """Send files below `folder`, several pieces at a time; what the journal has is not sent again.

    Raises
    ------
    VerificationError, TransientError
        As `upload_shards`.
    """
    started, bytes_before, retries_before = monotonic(), upload.bytes_sent, upload.session.retries
    begun: list[tuple[ShardFile, Future[str], list[UploadPart]]] = []
    with ThreadPoolExecutor(1) as beside, _Lanes(connections) as lanes:
        for file in files:
            local = folder / file.path
            pieces = pieces_of(local, file.path, file.bytes, PIECE_BYTES)
            journal.begin(file.path, f"{file.crc32c}:{file.bytes}")
            begun.append((file, beside.submit(_digest, local, file), pieces))
            for piece in pieces:
                lanes.take(partial(_send_piece, upload, journal, tick, piece))
    return UploadReceipt(
        upload_id=upload.upload_id,
        files=tuple(
            UploadedFile(
                file.path,
                file.bytes,
                crc.result(),
                tuple(_sample(piece, journal) for piece in pieces),
            )
            for file, crc, pieces in begun
        ),
        bytes_sent=upload.bytes_sent - bytes_before,
        retries=upload.session.retries - retries_before,
        seconds=round(monotonic() - started, 3),
    )


def _send_piece(
    upload: Upload, journal: Journal, tick: Callable[[int], None], piece: UploadPart
) -> None:
    """Send a piece unless the server has it: after a kill the journal may not know."""
    if not journal.has(piece.path, piece.number):
        is_there = journal.is_resumed and upload.has(piece)
        certain = not is_there and upload.send(piece)
        journal.note(piece.path, piece.number, certain=certain)
    tick(piece.length)


def _digest(local: Path, file: ShardFile) -> str:
    """Give the crc32c of a file, which must be the one that its receipt says."""
    crc, size = 0, 0
    try:
        with local.open("rb", buffering=0) as stream:
            while block := stream.read(_READ_BYTES):
                crc, size = google_crc32c.extend(crc, block), size + len(block)
    except FileNotFoundError:
        size = -1
    if size != file.bytes or file.crc32c not in {"", f"{crc:08x}"}:
        found = "is missing" if size < 0 else "is not what was written"
        raise VerificationError(
            f"this file {found}", str(local), "Give the same command again: it is made anew."
        )
    return f"{crc:08x}"


def _sample(piece: UploadPart, journal: Journal) -> Sample:
    """Digest some bytes out of the middle of a piece."""
    length = min(SAMPLE_BYTES, piece.length)
    offset = piece.offset + (piece.length - length) // 2
    with piece.file.open("rb", buffering=0) as stream:
        stream.seek(offset)
        crc = google_crc32c.value(stream.read(length))
    certain = journal.is_certain(piece.path, piece.number)
    return Sample(offset, length, f"{crc:08x}", certain)


class _Lanes:
    """Threads that take work as it comes, few pieces ahead; the first failure ends all."""

    def __init__(self, count: int) -> None:
        self._pool, self._most = ThreadPoolExecutor(count), 2 * count
        self._busy: set[Future[None]] = set()

    def take(self, work: Callable[[], None]) -> None:
        """Start some work, when one of the lanes is about to be free."""
        self._busy.add(self._pool.submit(work))
        while len(self._busy) >= self._most:
            self._collect(FIRST_COMPLETED)

    def _collect(self, until: str) -> None:
        done, self._busy = wait(self._busy, return_when=until)
        for future in done:
            future.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._collect(FIRST_EXCEPTION)
        finally:
            self._pool.shutdown(cancel_futures=True)
