"""What differs between the versions 13 to 16 of the HTTP interface.

Version 14 moved uploads to routes of their own with other bodies; version 16 lists datasets
without being asked for the compact form. Chunks of version 13 go to a route without a version.
Of the datastore only 13, 14 and 15 are spoken: a server of 16 answers to 15 as the official
client speaks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import quote

from wkflow.errors import ServerError

OLDEST, NEWEST = 13, 16
NEWEST_DATASTORE = 15
FIRST_WITH_MAGS = 14


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the server is told before an upload.

    `total_bytes` is an upper bound, or None to promise none; `folder_id` None stands for the
    root folder. `links` are layers of other datasets that the new one has as well: `datasetId` and
    `layerName` of each.
    """

    upload_id: str
    name: str
    organization: str
    file_count: int
    total_bytes: int | None = None
    folder_id: str | None = None
    links: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NewMag:
    """A mag that a layer on the server is to get.

    `factors` are those of x, y, z. `axis_order` says which axis of the array is c, x, y and z;
    `channel_index` is the first channel that belongs to the layer.
    """

    dataset_id: str
    layer: str
    factors: tuple[int, int, int]
    axis_order: Mapping[str, int]
    channel_index: int | None = 0

    def properties(self) -> dict[str, object]:
        """Describe it as the server's bodies do."""
        return {
            "mag": list(self.factors),
            "axisOrder": dict(self.axis_order),
            "channelIndex": self.channel_index,
        }


@dataclass(frozen=True, slots=True)
class Dialect:
    """Paths, query fields and bodies of one version; paths go behind the service's URL.

    `domain` is what uploads are of: a "dataset", or a "mag" of one that is there.
    """

    version: int
    domain: str = "dataset"

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
        return self._uploads_of(self.domain)

    def _uploads_of(self, domain: str) -> str:
        if self._is_first:
            return f"{self.data}/datasets"
        return f"{self.data}/datasets/upload/{domain}"

    def of_mags(self, where: str) -> Self:
        """Give the dialect in which mags are sent to datasets that are there.

        Raises
        ------
        ServerError
            If the version has none.
        """
        if self.version < FIRST_WITH_MAGS:
            raise ServerError(
                f"mags can only be sent to servers of API {FIRST_WITH_MAGS} and up, this one "
                f"speaks {self.version}",
                where,
                "Give --transfer-mode copy, move+symlink or symlink if its storage is mounted "
                "here; or download the dataset, downsample and upload it.",
            )
        return replace(self, domain="mag")

    def proxy(self, dataset_id: str) -> str:
        """Where the datastore gives a dataset's files as they are."""
        return f"{self.data}/datasets/{quote(dataset_id, safe='')}/proxy"

    def zarr(self, dataset_id: str) -> str:
        """Where the datastore gives a dataset as arrays of Zarr version 2."""
        return f"{self.data}/zarr/{quote(dataset_id, safe='')}"

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
        """Where uploads of datasets are listed; there is no list of mags."""
        return f"{self._uploads_of('dataset')}/unfinishedUploads"

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
        rest: dict[str, object] = {
            "layersToLink": list(map(dict, announced.links)),
            "folderId": announced.folder_id,
        }
        name, organization = announced.name, announced.organization
        if self._is_first:
            names = {"name": name, "organization": organization, "initialTeams": []}
            return {**numbers, **names, **rest}
        names = {"datasetName": name, "organizationId": organization, "initialTeamIds": []}
        return {"resumableUploadInfo": numbers, **names, **rest}

    def reserve_mag_body(
        self, upload_id: str, mag: NewMag, file_count: int, total_bytes: int | None
    ) -> dict[str, object]:
        """Give the JSON body of `reserve` for a mag; one that is pending yields to it."""
        numbers: dict[str, object] = {"uploadId": upload_id, "totalFileCount": file_count}
        if total_bytes is not None:
            numbers["totalFileSizeInBytes"] = total_bytes
        return {
            "resumableUploadInfo": numbers,
            "datasetId": mag.dataset_id,
            "layerName": mag.layer,
            "mag": mag.properties(),
            "overwritePending": True,
        }

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

    def catalog_params(self, organization: str, folder_id: str = "") -> Mapping[str, str]:
        """Give the query that lists all datasets, or those of one folder, in the compact form."""
        query = {"organizationId": organization}
        query |= {"folderId": folder_id} if folder_id else {}
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
