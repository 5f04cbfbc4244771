"""URLs of all kinds come to the right server."""

import pytest
from wkflow.errors import SourceError
from wkflow.sources.remote_folder import list_files

from tests.sources.buckets import Buckets
from tests.sources.website import Website


def test_every_scheme_is_listed(site: Website, buckets: Buckets) -> None:
    """The files of a source, whatever server it is on."""
    buckets.objects = {"lab/em/a.tif": b"voxels"}
    assert len(list_files(f"{site.url}/em")) == 3
    for scheme in ("s3", "gs", "gcs"):
        assert [url for url, _ in list_files(f"{scheme}://lab/em")] == [f"{scheme}://lab/em/a.tif"]


@pytest.mark.parametrize("url", ["http://me:pw@host/em", "https://pw@host/em"])
def test_passwords_do_not_come_into_the_plan(url: str) -> None:
    """They are refused, and not shown."""
    with pytest.raises(SourceError, match="netrc") as caught:
        list_files(url)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("text", ["/data/em", "ftp://host/em"])
def test_what_cannot_be_asked_is_refused(text: str) -> None:
    """A path has no server, and not every server is known."""
    with pytest.raises(SourceError):
        list_files(text)
