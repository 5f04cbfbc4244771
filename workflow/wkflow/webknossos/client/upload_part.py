"""Pieces of a file, and the body that carries one: read from disk while it is sent."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Self

from wkflow.errors import TransientError, VerificationError

MEDIA_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class UploadPart:
    """A stretch of one file, as it is sent in one request.

    Parameters
    ----------
    file
        On this machine.
    path
        From the dataset's root, with `/`.
    number, count
        The piece's number, from 1, and how many there are.
    offset, length
        Of the stretch, in bytes.
    chunk_size
        Nominal, the same for all pieces: the server writes a piece at `(number - 1) * chunk_size`.
    file_size
        Bytes of the whole file.
    """

    file: Path
    path: str
    number: int
    count: int
    offset: int
    length: int
    chunk_size: int
    file_size: int

    def fields(self, upload_id: str, file_count: int, names: Mapping[str, str]) -> dict[str, str]:
        """Give the form fields of the upload protocol, in its order.

        `names` are those that only some versions want; the part `file` comes last.
        """
        return {
            "resumableChunkSize": str(self.chunk_size),
            "resumableTotalSize": str(self.file_size),
            "resumableType": MEDIA_TYPE,
            "resumableIdentifier": f"{upload_id}/{self.path}",
            "resumableFilename": self.path.rpartition("/")[2],
            "resumableRelativePath": self.path,
            "resumableTotalChunks": str(self.count),
            "resumableChunkNumber": str(self.number),
            "resumableCurrentChunkSize": str(self.length),
            **names,
            "totalFileCount": str(file_count),
        }


def pieces_of(local: Path, path: str, size: int, chunk_size: int) -> list[UploadPart]:
    """Cut a file of `size` bytes; an empty file has no pieces, since the server takes none.

    >>> [(p.number, p.offset, p.length) for p in pieces_of(Path("a"), "c/0", 10, 4)]
    [(1, 0, 4), (2, 4, 4), (3, 8, 2)]
    """
    offsets = range(0, size, chunk_size)
    return [
        UploadPart(
            local, path, n, len(offsets), offset, min(chunk_size, size - offset), chunk_size, size
        )
        for n, offset in enumerate(offsets, 1)
    ]


class PartBody:
    """A form of `multipart/form-data` (RFC 7578) with one piece in it, to be read once.

    Parameters
    ----------
    fields
        Parts of text before the file's.
    tick
        Called with each number of bytes that is handed out.

    Attributes
    ----------
    content_type
        For the header of that name.
    """

    def __init__(
        self,
        piece: UploadPart,
        fields: Mapping[str, str],
        tick: Callable[[int], object] = int,
    ) -> None:
        boundary = os.urandom(16).hex()
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._piece, self._tick = piece, tick
        self._head = _head(fields, boundary)
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self._position, self._file = 0, None  # type: tuple[int, FileIO | None]

    def __len__(self) -> int:
        return len(self._head) + self._piece.length + len(self._tail)

    @property
    def is_whole(self) -> bool:
        """Whether its last byte was read."""
        return self._position == len(self)

    def read(self, size: int, /) -> bytes:
        """Give at most `size` bytes, none at the end; never more is held in memory.

        Raises
        ------
        VerificationError
            If the file is not as long as said.
        TransientError
            If the disk fails.
        """
        begin = self._position - len(self._head)
        left = self._piece.length - begin
        if begin < 0:
            block = self._head[self._position : self._position + size]
        elif left > 0:
            block = self._read_file(min(size, left))
        else:
            block = self._tail[-left : size - left]
        self._position += len(block)
        self._tick(len(block))
        return block

    def _read_file(self, size: int) -> bytes:
        piece = self._piece
        try:
            if self._file is None:
                self._file = FileIO(piece.file)
                self._file.seek(piece.offset)
                if os.fstat(self._file.fileno()).st_size != piece.file_size:
                    raise _changed(piece)
            block = self._file.read(size)
        except FileNotFoundError:
            raise VerificationError("is gone", str(piece.file), _REMEDY) from None
        except OSError as error:
            remedy = "When the disk is back, the same command resumes."
            raise TransientError(str(error.strerror or error), str(piece.file), remedy) from error
        if not block:
            raise _changed(piece)
        return block

    def close(self) -> None:
        if self._file:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _head(fields: Mapping[str, str], boundary: str) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="upload"\r\n'
        f"Content-Type: {MEDIA_TYPE}\r\n\r\n"
    )
    return "".join([*parts, file]).encode()


def _changed(piece: UploadPart) -> VerificationError:
    return VerificationError(
        f"is not as long as it was when written ({piece.file_size} bytes)", str(piece.file), _REMEDY
    )


_REMEDY = "Remove it, if it is there, and give the same command: it is made anew."
