"""Whether the files of a dataset are what was written, or can be decoded; nothing is written.

A shard that a receipt names has its size and its crc32c. Of any other each chunk that holds voxels
of the layer is decoded: that shows what the codec notices, and a flipped bit among bare voxels is
noticed by none. Of a mag some hundred bytes per file are kept in memory, and what few files hold.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import google_crc32c

from wkflow.errors import SourceError
from wkflow.formats.chunk_files import MissingFileError, Ranges
from wkflow.formats.dataset_contents import dataset_files
from wkflow.formats.dataset_files import LocalFiles
from wkflow.formats.mag_reader import MagReader
from wkflow.formats.missing_files import Lost, Sizes
from wkflow.formats.shard_writer import in_order
from wkflow.formats.stored_array import StoredArray
from wkflow.inspection.describe_dataset import stored_files
from wkflow.inspection.open_dataset import Dataset, folder_of, opened_mag
from wkflow.inspection.verification import Fault, Kind, Verification
from wkflow.inspection.written_files import lost_metadata, written_files
from wkflow.model.datasource_properties import ExistingLayer, ExistingMag
from wkflow.model.receipt import ShardFile

STRETCH_BYTES = 2**23
"""Read at once where a file is summed: large enough for a disk, small in memory."""

PIECES = 16
"""Small files that are decoded by one call."""

Tick = Callable[[int], object]

Work = Callable[[], "_Done"]


def stored_bytes(dataset: Dataset) -> int:
    """Count the bytes of all mags that are there."""
    total = 0
    for layer in dataset.target.existing.layers:
        for mag in layer.mags:
            with suppress(SourceError):  # `verify_dataset` will name it
                total += stored_files(folder_of(dataset.given(layer, mag)))[1]
    return total


def verify_dataset(
    dataset: Dataset, run_folders: Iterable[Path], *, threads: int, tick: Tick
) -> Verification:
    """Verify all files of all mags.

    Parameters
    ----------
    dataset
        On this machine.
    run_folders
        Of the runs that wrote it, as far as they are there: they hold the receipts.
    threads
        That read and decode.
    tick
        Told of the bytes of each file that is done with, by any thread.

    Raises
    ------
    SourceError
        If it has no layer.
    """
    if not dataset.target.existing.layers:
        raise SourceError(
            "has no layers: there is nothing to verify", dataset.target.root,
            "Convert images into it, or name another dataset.",
        )  # fmt: skip
    root, folders = Path(dataset.target.root), tuple(run_folders)
    found = Verification(str(root))
    written = written_files(root, folders)
    with ThreadPoolExecutor(threads) as pool:
        for layer in dataset.target.existing.layers:
            for mag in layer.mags:
                _Mag(dataset, layer, mag, written, tick).verify(found, pool)
    known = {fault.path for fault in found.faults}
    lost = lost_metadata(root, folders, dataset.target.existing)
    found.faults += [_fault_of(one) for one in lost if one.path not in known]
    found.foreign = sorted(path for path, is_part in dataset_files(root) if not is_part)
    return found


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of some files: `chunks` that decode, and what is wrong."""

    chunks: int = 0
    faults: tuple[Fault, ...] = ()


