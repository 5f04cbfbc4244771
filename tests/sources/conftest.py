"""What the tests of origins share: nobody's credentials, and servers on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.buckets import Buckets
from tests.sources.website import Website, serving


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide whatever logins the machine has, and keep loopback out of any proxy."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE",
                 "GOOGLE_APPLICATION_CREDENTIALS", "NETRC"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Website]:
    """Serve a folder that holds two slices and, below it, a third one."""
    folder = tmp_path / "www"
    (folder / "em" / "deep").mkdir(parents=True)
    (folder / "em" / "a 1.tif").write_bytes(b"first" * 1000)
    (folder / "em" / "b.tif").write_bytes(b"second" * 500_000)
    (folder / "em" / "deep" / "c.tif").write_bytes(b"third")
    with serving(Website(folder)) as site:
        yield site


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Buckets]:
    """Speak S3's and Google's protocols; the server holds nothing yet."""
    with serving(Buckets()) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "us")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        yield server
