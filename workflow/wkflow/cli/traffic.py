"""How many bytes a run has sent, out of how many: for the bar."""

import json
from pathlib import Path

from wkflow.errors import ConfigError
from wkflow.run_folder import DELIVERY, PROGRESS, RunFolder
from wkflow.webknossos.upload_plan import UploadPlan

SENT = "upload_shards"


class Traffic:
    """Watches the receipts and progress files of an upload."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._delivery: UploadPlan | None = None
        self._stamp = 0
        self._sizes: dict[str, tuple[int, int]] = {}

    def measure(self) -> tuple[int, int]:
        """Give the bytes that the server has, and those that are ready to be sent or were."""
        if not self._read():
            return 0, 0
        done = ready = 0
        for batch in self._delivery.batches if self._delivery else ():
            size = self._size(batch)
            ready += size
            if RunFolder(self._folder).receipt(f"{SENT}/{batch}").exists():
                done += size
            elif size:
                done += min(size, self._told(batch))
        return done, ready

    def _read(self) -> bool:
        """Read the delivery when it is there, and again when it is replaced."""
        try:
            stamp = (self._folder / DELIVERY).stat().st_mtime_ns
            if stamp != self._stamp:
                self._delivery = UploadPlan.read(self._folder / DELIVERY)
                self._stamp = stamp
        except (OSError, ConfigError):
            return False
        return True

    def _size(self, batch: str) -> int:
        """Sum the files of a batch whose receipt is there; each receipt is read once."""
        path = RunFolder(self._folder).receipt(batch)
        try:
            stamp = path.stat().st_mtime_ns
            if self._sizes.get(batch, (0, 0))[0] != stamp:
                files = json.loads(path.read_bytes())["files"]
                self._sizes[batch] = stamp, sum(file["bytes"] for file in files)
        except (OSError, ValueError):
            return 0
        return self._sizes[batch][1]

    def _told(self, batch: str) -> int:
        try:
            return int((self._folder / PROGRESS / SENT / f"{batch}.txt").read_text())
        except (OSError, ValueError):
            return 0
