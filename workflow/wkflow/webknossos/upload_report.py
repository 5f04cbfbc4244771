"""The proof of an upload: `upload.json` in the run folder."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Self

from wkflow import __version__, atomic_files
from wkflow.run_folder import PROOF_COPY
from wkflow.webknossos.reservation import Reservation
from wkflow.webknossos.upload_plan import UploadPlan
from wkflow.webknossos.upload_receipt import UploadReceipt

"""The proof once more, in the folder of the upload's state: the dataset may be gone by then."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was read back from the server and found equal: pieces of files, and their bytes."""

    mode: str
    pieces: int = 0
    bytes: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class UploadReport:
    """Where the dataset is and what was sent. Times are ISO 8601 in UTC, `digests` crc32c."""

    url: str
    dataset_id: str
    name: str
    organization: str
    datastore: str
    api: int
    upload_id: str
    attempt: int
    transfer_mode: str
    files: int
    bytes: int
    bytes_sent: int
    retries: int
    reserved_at: str
    finished_at: str
    verified: Verdict
    digests: dict[str, str]
    wkflow: str = __version__

    @classmethod
    def of(
        cls,
        delivery: UploadPlan,
        reservation: Reservation,
        dataset_id: str,
        url: str,
        sent: list[UploadReceipt],
        verdict: Verdict,
    ) -> Self:
        """Sum up a finished upload."""
        files = {file.path: file for one in sent for file in one.files}
        return cls(
            url=url,
            dataset_id=dataset_id,
            name=reservation.name,
            organization=reservation.organization,
            datastore=reservation.datastore,
            api=reservation.api,
            upload_id=reservation.upload_id,
            attempt=delivery.attempt,
            transfer_mode=delivery.transfer_mode,
            files=len(files),
            bytes=sum(file.bytes for file in files.values()),
            bytes_sent=sum(one.bytes_sent for one in sent),
            retries=sum(one.retries for one in sent),
            reserved_at=_iso(reservation.reserved_at),
            finished_at=_iso(time()),
            verified=verdict,
            digests={path: file.crc32c for path, file in files.items()},
        )

    def write(self, path: str | Path) -> None:
        """Put it in its place, whole or not at all."""
        place = Path(path).absolute()
        atomic_files.write_json(place.parent / PROOF_COPY, asdict(self))
        atomic_files.write_json(place, asdict(self))

    @staticmethod
    def is_of(path: Path, upload_id: str) -> bool:
        """Whether a file proves that the upload of that name is finished."""
        with suppress(OSError, ValueError, TypeError):
            return bool(dict(json.loads(path.read_bytes())).get("upload_id") == upload_id)
        return False


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