class _Mag:
    """One mag that is verified."""

    def __init__(
        self, dataset: Dataset, layer: ExistingLayer, mag: ExistingMag,
        written: Mapping[str, ShardFile], tick: Tick,
    ) -> None:  # fmt: skip
        self._dataset, self._layer, self._mag = dataset, layer, mag
        self._written, self._tick = written, tick
        self._root = Path(dataset.target.root)
        self._compared: set[str] = set()
        self._decoded: set[str] = set()
        self._absent: set[str] = set()
        self._bytes = 0

    def verify(self, found: Verification, pool: ThreadPoolExecutor) -> None:
        """Add to `found` what is true of the mag."""
        faults: dict[str, Fault] = {}
        try:
            given = self._dataset.given(self._layer, self._mag)
        except SourceError as error:
            path = self._mag.paths[0]
            found.faults.append(Fault(path, "missing", f"cannot be verified: {error.what}"))
            return
        try:
            with opened_mag(self._layer, self._mag, given) as reader:
                for done in in_order(pool, _do, self._work(reader)):
                    found.chunks += done.chunks
                    for fault in done.faults:
                        faults.setdefault(fault.path, fault)
                is_gapless = reader.is_gapless
        except SourceError as error:
            found.faults.append(self._fault(error))
            return
        if is_gapless:
            missing = (Fault(name, "missing", "is missing") for name in sorted(self._absent))
            faults |= {fault.path: fault for fault in missing}
        found.faults += faults.values()
        found.absent += 0 if is_gapless else len(self._absent)
        found.compared += len(self._compared - faults.keys())
        found.decoded += len(self._decoded - faults.keys())
        found.bytes += self._bytes

    def _work(self, reader: MagReader) -> Iterator[Work]:
        """Give what is to be done for the mag's files: large ones one by one, others together."""
        sizes, files = Sizes(self._root), LocalFiles(self._root)
        pieces: list[tuple[Ranges, int]] = []
        for (first, *others), ranges in reader.pieces():
            there = next((name for name in (first, *others) if sizes.of(name) is not None), first)
            size, record = sizes.of(there), self._written.get(first)
            if record:
                if first not in self._compared:
                    self._compared.add(first)
                    self._bytes += size or 0
                    yield partial(self._compare, files, record, size)
            elif size is None:
                self._absent.add(first)
            else:
                new = 0 if there in self._decoded else size
                self._decoded.add(there)
                self._bytes += new
                pieces.append((ranges, new))
                if len(pieces) == PIECES or reader.has_shards:
                    yield partial(self._decode, reader.array, tuple(pieces))
                    pieces.clear()
        yield partial(self._decode, reader.array, tuple(pieces))

    def _compare(self, files: LocalFiles, record: ShardFile, size: int | None) -> _Done:
        """Hold a file against its receipt."""
        path = record.path
        if size is None:
            return _Done(faults=(Fault(path, "missing", "is missing"),))
        if size != record.bytes:
            what = f"has {size} bytes, {record.bytes} were written"
            return _Done(faults=(Fault(path, "differs", what),))
        crc = 0
        try:
            for begin in range(0, size, STRETCH_BYTES):
                part = files.part(path, begin, begin + STRETCH_BYTES) or b""
                crc = google_crc32c.extend(crc, part)
                self._tick(len(part))
        except SourceError as error:
            return _Done(faults=(self._fault(error),))
        if f"{crc:08x}" != record.crc32c:
            return _Done(faults=(Fault(path, "differs", "holds other bytes than were written"),))
        return _Done()

    def _decode(self, array: StoredArray, pieces: tuple[tuple[Ranges, int], ...]) -> _Done:
        """Decode chunks of files of so many bytes; each file that cannot be is named."""
        chunks, faults = 0, []
        for ranges, size in pieces:
            try:
                chunks += array.decode_all(ranges)
            except SourceError as error:
                faults.append(self._fault(error))
            self._tick(size)
        return _Done(chunks, tuple(faults))

    def _fault(self, error: SourceError) -> Fault:
        path = Path(error.where)
        inside = path.is_relative_to(self._root)
        name = path.relative_to(self._root).as_posix() if inside else str(path)
        kind: Kind = "missing" if isinstance(error, MissingFileError) else "damaged"
        return Fault(name, kind, error.what)


def _do(work: Work) -> _Done:
    return work()


def _fault_of(lost: Lost) -> Fault:
    """Tell of metadata that are not as they were written."""
    what = str(lost).removeprefix(f"{lost.path} ")
    return Fault(lost.path, "missing" if lost.found is None else "differs", what)
