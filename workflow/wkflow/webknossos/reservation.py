"""What the server granted: the receipt of `reserve_upload`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from wkflow import json_document


@dataclass(frozen=True, slots=True)
class Reservation:
    """An upload that the server knows.

    `url` is the server's address as it answered, `api` the version that both speak. `known` are
    the finished datasets of the same name before this one: what is new afterwards is ours.
    `links` are layers of another dataset which this one has as well.
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
    links: tuple[dict[str, str], ...] = ()

    def write(self, path: str | Path) -> None:
        """Put it in its place, whole or not at all."""
        json_document.write(path, self)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read what `write` wrote."""
        return json_document.read(cls, path)
