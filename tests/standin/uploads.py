"""Uploads that are under way: what was announced, and which chunks have come."""

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.standin.answers import RefusalError, refusal
from tests.standin.options import Options
from tests.standin.store import Row, Store


@dataclass(frozen=True)
class Reservation:
    """What a client announces before it sends chunks."""

    id: str
    domain: str
    dataset: str
    count: int
    size: int | None
    paths: list[str]
    document: dict[str, Any]


def unknown_upload(key: str) -> RefusalError:
    return refusal(f"Could not find running upload with upload id “{key}”.")


@dataclass(frozen=True)
class Uploads:
    """All running uploads in the store of one server."""

    store: Store
    options: Options

    def find(self, key: str) -> Row | None:
        """Give a running upload; one that was idle for too long is forgotten here."""
        row = self.store.row("SELECT * FROM uploads WHERE id = ?", key)
        if row is not None and time.time() - row["touched"] > self.options.expiry:
            self.forget(key)
            return None
        return row

    def get(self, key: str) -> Row:
        row = self.find(key)
        if row is None:
            raise unknown_upload(key)
        return row

    def all(self) -> list[Row]:
        keys = [row["id"] for row in self.store.rows("SELECT id FROM uploads ORDER BY created")]
        return [row for row in map(self.find, keys) if row is not None]

    def add(self, reservation: Reservation, uploader: str) -> None:
        now = time.time()
        document = json.dumps(reservation.document)
        self.store.run(
            "INSERT OR IGNORE INTO uploads VALUES (?,?,?,?,?,?,?,?,?,?)",
            *(reservation.id, reservation.domain, reservation.dataset, uploader),
            *(reservation.count, reservation.size, json.dumps(reservation.paths), document),
            *(now, now),
        )

    def forget(self, key: str) -> None:
        """Drop all that is known of an upload, and its files."""
        for table in ("files", "chunks"):
            self.store.run(f"DELETE FROM {table} WHERE upload = ?", key)  # noqa: S608 -- our names
        self.store.run("DELETE FROM uploads WHERE id = ?", key)
        shutil.rmtree(self.folder(key), ignore_errors=True)

    def folder(self, key: str) -> Path:
        """Where the files of an upload grow; the name cannot leave the store."""
        return self.store.uploading / ("upload_" + quote(key, safe=""))

    def record(self, key: str, path: str, number: int, total: int) -> bool:
        """Record a chunk before its bytes are written; tell whether it is a new one.

        The first chunk of a path freezes how many chunks the path has.
        """
        with self.store.transaction():
            self.store.run("INSERT OR IGNORE INTO files VALUES (?,?,?)", key, path, total)
            self.store.run("UPDATE uploads SET touched = ? WHERE id = ?", time.time(), key)
            sql = "INSERT OR IGNORE INTO chunks VALUES (?,?,?)"
            return self.store.run(sql, key, path, number) == 1

    def unrecord(self, key: str, path: str, number: int) -> None:
        sql = "DELETE FROM chunks WHERE upload = ? AND path = ? AND number = ?"
        self.store.run(sql, key, path, number)

    def has(self, key: str, path: str, number: int) -> bool:
        sql = "SELECT 1 FROM chunks WHERE upload = ? AND path = ? AND number = ?"
        return self.store.row(sql, key, path, number) is not None

    def check_complete(self, upload: Row) -> None:
        """Refuse an upload of which a file or a chunk has not come; nothing is lost by it."""
        files = self.store.rows("SELECT * FROM files WHERE upload = ?", upload["id"])
        if len(files) != upload["count"]:
            raise refusal("Reserved file count does not match file names length.")
        sql = "SELECT path, count(*) AS got FROM chunks WHERE upload = ? GROUP BY path"
        got = {row["path"]: row["got"] for row in self.store.rows(sql, upload["id"])}
        for file in files:
            path, expected = file["path"], file["chunks"]
            if got.get(path, 0) != expected:
                raise refusal(
                    f"Chunks missing for uploaded file {path}: "
                    f"expected {expected}, got {got.get(path, 0)}."
                )
