"""Read from the server what was sent to it, and compare."""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import google_crc32c

from wkflow.errors import VerificationError
from wkflow.model.datasource_properties import factors_of, listed_mags, paths_of
from wkflow.model.mag import name_of
from wkflow.model.write_datasource import PROPERTIES
from wkflow.network.retry import SERVER_RETRIES, RetryBudget
from wkflow.webknossos.client.api_versions import Dialect
from wkflow.webknossos.client.error_messages import LONGEST, MissingError
from wkflow.webknossos.client.proxy import Proxy
from wkflow.webknossos.client.server import Server
from wkflow.webknossos.client.session import Session
from wkflow.webknossos.reservation import Reservation
from wkflow.webknossos.upload_plan import UploadPlan
from wkflow.webknossos.upload_receipt import Sample, UploadedFile, UploadReceipt
from wkflow.webknossos.upload_report import Verdict

SAMPLES = 2000
"""Pieces that are looked at, spread over all mags: a minute or so at most."""

LEAST_SAMPLES = 8
"""Of each mag, however many there are."""

READ_BYTES = 2**24

LOOK_TRIES = 7
"""Tries of a request here: half a minute at most. The same command looks again."""

_ANEW = "Look at the server; the same command sends it anew."

Check = Callable[[], int]


def hurry(session: Session) -> None:
    """Repeat requests less often than while something is sent, which an end would cost more."""
    session.budget = RetryBudget(replace(SERVER_RETRIES, tries=LOOK_TRIES))


def check_there(server: Server, reservation: Reservation, dataset_id: str) -> None:
    """Look whether what the server calls finished is there, and is what was uploaded.

    Raises
    ------
    VerificationError
        If it is not.
    ServerError
        If the token is no longer good: then nothing is to be seen.
    """
    where = server.url_of(dataset_id)
    if dataset_id in reservation.known:
        what = "the server says that the upload became a dataset that was there before"
        raise VerificationError(what, where, _ANEW)
    try:
        name = server.dataset(dataset_id).get("name", reservation.name)
    except MissingError as failure:
        server.user()
        what = f"the server says that it finished, but the dataset is not there: {failure.what}"
        raise VerificationError(what, where, _ANEW, failure.detail) from None
    if name != reservation.name:
        what = f"the server says that {reservation.name} became the dataset {str(name)[:LONGEST]}"
        raise VerificationError(what, where, _ANEW)


def read_back(
    delivery: UploadPlan,
    reservation: Reservation,
    server: Server,
    dataset_id: str,
    sent: list[UploadReceipt],
) -> Verdict:
    """Compare samples of the files of all mags, or all of their bytes, with their digests.

    Whether the server shows all mags is looked at in any case.

    Raises
    ------
    VerificationError
        Naming what the server does not show, or the first file of which it gives other bytes.
    """
    url, place = server.url_of(dataset_id), reservation.datastore
    proxy = Proxy(server.session, place, Dialect(reservation.api), dataset_id)
    try:
        mags = _mags(Path(delivery.dataset), proxy)
    except MissingError as failure:
        server.user()  # with a bad token nothing is to be seen
        what = f"the server shows no layers of the dataset: {failure.what}"
        raise VerificationError(what, url, _ANEW, failure.detail) from None
    if delivery.verify == "none":
        return Verdict("none")
    files = [file for one in sent for file in one.files]
    checks = [
        check
        for folder, place in mags.items()
        for check in checks_of(delivery.verify, Copy(proxy, folder, place, url), files, len(mags))
    ]
    with ThreadPoolExecutor(delivery.connections) as pool:
        compared = list(pool.map(lambda check: check(), checks))
    return Verdict(delivery.verify, len(compared), sum(compared))


def _mags(dataset: Path, proxy: Proxy) -> dict[str, str]:
    """Give for each mag's folder in the dataset the path that the server announces."""
    announced = proxy.mag_paths()
    document = json.loads((dataset / PROPERTIES).read_bytes())
    places = {}
    for layer, mag in listed_mags(document):
        factors = factors_of(mag)
        folder = os.path.normpath(paths_of(layer, mag)[0])
        place = announced.get((layer["name"], factors))
        if place is None:
            raise VerificationError(
                f"the server does not show mag {name_of(factors)} of layer {layer['name']}",
                proxy.dataset_id, _ANEW,
            )  # fmt: skip
        places[Path(folder).as_posix()] = place
    return places


class Copy:
    """One mag on the server: compares files below `folder` of the dataset with those there."""

    def __init__(self, proxy: Proxy, folder: str, place: str, url: str) -> None:
        self._proxy, self.folder, self._place, self._url = proxy, folder, place, url

    def compare(self, file: UploadedFile, sample: Sample) -> int:
        """Compare some bytes; give how many."""
        self._judge(file, self._read(file, sample.offset, sample.length), sample)
        return sample.length

    def compare_whole(self, file: UploadedFile) -> int:
        """Compare all bytes; give how many."""
        crc = 0
        for begin in range(0, file.bytes, READ_BYTES):
            part = self._read(file, begin, min(READ_BYTES, file.bytes - begin))
            if part is None:
                raise self._damage(file, "", "does not have what was sent")
            crc = google_crc32c.extend(crc, part)
        if f"{crc:08x}" != file.crc32c:
            raise self._damage(file, "")
        return file.bytes

    def _read(self, file: UploadedFile, offset: int, length: int) -> bytes | None:
        path = f"{self._place}/{file.path.removeprefix(self.folder + '/')}"
        return self._proxy.read(path, offset, offset + length)

    def _judge(self, file: UploadedFile, part: bytes | None, sample: Sample) -> None:
        if part is None:
            raise self._damage(file, "", "does not have what was sent")
        if f"{google_crc32c.value(part):08x}" != sample.crc32c:
            raise self._damage(file, f" at byte {sample.offset}")

    def _damage(
        self, file: UploadedFile, place: str, said: str = "has other bytes than were sent"
    ) -> VerificationError:
        return VerificationError(
            f"the server {said}{place}", file.path,
            f"Delete the damaged {self._url} there; the same command then sends it anew.",
        )  # fmt: skip


def checks_of(mode: str, copy: Copy, files: list[UploadedFile], mags: int) -> Iterator[Check]:
    """Give what is to be compared of one mag."""
    own = [file for file in files if file.path.startswith(copy.folder + "/")]
    if mode == "full":
        yield from (partial(copy.compare_whole, file) for file in own)
        return
    samples = [(file, sample) for file in own for sample in file.samples]
    step = max(1, -(-len(samples) // max(LEAST_SAMPLES, SAMPLES // mags)))
    for number, (file, sample) in enumerate(samples):
        if number % step == 0 or not sample.certain:
            yield partial(copy.compare, file, sample)
