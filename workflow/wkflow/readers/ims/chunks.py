"""The chunks of an HDF5 dataset: fetched under HDF5's one lock, decoded outside of it.

https://docs.hdfgroup.org/hdf5/v1_14/group___f_i_l_t_e_r.html: filters are undone in reverse order;
the LZ4 filter (32004) is of https://github.com/HDFGroup/hdf5_plugins/tree/master/LZ4.
"""

import struct
from dataclasses import dataclass, field
from math import prod
from typing import Any, Self

import h5py
import imagecodecs
import numpy as np
from numpy.typing import NDArray

from wkflow.formats.chunk_grid import Span, gather
from wkflow.formats.size_limits import DEFLATE as DEFLATE_RATIO
from wkflow.formats.size_limits import LZ4 as LZ4_RATIO

DEFLATE, SHUFFLE, LZ4 = 1, 2, 32004
"""Filters that are undone here; with others HDF5 decodes, one thread at a time."""


LZ4_SIZE = struct.Struct(">Q")
"""Bytes decoded, before the blocks."""


@dataclass(frozen=True, slots=True)
class Chunks:
    """A dataset and the extents of a chunk; `filters` is None where HDF5 has to decode."""

    data: h5py.Dataset = field(repr=False)
    shape: tuple[int, ...]
    filters: tuple[int, ...] | None
    fill: object

    @classmethod
    def of(cls, data: h5py.Dataset) -> Self:
        """Look at the layout of a dataset; one without chunks lies uncompressed."""
        if data.chunks is None:
            return cls(data, (1,) * data.ndim, None, data.fillvalue)
        plist = data.id.get_create_plist()
        filters = tuple(plist.get_filter(number)[0] for number in range(plist.get_nfilters()))
        is_known = set(filters) <= {DEFLATE, SHUFFLE, LZ4}
        return cls(data, data.chunks, filters if is_known else None, data.fillvalue)

    @property
    def never_written(self) -> int:
        """How many chunks are not in the file: HDF5 gives the fill value for them."""
        if self.data.is_virtual:
            return 0
        if self.data.chunks is None:
            is_absent = self.data.id.get_storage_size() == 0 and not self.data.external
            return int(is_absent)
        count: int = prod(-(-n // c) for n, c in zip(self.data.shape, self.shape, strict=True))
        return max(0, count - int(self.data.id.get_num_chunks()))

    def read(self, spans: tuple[Span, ...], out: NDArray[Any]) -> None:
        """Decode a region into `out`, of its extents."""
        if self.filters is None:
            out[...] = self.data[tuple(slice(*span) for span in spans)]
        else:
            gather(spans, self.shape, self._load, out, self.fill)

    def _load(self, position: tuple[int, ...]) -> NDArray[Any] | None:
        offset = tuple(p * c for p, c in zip(position, self.shape, strict=True))
        try:
            mask, content = self.data.id.read_direct_chunk(offset)
        except (OSError, RuntimeError, ValueError):
            # asked only now: to find it, HDF5 walks through all chunks
            if self.data.id.get_chunk_info_by_coord(offset).byte_offset is None:
                return None
            raise
        size = prod(self.shape) * self.data.dtype.itemsize
        decoded = self._undone(content, mask, size)
        if len(decoded) != size:
            raise ValueError(f"a chunk of {size} bytes holds {len(decoded)}")
        return np.frombuffer(decoded, self.data.dtype).reshape(self.shape)

    def _undone(self, content: bytes, mask: int, size: int) -> bytes:
        """Undo the filters, the last first; a bit of `mask` says that one was not applied.

        No filter that is known makes a chunk of `size` bytes larger.
        """
        for number, kind in reversed(list(enumerate(self.filters or ()))):
            if mask >> number & 1:
                continue
            if kind == DEFLATE:
                _require_ratio(size, content, DEFLATE_RATIO)
                content = bytes(imagecodecs.deflate_decode(content, out=size))
            elif kind == LZ4:
                _require_ratio(LZ4_SIZE.unpack_from(content)[0], content, LZ4_RATIO)
                content = bytes(imagecodecs.lz4h5_decode(content))
            else:
                content = _unshuffled(content, self.data.dtype.itemsize)
        return content


def _require_ratio(size: int, content: bytes, ratio: int) -> None:
    """Refuse a chunk that its bytes cannot hold, before room for it is made."""
    if size > ratio * len(content):
        raise ValueError(f"{len(content)} bytes cannot hold a chunk of {size}")


def _unshuffled(content: bytes, itemsize: int) -> bytes:
    """Bring the bytes of each element together again.

    >>> _unshuffled(b"acbd", 2)
    b'abcd'
    """
    return np.frombuffer(content, np.uint8).reshape(itemsize, -1).T.tobytes()
