"""Files of a web server: listing them, and every way in which a download can go wrong."""

import io
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from wkflow.errors import SourceError, TransientError
from wkflow.network.retry import RetryPolicy
from wkflow.sources.http import Web

from tests.sources.website import Website

HASTY = RetryPolicy(4, silence_s=0.2, sleep=lambda _: None)


def downloaded(url: str, policy: RetryPolicy = HASTY) -> bytes:
    file = io.BytesIO()
    with Web(policy, 2) as web:
        web.download(url, file)
    return file.getvalue()


def listed(url: str) -> list[tuple[str, tuple[int, int]]]:
    with Web(HASTY, 2) as web:
        return web.list(url)


@pytest.mark.parametrize("path", ["em", "em/"])
def test_a_folder_is_listed_with_its_subfolders(site: Website, path: str) -> None:
    """Sizes and times are those of the files, from Python's own index pages."""
    third = site.folder / "em" / "deep" / "c.tif"
    os.utime(third, (1000, 2000))
    found = dict(listed(f"{site.url}/{path}"))
    assert list(found) == [f"{site.url}/em/{name}" for name in ("a%201.tif", "b.tif", "deep/c.tif")]
    assert found[f"{site.url}/em/deep/c.tif"] == (5, 2000 * 10**9)


def test_a_file_keeps_its_query(site: Website) -> None:
    """Of a signed link nothing is lost."""
    url = f"{site.url}/em/b.tif?X-Amz-Signature=secret"
    assert [found for found, _ in listed(url)] == [url]
    assert site.asked[0][1].endswith("?X-Amz-Signature=secret")


def test_a_server_may_refuse_head(site: Website) -> None:
    """Links signed for GET are asked for one byte; the size is that of the file all the same."""
    site.has_head = False
    ((_, (size, _)),) = listed(f"{site.url}/em/b.tif")
    assert size == 3_000_000
    assert downloaded(f"{site.url}/em/b.tif") == b"second" * 500_000


def test_a_mark_changes_with_the_file(site: Website) -> None:
    """Also if the size stays."""
    (before,) = listed(f"{site.url}/em/b.tif")
    os.utime(site.folder / "em" / "b.tif", (1000, 2000))
    (after,) = listed(f"{site.url}/em/b.tif")
    assert before != after


def test_what_is_listed_and_may_not_be_read_is_kept(site: Website) -> None:
    """It may be a slice: the error comes when it is wanted, not silence."""
    site.pages["/em/"] = '<a href="b.tif">b</a><a href="gone.tif">gone</a>'
    assert listed(f"{site.url}/em/")[1] == (f"{site.url}/em/gone.tif", (0, 0))


def test_folders_that_hold_themselves_are_refused(site: Website) -> None:
    """A server that follows links may have no end."""
    for depth in range(40):
        site.pages[f"/{'x/' * depth}"] = '<a href="x/">x</a>'
    with pytest.raises(SourceError, match="32 and more deep"):
        listed(f"{site.url}/")


@pytest.mark.parametrize("faults", [
    [503], [429, 500, 502], ["close"], ["cut"], ["cut", "cut", 503, "cut", "cut", "cut"], ["stall"],
    ["close", "stall", "cut"],
])  # fmt: skip
@pytest.mark.parametrize("has_ranges", [True, False])
def test_what_fails_for_now_is_repeated(
    site: Website, faults: list[int | str], *, has_ranges: bool
) -> None:
    """No byte is lost or doubled, whether the server can go on in the middle or not."""
    site.faults, site.has_ranges = list(faults[: None if has_ranges else 3]), has_ranges
    assert downloaded(f"{site.url}/em/b.tif") == b"second" * 500_000
    assert not site.faults


def test_a_broken_download_goes_on_where_it_broke(site: Website) -> None:
    """The second request asks for the second half."""
    site.faults = ["cut"]
    downloaded(f"{site.url}/em/b.tif")
    assert [ranges for _, _, ranges in site.asked] == ["", "bytes=1500000-"]


def test_a_file_that_is_replaced_meanwhile_is_read_anew(site: Website) -> None:
    """Two halves of two files are no file."""
    site.faults = ["swap"]
    assert downloaded(f"{site.url}/em/b.tif") == (b"second" * 500_000)[::-1]


@pytest.mark.parametrize("fault", [500, "close", "stall"])
def test_patience_ends(site: Website, fault: int | str) -> None:
    """Then the same command may be given later; the query is not shown."""
    site.faults = [fault] * 4
    with pytest.raises(TransientError, match="gave up after 4 tries") as caught:
        downloaded(f"{site.url}/em/b.tif?token=secret")
    assert caught.value.where == f"{site.url}/em/b.tif"


@pytest.mark.parametrize(("status", "words"), [
    (401, "asks for a user"), (403, "may not be read"), (404, "is not there"), (410, "any more"),
    (418, "is refused"),
])  # fmt: skip
def test_what_lasts_is_not_repeated(site: Website, status: int, words: str) -> None:
    """The error says what the server said, once, and shows no signature."""
    site.faults = [status]
    with pytest.raises(SourceError, match=words) as caught:
        downloaded(f"{site.url}/em/b.tif?sig=secret")
    assert len(site.asked) == 1
    assert f"HTTP {status}" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_expired_link_is_told_from_a_login(site: Website) -> None:
    """Who has a signed link needs a new one, others a password."""
    site.faults = [403, 403]
    with pytest.raises(SourceError, match="ask for a new one"):
        downloaded(f"{site.url}/em/b.tif?sig=secret")
    with pytest.raises(SourceError, match="netrc"):
        downloaded(f"{site.url}/em/b.tif")


def test_a_password_in_netrc_is_used(site: Website, tmp_path: Path) -> None:
    """As every tool does that is built on requests."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text("machine 127.0.0.1 login us password secret\n")
    (home / ".netrc").chmod(0o600)
    downloaded(f"{site.url}/em/b.tif")
    assert site.authorised == ["Basic dXM6c2VjcmV0"]


def test_what_is_stored_packed_stays_packed(site: Website) -> None:
    """Apache says of every .gz that it is an encoding; the name says what the file is."""
    site.headers = {"Content-Encoding": "x-gzip"}
    assert downloaded(f"{site.url}/em/b.tif") == b"second" * 500_000


def test_nobody_listens() -> None:
    """A port without a server is a setback, not a bug."""
    with pytest.raises(TransientError, match="refused"):
        downloaded("http://127.0.0.1:9/a.tif")


@pytest.mark.parametrize("url", ["http://127.0.0.1:port/a.tif", "http:///a.tif"])
def test_what_is_no_url_is_refused_at_once(url: str) -> None:
    """No pause helps there."""
    with pytest.raises(SourceError, match="is no URL"):
        downloaded(url)


def test_a_server_without_encryption_is_no_https(site: Website) -> None:
    """No pause helps there."""
    with pytest.raises(SourceError, match="speaks no TLS"):
        downloaded(f"{site.url}/em/b.tif".replace("http", "https"))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_certificates_are_verified(
    site: Website, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that nobody signed is refused, until the person names it."""
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    site.encrypt(certificate, key)
    url = f"{site.url}/em/b.tif".replace("http", "https")
    with pytest.raises(SourceError, match="cannot be trusted") as caught:
        downloaded(url)
    assert "REQUESTS_CA_BUNDLE" in caught.value.remedy
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate)
    assert downloaded(url) == b"second" * 500_000


def test_a_folder_that_is_not_listed_is_told_why(site: Website) -> None:
    """Many servers do not show what a folder holds."""
    with pytest.raises(SourceError, match="if the server lists its files"):
        listed(f"{site.url}/nothing/")
