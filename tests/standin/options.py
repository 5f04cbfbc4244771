"""What can be chosen when the stand-in is started."""

from dataclasses import dataclass

TWO_WEEKS = 14 * 24 * 3600
GIBIBYTE = 2**30


@dataclass(frozen=True)
class Options:
    """One server: the API it speaks, whom it belongs to, and what it allows.

    Attributes
    ----------
    api, oldest
        Current and oldest supported version of the HTTP API.
    quota
        Bytes that the organization may store; None is no limit.
    allows_upload
        Whether its one datastore takes uploads.
    allows_delete
        Whether it deletes datasets at all (`features.allowDeleteDatasets`).
    expiry
        Seconds without a chunk after which an upload is forgotten.
    max_body
        Longest body of a request; a longer one is answered 413.
    """

    api: int = 16
    oldest: int = 5
    organization: str = "sample_organization"
    root_folder: str = "sample_organization"
    quota: int | None = None
    allows_upload: bool = True
    allows_delete: bool = True
    expiry: float = TWO_WEEKS
    max_body: int = GIBIBYTE
    url: str = ""
    datastore_url: str = ""
