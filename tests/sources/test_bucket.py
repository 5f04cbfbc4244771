"""S3 and Google, asked through their own libraries, over a server that speaks as they do."""

import io
import sys

import pytest
from wkflow.errors import SourceError, TransientError
from wkflow.network.retry import RetryPolicy
from wkflow.sources import bucket
from wkflow.sources.bucket import Bucket

from tests.sources.buckets import Buckets

HASTY = RetryPolicy(3, silence_s=2, sleep=lambda _: None)
SCHEMES = ["s3", "gs"]

pytestmark = pytest.mark.parametrize("scheme", SCHEMES)


@pytest.fixture
def filled(buckets: Buckets) -> Buckets:
    buckets.objects = {
        "lab/em/": b"",
        **{f"lab/em/s {i}.tif": bytes([i]) * 100 for i in range(5)},
        "lab/em/deep/t.tif": b"deep",
        "lab/em2/u.tif": b"another",
        "lab/em.tif": b"beside" * 10,
    }
    return buckets


def listed(url: str) -> list[tuple[str, tuple[int, int]]]:
    with Bucket(url, HASTY) as one:
        return one.list(url)


def downloaded(url: str) -> bytes:
    file = io.BytesIO()
    with Bucket(url, HASTY) as one:
        one.download(url, file)
    return file.getvalue()


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_prefix_ends_at_a_slash(filled: Buckets, scheme: str, slash: str) -> None:
    """Objects over several pages are listed; folders that console pages make are none."""
    found = listed(f"{scheme}://lab/em{slash}")
    names = ["deep/t.tif", *(f"s {i}.tif" for i in range(5))]
    assert [url for url, _ in found] == [f"{scheme}://lab/em/{name}" for name in names]
    assert [size for _, (size, _) in found] == [4, *[100] * 5]
    assert len(filled.asked) > 2


def test_one_object_is_listed_as_it_is_looked_at(filled: Buckets, scheme: str) -> None:
    """Its mark changes with its content, not with its size only."""
    url = f"{scheme}://lab/em.tif"
    with Bucket(url, HASTY) as one:
        ((found, mark),) = one.list(url)
        assert (found, mark) == (url, one.look(url))
        filled.objects["lab/em.tif"] = b"beside" * 9 + b"changed"[:6]
        assert one.look(url) != mark


def test_large_objects_come_in_parts(
    filled: Buckets, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cut line and a server in trouble cost one part."""
    monkeypatch.setattr(bucket, "PART_BYTES", 25)
    filled.objects["lab/em.tif"] = bytes(range(110))
    assert downloaded(f"{scheme}://lab/em.tif") == bytes(range(110))
    filled.asked.clear()
    filled.faults = [503]
    assert downloaded(f"{scheme}://lab/em.tif") == bytes(range(110))


def test_an_object_cut_in_the_middle_is_asked_again(filled: Buckets, scheme: str) -> None:
    """Half a body is never taken for the whole."""
    heads = 1 if scheme == "gs" else 2
    filled.objects["lab/em.tif"] = bytes(range(200))
    filled.faults = [*[""] * heads, "cut", "cut"]
    assert downloaded(f"{scheme}://lab/em.tif") == bytes(range(200))


@pytest.mark.parametrize("path", ["lab/nothing", "lab/nothing.tif", "nobody/em"])
def test_what_is_not_there_is_said(filled: Buckets, scheme: str, path: str) -> None:
    """Buckets, prefixes and objects alike."""
    assert filled.objects
    with pytest.raises(SourceError, match="is not there"):
        listed(f"{scheme}://{path}")
    with pytest.raises(SourceError, match="is not there"):
        downloaded(f"{scheme}://{path}")


def test_who_may_not_is_told_how(
    filled: Buckets, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without credentials nobody asks, and nothing is signed."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert len(listed(f"{scheme}://lab/em")) == 6
    assert not any(is_signed for _, _, is_signed in filled.asked)
    filled.is_locked = True
    with pytest.raises(SourceError, match="no credentials were found"):
        listed(f"{scheme}://lab/em")


def test_a_library_that_is_missing_is_named(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that brings it."""
    monkeypatch.setitem(sys.modules, {"s3": "s3fs", "gs": "gcsfs"}[scheme], None)
    with pytest.raises(SourceError, match="not installed") as caught:
        Bucket(f"{scheme}://lab/em", HASTY)
    assert f"pip install 'wkflow[{scheme}]'" in caught.value.remedy


def test_credentials_of_the_environment_sign(filled: Buckets, scheme: str) -> None:
    """Those of S3; the emulator of Google knows nobody."""
    filled.is_locked = scheme == "s3"
    listed(f"{scheme}://lab/em")
    assert all(is_signed == (scheme == "s3") for _, _, is_signed in filled.asked)


def test_a_server_in_trouble_ends_patience(filled: Buckets, scheme: str) -> None:
    """S3 only: gcsfs pauses for half a minute before it gives up."""
    if scheme == "s3":
        filled.faults = [503] * 3
        with pytest.raises(TransientError, match="gave up after 3 tries"):
            listed("s3://lab/em")
