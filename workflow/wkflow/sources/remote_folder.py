"""What lies behind a URL: its files, and what tells that one was replaced."""

from contextlib import AbstractContextManager
from typing import IO, Protocol, Self
from urllib.parse import urlsplit

from wkflow.errors import SourceError
from wkflow.network.retry import SOURCE_RETRIES, RetryPolicy
from wkflow.network.urls import WEB, is_url, require_readable, scheme_of, shown
from wkflow.sources.fingerprint import Mark
from wkflow.sources.http import Web

THREADS = 8


class Origin(AbstractContextManager["Origin"], Protocol):
    """A kind of server; any thread may use it until its end."""

    def __enter__(self) -> Self: ...

    def list(self, url: str) -> list[tuple[str, Mark]]:
        """List the files below a folder, or give the one file."""

    def look(self, url: str) -> Mark:
        """Give the mark of a file."""

    def download(self, url: str, file: IO[bytes]) -> None:
        """Write all bytes of a file, or raise."""


def origin_of(url: str, *, threads: int = THREADS, policy: RetryPolicy = SOURCE_RETRIES) -> Origin:
    """Give what reads the servers of a URL's scheme.

    Raises
    ------
    SourceError
        If there is none, if its library is not installed, or if the URL holds a password.
    """
    if not is_url(url):
        raise SourceError("is no URL", url, "Write it like https://host/folder or s3://bucket/em.")
    require_readable(url)
    if scheme_of(url) not in WEB:
        from wkflow.sources.bucket import Bucket  # noqa: PLC0415 -- its libraries start slowly

        return Bucket(url, policy)
    if "@" in urlsplit(url).netloc:
        raise SourceError(
            "holds a user or a password, which would be written down in the plan", shown(url),
            "Leave it out, and put `machine HOST login USER password SECRET` into ~/.netrc.",
        )  # fmt: skip
    return Web(policy, threads)


def list_files(url: str, *, policy: RetryPolicy = SOURCE_RETRIES) -> list[tuple[str, Mark]]:
    """List all files below a remote folder, in the order of their names, or the one file.

    Each comes with its mark, which changes if the file is replaced. The query of a single file
    stays in its URL; files that a web server lists have none.

    Raises
    ------
    SourceError
        If there is nothing, or it may not be read.
    TransientError
        If the server cannot be reached.
    """
    with origin_of(url, policy=policy) as origin:
        return origin.list(url)
