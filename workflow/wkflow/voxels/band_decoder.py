"""Bands that are decoded into a few buffers, each as soon as one is free."""

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass
from functools import partial
from threading import Lock

from wkflow.errors import SourceError, several
from wkflow.formats.chunk_rows import part_of
from wkflow.formats.contract import Band, Voxels
from wkflow.model.box import Box
from wkflow.voxels.layer_reader import LayerReader


@dataclass(frozen=True, slots=True)
class _Decoding:
    """A band that is being decoded into a buffer."""

    buffer: Voxels
    pieces: list[Future[SourceError | None]]

    def faults(self) -> list[SourceError]:
        """Wait for the end; give what is wrong."""
        return [fault for piece in self.pieces if (fault := piece.result())]


class BandDecoder:
    """Decodes bands into a few buffers, each as soon as the one before it there was released."""

    def __init__(self, reading: LayerReader, pool: Executor, buffers: list[Voxels]) -> None:
        self._reading, self._pool, self._free = reading, pool, deque(buffers)
        self._wanted: deque[tuple[Box, Future[_Decoding]]] = deque()
        self._lock = Lock()

    def in_turn(self, cut: list[Box], rest: Sequence[Box] = ()) -> Generator[Band]:
        """Give bands; if one is bad, decode those after it and the `rest` only to name all bad."""
        begun: list[Future[_Decoding]] = [Future() for _ in cut]
        with self._lock:
            self._wanted.extend(zip(cut, begun, strict=True))
        try:
            self._begin()
            for number, (box, future) in enumerate(zip(cut, begun, strict=True)):
                one = future.result()
                if faults := one.faults():
                    later = [*cut[number + 1 :], *rest] if self._reading.is_stack else []
                    raise several(_once(faults + self._faults_in(later, one.buffer)))
                region = partial(part_of, one.buffer.T, box)
                yield box, region, partial(self._release, one.buffer)
        finally:
            with self._lock:
                self._wanted.clear()
            for future in begun:  # they read slices that may be closed now
                wait(future.result().pieces if future.done() and not future.exception() else ())

    def _release(self, buffer: Voxels) -> None:
        with self._lock:
            self._free.append(buffer)
        self._begin()

    def _begin(self) -> None:
        """Begin with what is wanted as far as there are buffers."""
        with self._lock:
            while self._free and self._wanted:
                box, future = self._wanted.popleft()
                buffer = self._free.popleft()
                try:
                    future.set_result(_Decoding(buffer, self._decode(box, buffer)))
                except (RuntimeError, MemoryError) as error:  # else it is waited for, for ever
                    future.set_exception(error)

    def _decode(self, band: Box, buffer: Voxels) -> list[Future[SourceError | None]]:
        futures = []
        for piece in self._reading.pieces(band):
            (x0, y0, z0), (x1, y1, z1) = piece.begin, piece.end
            _, y, z = band.begin
            part = buffer[z0 - z : z1 - z, y0 - y : y1 - y, x0:x1]
            futures.append(self._pool.submit(self._reading.fault, piece, part))
        return futures

    def _faults_in(self, later: list[Box], buffer: Voxels) -> list[SourceError]:
        """Decode further bands only to name all bad slices in one run."""
        return [
            fault
            for box in later
            for fault in _Decoding(buffer, self._decode(box, buffer)).faults()
        ]


def _once(faults: list[SourceError]) -> list[SourceError]:
    """Name each file once, though several of its bands are bad."""
    return list({fault.where: fault for fault in reversed(faults)}.values())[::-1]
