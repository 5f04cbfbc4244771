"""The files that hold the voxels of a TIFF: one, or the parts of an OME-TIFF."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tifffile import TiffFile, TiffFrame, TiffPage

from wkflow.errors import SourceError
from wkflow.readers.base.references import as_opened
from wkflow.readers.tiff.planes import Page
from wkflow.source_errors import REMEDY


@dataclass(frozen=True, slots=True)
class TiffParts:
    """An open TIFF, and the closed files that its pages may lie in.

    tifffile moves the position of a file when it reads a directory: one thread at a time. Voxels
    are read without a lock. `path` is what the user calls the open file.
    """

    path: str
    tif: TiffFile
    lock: threading.Lock = field(default_factory=threading.Lock)

    def path_of(self, page: TiffPage | TiffFrame) -> str:
        """Name the file of a page."""
        if page.parent is self.tif:
            return self.path
        return as_opened(self.path, page.parent.filehandle.path)

    @contextmanager
    def descriptor(self, page: TiffPage | TiffFrame) -> Iterator[int]:
        """Give the descriptor of the file that holds a page.

        Parts are opened for each read: there may be more of them than may be open at a time.
        """
        if page.parent is self.tif:
            yield self.tif.filehandle.fileno()
            return
        descriptor = os.open(page.parent.filehandle.path, os.O_RDONLY)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def full_page(self, pages: Sequence[Page], number: int) -> TiffPage | TiffFrame:
        """Read the directory of a page: what tifffile assumes to be like page 1 need not be."""
        with self.lock:
            page = pages[number]
            if page is None:
                raise SourceError(f"has no data for plane {number + 1}", self.path, REMEDY)
            if isinstance(page, TiffFrame) and not page.is_virtual and not self.tif.is_lsm:
                page = self._directory(page)
            if page.keyframe is not None and not page.keyframe.is_final:
                _ = page.keyframe.decode  # is made at its first use, which is one thread's
            return page

    def _directory(self, frame: TiffFrame) -> TiffPage:
        handle = frame.parent.filehandle
        was_closed = handle.closed
        if was_closed:
            handle.open()
        try:
            return frame.aspage()
        finally:
            if was_closed:
                handle.close()

    def files(self, pages: list[Page]) -> tuple[str, ...]:
        """Name all files that hold pages, the opened one first; empty if there is but one."""
        own = os.path.abspath(self.path)  # noqa: PTH100 -- as the others are named
        parts = {os.path.abspath(self.path_of(page)) for page in pages if page is not None}  # noqa: PTH100
        others = sorted(parts - {own})
        return (own, *others) if others else ()
