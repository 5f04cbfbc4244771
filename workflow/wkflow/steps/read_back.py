"""Read from the server what was sent to it, and compare."""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import google_crc32c

from wkflow.datasource import PROPERTIES
from wkflow.delivery import Delivery
from wkflow.errors import VerificationError
from wkflow.proof import Verdict
from wkflow.remote.dialect import Dialect
from wkflow.remote.proxy import Proxy
from wkflow.remote.session import Session
from wkflow.reservation import Reservation
from wkflow.sent import Sample, Sent, SentFile

SAMPLES = 2000
"""Pieces that are looked at, spread over all mags: a minute or so at most."""

LEAST_SAMPLES = 8
"""Of each mag, however many there are."""

READ_BYTES = 2**24

Check = Callable[[], int]


def read_back(
    delivery: Delivery,
    reservation: Reservation,
    session: Session,
    dataset_id: str,
    url: str,
    sent: list[Sent],
) -> Verdict:
    """Compare samples of the files of all mags, or all of their bytes, with their digests.

    Raises
    ------
    VerificationError
        Naming the first file of which the server gives other bytes, or none.
    """
    if delivery.verify == "none":
        return Verdict("none")
    proxy = Proxy(session, reservation.datastore, Dialect(reservation.api), dataset_id)
    mags = _mags(Path(delivery.dataset), proxy)
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
    for layer in document["dataLayers"]:
        for mag in layer.get("mags", layer.get("wkwResolutions", ())):
            factors = mag.get("mag", mag.get("resolution"))
            x, y, z = [factors] * 3 if isinstance(factors, int) else factors
            name = str(x) if x == y == z else f"{x}-{y}-{z}"
            folder = os.path.normpath(mag.get("path") or f"{layer['name']}/{name}")
            place = announced.get((layer["name"], (x, y, z)))
            if place is None:
                raise VerificationError(
                    f"the server does not show mag {name} of layer {layer['name']}",
                    proxy.dataset_id, "Look at the dataset; the same command sends it anew.",
                )  # fmt: skip
            places[Path(folder).as_posix()] = place
    return places


class Copy:
    """One mag on the server: compares files below `folder` of the dataset with those there."""

    def __init__(self, proxy: Proxy, folder: str, place: str, url: str) -> None:
        self._proxy, self.folder, self._place, self._url = proxy, folder, place, url

    def compare(self, file: SentFile, sample: Sample) -> int:
        """Compare some bytes; give how many."""
        self._judge(file, self._read(file, sample.offset, sample.length), sample)
        return sample.length

    def compare_whole(self, file: SentFile) -> int:
        """Compare all bytes; give how many."""
        crc = 0
        for begin in range(0, file.bytes, READ_BYTES):
            part = self._read(file, begin, min(READ_BYTES, file.bytes - begin))
            crc = google_crc32c.extend(crc, part or b"")
        if f"{crc:08x}" != file.crc32c:
            raise self._damage(file, "")
        return file.bytes

    def _read(self, file: SentFile, offset: int, length: int) -> bytes | None:
        path = f"{self._place}/{file.path.removeprefix(self.folder + '/')}"
        return self._proxy.read(path, offset, offset + length)

    def _judge(self, file: SentFile, part: bytes | None, sample: Sample) -> None:
        if part is None or f"{google_crc32c.value(part):08x}" != sample.crc32c:
            raise self._damage(file, f" at byte {sample.offset}")

    def _damage(self, file: SentFile, place: str) -> VerificationError:
        return VerificationError(
            f"the server has other bytes than were sent{place}", file.path,
            f"Delete the damaged {self._url} there; the same command then sends it anew.",
        )  # fmt: skip


def checks_of(mode: str, copy: Copy, files: list[SentFile], mags: int) -> Iterator[Check]:
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
