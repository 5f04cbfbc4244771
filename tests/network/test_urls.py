"""Which URLs are taken, and what of them is shown; doctests show the rest."""

import pytest
from wkflow.errors import SourceError
from wkflow.network.urls import file_name, folder_name, is_url, require_readable, shown

SIGNED = "https://me:pw@host/em/a.tif?X-Amz-Signature=secret&X-Amz-Credential=a/b#c"


@pytest.mark.parametrize("scheme", ["http", "https", "s3", "gs", "gcs", "HTTP"])
def test_known_schemes_are_read(scheme: str) -> None:
    """In any case of letters."""
    require_readable(f"{scheme}://host/em")


@pytest.mark.parametrize("url", ["ftp://me:pw@host/em", "file:///data", "hdfs://em?token=pw"])
def test_other_schemes_are_refused(url: str) -> None:
    """The error names those that are not; it shows no password."""
    with pytest.raises(SourceError, match="gs://") as caught:
        require_readable(url)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://wk.example/datasets/a", True),
        ("s3://bucket/a", True),
        ("file:///data/a", True),
        ("/data/a://b", False),
        ("data", False),
        ("C:/data", False),
        ("C://data", False),
        ("HTTPS://wk.example", True),
        ("", False),
    ],
)
def test_urls_are_told_from_paths(text: str, expected: bool) -> None:  # noqa: FBT001 -- a case
    """By how they begin."""
    assert is_url(text) == expected


def test_secrets_are_not_shown() -> None:
    """Neither of a signature nor of a password anything is left."""
    assert shown(SIGNED) == "https://host/em/a.tif"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (SIGNED, "a.tif"),
        ("https://h/a%2F..%2Fb.tif", "a_.._b.tif"),
        ("https://h/..", "file"),
        ("https://host", "file"),
        ("s3://b/a%20b.tif", "a%20b.tif"),
        ("https://h/" + "x" * 400 + ".nii.gz", "x" * 193 + ".nii.gz"),
    ],
)
def test_names_are_safe_and_keep_their_suffix(url: str, name: str) -> None:
    """No name leads out of its folder, or is too long for one."""
    assert file_name(url) == name


def test_a_link_that_was_signed_anew_is_the_same_file() -> None:
    """But another query that is no signature may be another file."""
    again = SIGNED.replace("secret", "another")
    assert folder_name(SIGNED) == folder_name(again)
    assert folder_name("https://h/get?id=1") != folder_name("https://h/get?id=2")
