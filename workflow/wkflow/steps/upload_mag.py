"""Add one mag to a dataset on a server: sent, or put where the server says."""

import json
import shutil
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from wkflow import atomic_files
from wkflow.errors import ServerError, VerificationError
from wkflow.formats.table import format_of
from wkflow.model.dataset_url import DatasetAddress
from wkflow.model.layer import Grid
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.model.write_datasource import mag_properties
from wkflow.run_folder import UPLOAD, RunFolder
from wkflow.steps.upload_shards import send
from wkflow.webknossos.client.api_versions import NewMag
from wkflow.webknossos.client.error_messages import NotKeptError, not_kept
from wkflow.webknossos.client.find_dataset import visiting
from wkflow.webknossos.client.mag_upload import MagUpload
from wkflow.webknossos.client.new_mags import NewMags
from wkflow.webknossos.client.upload import UploadLostError
from wkflow.webknossos.place_files import place_folder
from wkflow.webknossos.sent_parts import ChangedError, Journal
from wkflow.webknossos.upload_plan import UploadPlan
from wkflow.webknossos.upload_receipt import UploadReceipt

ATTEMPTS = 3
"""How often one run begins a new upload because the server lost the last one."""

LEAST_WAIT_S, BYTES_PER_S = 15.0, 10**8
"""What a server gets to add a mag before it is asked a second time."""

_ID, _JOURNAL, _FINISHING, _PLACE = "id.json", "sent.jsonl", "finishing.json", "place.json"


def upload_mag(
    plan: Plan,
    delivery: UploadPlan,
    run_folder: Path,
    token: str,
    *,
    mag: tuple[str, str],
    receipts: Iterable[str],
    tick: Callable[[int], None],
) -> UploadReceipt:
    """Add a mag whose files are all there.

    `mag` are the names of its layer and its own, `receipts` those of the jobs that wrote it. What
    was done before is not done again. Receipts that tell of other files are removed, so that the
    files are made anew.

    Raises
    ------
    ServerError
        If the server refuses it, in its own words.
    TransientError
        If it loses the upload again and again, or cannot be reached for long.
    VerificationError
        If a file is not what its receipt says, or the server did not keep what it accepted.
    """
    receipts = list(receipts)
    try:
        return _upload(plan, delivery, run_folder, token, mag, receipts, tick)
    except NotKeptError:  # the files here are what they should be
        raise
    except VerificationError:
        for receipt in receipts:
            Path(receipt).unlink(missing_ok=True)
        raise


def forget_mag(run_folder: Path, layer: str, mag: str) -> None:
    """Remove what says that the server has a mag, which it has not: it will be sent anew."""
    shutil.rmtree(run_folder / UPLOAD / layer / mag, ignore_errors=True)
    RunFolder(run_folder).receipt(f"upload_mag/{layer}/{mag}").unlink(missing_ok=True)


def _upload(
    plan: Plan,
    delivery: UploadPlan,
    run_folder: Path,
    token: str,
    mag: tuple[str, str],
    receipts: list[str],
    tick: Callable[[int], None],
) -> UploadReceipt:
    layer, name = mag
    one = plan.layer(layer)
    grid = next(grid for grid in one.made if str(grid.mag) == name)
    folder = f"{one.layer.path}/{grid.name}"
    files = _files(plan, one, grid, receipts)
    with visiting(
        DatasetAddress.parse(plan.destination), token,
        connections=delivery.connections, ca_bundle=delivery.ca_bundle,
        insecure=delivery.insecure,
    ) as dataset:  # fmt: skip
        addition = _Addition(
            NewMags(dataset),
            NewMag(
                dataset.id, layer, grid.mag.factors, mag_properties(one.layer, grid)["axisOrder"]
            ),
            Path(plan.dataset, folder),
            run_folder / UPLOAD / layer / name,
        )
        if delivery.transfer_mode == "http":
            sent = addition.send(files, delivery.connections, tick)
        else:
            sent = addition.put(delivery.transfer_mode)
    named = tuple(replace(file, path=f"{folder}/{file.path}") for file in sent.files)
    return replace(sent, files=named)


