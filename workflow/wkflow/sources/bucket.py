"""Files in a bucket of S3 or Google Cloud Storage, or of a server that speaks as they do.

Who asks is found as their own tools find it: `AWS_*` and `~/.aws`, `GOOGLE_APPLICATION_CREDENTIALS`
and gcloud's login; where there is nothing, nobody asks, which public buckets allow.
`AWS_ENDPOINT_URL` and `STORAGE_EMULATOR_HOST` name other servers.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Self, TypeVar

from wkflow.errors import SourceError
from wkflow.network.network_errors import RetryableError
from wkflow.network.retry import RetryPolicy
from wkflow.network.urls import S3, scheme_of, shown
from wkflow.sources.fingerprint import Mark, number_of

Result = TypeVar("Result")

PART_BYTES = 2**23
"""Of a file that is asked for at once: a failure costs no more."""

ONCE = 1


class Bucket:
    """Reads the buckets of one kind of server; any thread may use it."""

    def __init__(self, url: str, policy: RetryPolicy) -> None:
        self._scheme = scheme_of(url)
        kind = _S3 if self._scheme in S3 else _Google
        self._policy = replace(policy, tries=min(policy.tries, kind.most_tries))
        with _translated(url, kind.foreign()):
            self._files, self._is_known = kind.connect(policy.silence_s)
        self._foreign = kind.foreign()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        """Leave the connections to the library, which closes them when they are forgotten."""

    def list(self, url: str) -> list[tuple[str, Mark]]:
        """List the objects below a prefix that ends at a slash, or give the one object."""
        path = self._files._strip_protocol(url).rstrip("/")  # noqa: SLF001 -- fsspec's name for it
        found = self._ask(url, lambda: self._files.find(path, detail=True))
        listed = [
            (f"{self._scheme}://{name}", _mark(entry))
            for name, entry in found.items()
            if entry["type"] == "file" and not name.endswith("/")
            and (name == path or name.startswith(f"{path}/"))
        ]  # fmt: skip
        if not listed:
            raise SourceError("is not there, or holds nothing", shown(url), _GONE)
        return sorted(listed)

    def look(self, url: str) -> Mark:
        """Give the mark of an object."""
        return _mark(self._ask(url, lambda: self._files.info(url)))

    def download(self, url: str, file: IO[bytes]) -> None:
        """Write an object part by part; if it is replaced meanwhile, begin anew."""
        self._policy.repeat(shown(url), lambda: self._get(url, file))

    def _get(self, url: str, file: IO[bytes]) -> None:
        mark = self.look(url)
        size = mark[0]
        file.seek(0)
        file.truncate()
        while (at := file.tell()) < size:
            end = min(at + PART_BYTES, size)
            file.write(self._ask(url, lambda at=at, end=end: self._part(url, at, end)))  # type: ignore[misc]
        if size > PART_BYTES and self.look(url) != mark:
            raise RetryableError("was replaced while it was read")

    def _part(self, url: str, begin: int, end: int) -> bytes:
        part: bytes = self._files.cat_file(url, start=begin, end=end)
        if len(part) != end - begin:
            raise RetryableError("came cut short")
        return part

    def _ask(self, url: str, question: Callable[[], Result]) -> Result:
        def once() -> Result:
            with _translated(url, self._foreign, is_known=self._is_known):
                return question()

        return self._policy.repeat(shown(url), once)


class _S3:
    most_tries = 100

    @staticmethod
    def connect(silence_s: float) -> tuple[Any, bool]:
        """Give the file system, and whether it has credentials."""
        core = _library("s3fs", "s3")
        session = import_module("botocore.session").get_session()
        is_known = session.get_credentials() is not None
        config = {"read_timeout": silence_s, "retries": {"total_max_attempts": ONCE}}
        files = core.S3FileSystem(
            anon=not is_known, config_kwargs=config, use_listings_cache=False,
            skip_instance_cache=True,
        )  # fmt: skip
        files.retries = ONCE  # the retries are ours
        return files, is_known

    @staticmethod
    def foreign() -> tuple[type[Exception], ...]:
        _library("s3fs", "s3")
        return (import_module("botocore.exceptions").BotoCoreError, *_foreign_of_all())


class _Google:
    most_tries = 2  # of gcsfs's own, which are six with half a minute between them

    @staticmethod
    def connect(silence_s: float) -> tuple[Any, bool]:
        """Give the file system, and whether it has credentials."""
        _library("gcsfs", "gs")
        core = import_module("gcsfs.core")  # the other one asks by gRPC first, for minutes
        logging.getLogger("gcsfs").setLevel(logging.CRITICAL)  # it prints what it raises
        files = core.GCSFileSystem(
            token=_google_token(), timeout=silence_s, use_listings_cache=False,
            skip_instance_cache=True, session_kwargs={"trust_env": True},  # proxies
        )  # fmt: skip
        return files, files.credentials.credentials is not None

    @staticmethod
    def foreign() -> tuple[type[Exception], ...]:
        _library("gcsfs", "gs")
        auth = import_module("google.auth.exceptions").GoogleAuthError
        return (auth, import_module("gcsfs.retry").HttpError, *_foreign_of_all())


def _google_token() -> str | None:
    """Say how gcsfs finds out who asks: None lets it look for a login of the machine itself."""
    if "GOOGLE_APPLICATION_CREDENTIALS" in os.environ:
        return "google_default"
    if os.environ.get("STORAGE_EMULATOR_HOST"):
        return "anon"
    login = Path("~/.config/gcloud/application_default_credentials.json").expanduser()
    return "google_default" if login.exists() else None


def _library(name: str, extra: str) -> Any:  # noqa: ANN401 -- a module without types
    try:
        return import_module(name)
    except ImportError as lack:
        raise SourceError(
            f"needs a library that is not installed ({lack.name})",
            f"{extra}://", f"pip install 'wkflow[{extra}]'",
        ) from None  # fmt: skip


def _foreign_of_all() -> tuple[type[Exception], ...]:
    client = import_module("aiohttp").ClientError
    request = import_module("requests").RequestException
    return (client, request, OSError, ValueError, RuntimeError)


def _mark(entry: dict[str, Any]) -> Mark:
    """Make the mark of an object: its size, and a number for what tells its content."""
    tag = entry.get("ETag") or entry.get("crc32c") or entry.get("etag") or ""
    return int(entry["size"] or 0), number_of(str(tag))


_GONE = "Check the URL and its capital letters."
_OPEN = (
    "Check who may read it; who asks is found in AWS_ACCESS_KEY_ID and ~/.aws, or in "
    "GOOGLE_APPLICATION_CREDENTIALS."
)


@contextmanager
def _translated(
    url: str, foreign: tuple[type[Exception], ...], *, is_known: bool = True
) -> Iterator[None]:
    """Turn what fsspec and the libraries below it raise into a RetryableError or an error."""
    try:
        yield
    except foreign as error:
        raise _understand(url, error, is_known=is_known) from error


def _understand(url: str, error: Exception, *, is_known: bool) -> SourceError | RetryableError:
    kind, code = type(error).__name__, getattr(error, "code", None)
    if isinstance(error, FileNotFoundError) or code == 404:
        return SourceError("is not there", shown(url), _GONE)
    is_forbidden = isinstance(error, PermissionError) or str(error).startswith("Forbidden")
    if is_forbidden or code in {401, 403} or kind in _UNKNOWN:
        asking = "" if is_known else ": no credentials were found"
        return SourceError(f"may not be read{asking}", shown(url), _OPEN)
    if isinstance(error, ValueError) or kind in _HOPELESS:
        return SourceError(f"cannot be read: {_words(error)}", shown(url), _GONE)
    return RetryableError(_CAUSES.get(kind, f"the server has trouble ({_words(error)})"))


_UNKNOWN = frozenset({
    "NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError",
    "DefaultCredentialsError", "RefreshError", "TokenRetrievalError",
})  # fmt: skip
_HOPELESS = frozenset({"ParamValidationError", "InvalidRegionError", "ProfileNotFound"})
_CAUSES = {
    "EndpointConnectionError": "no connection came about",
    "ConnectTimeoutError": "no connection came about in time",
    "ReadTimeoutError": "no answer came in time",
    "FSTimeoutError": "no answer came in time",
    "ClientPayloadError": "came cut short",
}


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:120].partition("?")[0] or type(error).__name__
