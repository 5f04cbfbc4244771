"""What differs between the versions 13 to 16 of the HTTP interface.

Version 14 moved uploads to routes of their own with other bodies; version 16 lists datasets
without being asked for the compact form. Chunks of version 13 go to a route without a version.
Of the datastore only 13, 14 and 15 are spoken: a server of 16 answers to 15 as the official
client speaks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from wkflow.errors import ServerError

OLDEST, NEWEST = 13, 16
NEWEST_DATASTORE = 15


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the server is told before an upload.

    `total_bytes` is an upper bound, or None to promise none; `folder_id` None stands for the
    root folder.
    """

    upload_id: str
    name: str
    organization: str
    file_count: int
    total_bytes: int | None = None
    folder_id: str | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """Paths, query fields and bodies of one version; paths go behind the service's URL."""

    version: int

    @property
    def wk(self) -> str:
        return f"/api/v{self.version}"

    @property
    def data(self) -> str:
        return f"/data/v{min(self.version, NEWEST_DATASTORE)}"

    @property
    def _is_first(self) -> bool:
        return self.version < 14

    @property
    def _uploads(self) -> str:
        return f"{self.data}/datasets" if self._is_first else f"{self.data}/datasets/upload/dataset"

    @property
    def chunks(self) -> str:
        """Where chunks are sent to."""
        return "/data/datasets" if self._is_first else self._uploads

    @property
    def chunk_test(self) -> str:
        """Where is asked for chunks: 200 it is there, 204 it is not, 400 no such upload."""
        return self._uploads

    @property
    def reserve(self) -> str:
        return f"{self._uploads}/reserveUpload"

    @property
    def finish(self) -> str:
        return f"{self._uploads}/finishUpload"

    @property
    def cancel(self) -> str:
        return f"{self.chunks}/cancelUpload"

    @property
    def unfinished(self) -> str:
        return f"{self._uploads}/unfinishedUploads"

    @property
    def finished_key(self) -> str:
        """Names the dataset's id in the answer to `finish`."""
        return "newDatasetId" if self._is_first else "datasetId"

    def reserve_body(self, announced: Announcement) -> dict[str, object]:
        """Give the JSON body of `reserve`."""
        numbers: dict[str, object] = {
            "uploadId": announced.upload_id,
            "totalFileCount": announced.file_count,
        }
        if announced.total_bytes is not None:
            numbers["totalFileSizeInBytes"] = announced.total_bytes
        rest: dict[str, object] = {"layersToLink": [], "folderId": announced.folder_id}
        name, organization = announced.name, announced.organization
        if self._is_first:
            names = {"name": name, "organization": organization, "initialTeams": []}
            return {**numbers, **names, **rest}
        names = {"datasetName": name, "organizationId": organization, "initialTeamIds": []}
        return {"resumableUploadInfo": numbers, **names, **rest}

    def finish_params(self, upload_id: str) -> dict[str, str]:
        return {} if self._is_first else {"uploadId": upload_id}

    def finish_body(self, upload_id: str) -> dict[str, str] | None:
        return {"uploadId": upload_id} if self._is_first else None

    def cancel_params(self, upload_id: str) -> dict[str, str]:
        """Give the query of `cancel`; its body is the same object in every version."""
        return self.finish_params(upload_id)

    def chunk_names(self, name: str, organization: str) -> dict[str, str]:
        """Give the fields of a chunk that only version 13 has."""
        return {"owningOrganization": organization, "name": name} if self._is_first else {}

    def list_params(self, name: str, organization: str) -> Mapping[str, str]:
        """Give the query that lists active datasets, in their compact form."""
        query = {"isActive": "true", "organizationId": organization, "searchQuery": name}
        return query if self.version >= 16 else {**query, "compact": "true"}


def negotiate(oldest: int, current: int, where: str = "WEBKNOSSOS") -> Dialect:
    """Choose the newest version that the server and this program have in common.

    Raises
    ------
    ServerError
        If there is none.

    Examples
    --------
    >>> negotiate(5, 14).version, negotiate(10, 99).version
    (14, 16)
    """
    version = min(current, NEWEST)
    if version >= max(oldest, OLDEST):
        return Dialect(version)
    older = "The server is too old: ask for an update."
    newer = "This program is too old: install a newer wkflow."
    raise ServerError(
        f"speaks versions {oldest} to {current} of its interface, wkflow {OLDEST} to {NEWEST}",
        where,
        older if current < OLDEST else newer,
    )
