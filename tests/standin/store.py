"""What the stand-in remembers: a database and a tree of files that outlive its process."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = sqlite3.Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
  id TEXT PRIMARY KEY, email TEXT, first TEXT, last TEXT, token TEXT UNIQUE,
  admin INTEGER, manager INTEGER);
CREATE TABLE IF NOT EXISTS folders (
  id TEXT PRIMARY KEY, name TEXT, parent TEXT, editable INTEGER);
CREATE TABLE IF NOT EXISTS datasets (
  id TEXT PRIMARY KEY, name TEXT, directory TEXT, folder TEXT, status TEXT, source TEXT,
  created INTEGER, uploader TEXT, virtual INTEGER, public INTEGER, sharing TEXT,
  datastore TEXT DEFAULT 'localhost', used INTEGER DEFAULT 0, extra TEXT DEFAULT '{}');
CREATE TABLE IF NOT EXISTS pending (
  dataset TEXT, layer TEXT, mag TEXT, path TEXT, document TEXT,
  PRIMARY KEY (dataset, layer, mag));
CREATE TABLE IF NOT EXISTS uploads (
  id TEXT PRIMARY KEY, domain TEXT, dataset TEXT, uploader TEXT, count INTEGER, bytes INTEGER,
  paths TEXT, document TEXT, created REAL, touched REAL);
CREATE TABLE IF NOT EXISTS files (
  upload TEXT, path TEXT, chunks INTEGER, PRIMARY KEY (upload, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunks (
  upload TEXT, path TEXT, number INTEGER, PRIMARY KEY (upload, path, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS links (key TEXT PRIMARY KEY, target TEXT);
"""


class Store:
    """Tables and files in one folder.

    Examples
    --------
    >>> import tempfile
    >>> store = Store(Path(tempfile.mkdtemp()))
    >>> store.run("INSERT INTO links VALUES (?, ?)", "k", "http://host/datasets/x")
    1
    >>> store.row("SELECT target FROM links WHERE key = ?", "k")["target"]
    'http://host/datasets/x'
    >>> store.close()
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        for place in (self.uploading, self.spool, self.data):
            place.mkdir(parents=True, exist_ok=True)
        for leftover in self.spool.iterdir():
            leftover.unlink()
        self._lock = threading.RLock()
        database = self.folder / "standin.sqlite"
        self._db = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        self._db.row_factory = Row
        # a killed process loses nothing that it committed; only the machine's end would
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + SCHEMA)

    @property
    def uploading(self) -> Path:
        """Where the files of unfinished uploads grow."""
        return self.folder / "uploading"

    @property
    def spool(self) -> Path:
        """Where the bytes of a chunk wait until all of them are there."""
        return self.folder / "spool"

    @property
    def data(self) -> Path:
        """Where finished datasets are."""
        return self.folder / "data"

    def close(self) -> None:
        self._db.close()

    def rows(self, sql: str, *values: Any) -> list[Row]:  # noqa: ANN401 -- what SQL takes
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> Row | None:  # noqa: ANN401 -- what SQL takes
        found = self.rows(sql, *values)
        return found[0] if found else None

    def run(self, sql: str, *values: Any) -> int:  # noqa: ANN401 -- what SQL takes
        """Change something; give how many rows were changed."""
        with self._lock:
            return self._db.execute(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let all changes of a block happen at once, or none."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
