"""What the server granted: the receipt of `reserve_upload`."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from wkflow import atomic_files


@dataclass(frozen=True, slots=True)
class Reservation:
    """An upload that the server knows.

    `url` is the server's address as it answered, `api` the version that both speak. `known` are
    the finished datasets of the same name before this one: what is new afterwards is ours.
    """

    upload_id: str
    url: str
    api: int
    datastore: str
    organization: str
    folder_id: str | None
    name: str
    file_count: int
    known: tuple[str, ...]
    reserved_at: float

    def write(self, path: str | Path) -> None:
        """Put it in its place, whole or not at all."""
        atomic_files.write_json(Path(path).absolute(), asdict(self))

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read what `write` wrote."""
        document = json.loads(Path(path).read_bytes())
        known = tuple(document.pop("known"))
        return cls(known=known, **document)
