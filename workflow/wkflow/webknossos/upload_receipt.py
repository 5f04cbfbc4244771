"""What one batch's job sent: its receipt, with samples by which the server can be asked later."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from wkflow import json_document
from wkflow.path_safety import leads_out


@dataclass(frozen=True, slots=True)
class Sample:
    """Some bytes of a file: `offset` and `length`, crc32c in hexadecimal.

    `certain` says that the server accepted the piece in which they lie, and did not only say later
    that it had it: then they are to be looked at in any case.
    """

    offset: int
    length: int
    crc32c: str
    certain: bool = True


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One file on the server: path below the dataset, size in bytes, crc32c, samples of it."""

    path: str
    bytes: int
    crc32c: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class UploadReceipt:
    """The receipt of `upload_shards`.

    `bytes_sent` counts what went over the wire, repeats included; `retries` the repeats.
    """

    upload_id: str
    files: tuple[UploadedFile, ...]
    bytes_sent: int
    retries: int
    seconds: float

    def write(self, path: str | Path) -> None:
        """Put it in its place, whole or not at all."""
        json_document.write(path, self, indent=None)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read what `write` wrote."""
        receipt = json_document.read(cls, path)
        if any(leads_out(file.path) for file in receipt.files):
            raise ValueError("it names a file outside of the dataset")
        return receipt
