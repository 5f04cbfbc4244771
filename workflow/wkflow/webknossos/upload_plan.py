"""What is to be sent, where to and how: drawn while the rules are read, read by the upload's jobs.

A batch is what one `upload_shards` job sends: the files of one receipt.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from wkflow import json_document
from wkflow.run_folder import UPLOAD, receipt_name


@dataclass(frozen=True, slots=True)
class UploadPlan:
    """One dataset on its way to a server.

    `at_once` batches of a dataset that exists are sent at once, each through `connections`.
    `notes` are what a person should read. `batches` are names of receipts below `receipts/`;
    `extras` are the files, relative to the dataset, that go when all batches have gone, the last of
    them last. `file_count` is what the server is told beforehand, `byte_bound` what the files will
    never exceed together. `recipe` changes when the files, the name or the place does. `attempt`
    and `upload_id` say how often the server was asked and under what name it knows the upload.
    `insecure` lets the token travel over plain http. `details` are what the dataset says of itself
    there (`DatasetDetails`); the recipe does not know them. `adds_to` is the address of the dataset
    there that gets the layers, `links` says that instead a new one has them and links its layers.
    """

    dataset: str
    name: str
    url: str
    folder: str | None
    transfer_mode: str
    verify: str
    ca_bundle: str | None
    connections: int
    discard: bool
    batches: tuple[str, ...]
    extras: tuple[str, ...]
    file_count: int
    byte_bound: int
    recipe: str
    at_once: int = 1
    notes: tuple[str, ...] = ()
    attempt: int = 1
    upload_id: str = ""
    insecure: bool = False
    details: dict[str, Any] = field(default_factory=dict)
    adds_to: str = ""
    links: bool = False

    @property
    def composes(self) -> bool:
        """Whether another dataset gets the layers of this one."""
        return bool(self.adds_to) and not self.links

    @property
    def reservation(self) -> str:
        """The receipt that says what the server granted, below the run folder."""
        return receipt_name(f"reserve_upload/{self.attempt}")

    def state(self, run_folder: Path) -> Path:
        """Give the folder of what is known of this attempt."""
        return run_folder / UPLOAD / str(self.attempt)

    def write(self, path: Path) -> None:
        """Write it as JSON, whole or not at all."""
        json_document.write(path, self, indent=None)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read what `write` wrote.

        Raises
        ------
        ConfigError
            If the file is none of this version.
        """
        return json_document.read_own(cls, path, called="delivery", remedy="Remove it.")