def _files(plan: Plan, one: LayerPlan, grid: Grid, receipts: Iterable[str]) -> list[ShardFile]:
    """List the files of a mag relative to its folder: what describes the array comes last."""
    prefix = f"{one.layer.path}/{grid.name}/"
    shards = [
        replace(file, path=file.path.removeprefix(prefix))
        for receipt in receipts
        for file in Receipt.read(receipt).files
        if file.path.startswith(prefix)
    ]
    names = format_of(one.layer.data_format).document_names(one.layer, (grid,))
    documents = [name for name in names if name.startswith(prefix)]
    sizes = [Path(plan.dataset, name).stat().st_size for name in documents]
    return shards + [
        ShardFile(name.removeprefix(prefix), size, "")
        for name, size in zip(documents, sizes, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Addition:
    """One mag on its way from `folder`; what is known of it is kept below `state`."""

    mags: NewMags
    mag: NewMag
    folder: Path
    state: Path

    def send(
        self, files: list[ShardFile], connections: int, tick: Callable[[int], None]
    ) -> UploadReceipt:
        """Send the mag over the network, and let the server add it."""
        for _ in range(ATTEMPTS - 1):
            try:
                return self._send(files, connections, tick)
            except (UploadLostError, ChangedError):
                shutil.rmtree(self.state, ignore_errors=True)
        return self._send(files, connections, tick)

    def _send(
        self, files: list[ShardFile], connections: int, tick: Callable[[int], None]
    ) -> UploadReceipt:
        size = sum(file.bytes for file in files)
        upload = self.mags.upload_of(self.mag, self._upload_id(), len(files))
        journal = Journal(self.state / _JOURNAL)
        is_added = self._is_added() or not self._reserved(upload, size, journal.is_resumed)
        try:
            sent = send(self.folder, connections, upload, files, journal, tick)
        except VerificationError:
            if not is_added:  # the server may have pieces of what should not be
                shutil.rmtree(self.state)
            raise
        if not is_added:
            atomic_files.write_json(self.state / _FINISHING, upload.upload_id)
            self._finish(upload, LEAST_WAIT_S + size / BYTES_PER_S)
        return sent

    def _finish(self, upload: MagUpload, wait_s: float) -> None:
        try:
            self.mags.finish(upload, wait_s)
        except ServerError as failure:
            error = not_kept(failure)
            if error is None:
                raise
            shutil.rmtree(self.state)  # what the server says to have, it has not
            raise error from None

    def _is_added(self) -> bool:
        """Whether the server has the mag by now, and has it of us."""
        return (self.state / _FINISHING).exists() and self.mags.lists(self.mag)

    def _reserved(self, upload: MagUpload, size: int, is_resumed: bool) -> bool:  # noqa: FBT001
        """Announce the mag; one that was sent in part must still be known.

        False where the server finished what we sent before, late.
        """
        if is_resumed and not upload.is_known():
            raise upload.lost(self.mags.dataset.url)
        try:
            upload.reserve(size)
        except ServerError:
            if self._is_added():
                return False
            raise
        return True

    def _upload_id(self) -> str:
        kept = self.state / _ID
        if not kept.exists():
            atomic_files.write_json(kept, str(uuid.uuid4()))
        return str(json.loads(kept.read_bytes()))

    def put(self, transfer_mode: str) -> UploadReceipt:
        """Lay the mag where the server says, and tell it."""
        kept = self.state / _PLACE
        if not kept.exists():
            atomic_files.write_json(kept, self.mags.reserve_path(self.mag))
        place_folder(transfer_mode, self.folder, str(json.loads(kept.read_bytes())))
        if not self.mags.lists(self.mag):
            self.mags.finish_path(self.mag)
        return UploadReceipt("", (), 0, 0, 0.0)
