"""What one parcel's job sent: its receipt, with samples by which the server can be asked later."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from wkflow import atomic_files
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
        atomic_files.write_json(Path(path).absolute(), asdict(self), indent=None)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read what `write` wrote."""
        document = json.loads(Path(path).read_bytes())
        files = tuple(
            UploadedFile(
                **file | {"samples": tuple(Sample(**sample) for sample in file["samples"])}
            )
            for file in document.pop("files")
        )
        if any(leads_out(file.path) for file in files):
            raise ValueError("it names a file outside of the dataset")
        return cls(files=files, **document)
