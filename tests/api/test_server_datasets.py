"""The datasets of a server, from Python."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import wkflow

from tests.standin.sender import Sender, source
from tests.standin.server import Standin, standin_in


@pytest.fixture
def standin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    """Run a server with one dataset that is whole and one that is not."""
    monkeypatch.delenv("WK_TOKEN", raising=False)
    with standin_in(tmp_path / "server") as running:
        done = Sender(running, 16)
        done.reserve(1, size=None)
        assert done.send("datasource-properties.json", source(mags=[])).status_code == 200
        assert done.finish().status_code == 200
        Sender(running, 16).reserve(1, size=None)
        yield running


def test_datasets_are_listed_and_deleted(standin: Standin, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token is a keyword, or in the environment as the address is."""
    given = {"webknossos_url": standin.url, "token": standin.token}
    states = {one.state: one for one in wkflow.list_datasets(**given)}
    assert set(states) == {"usable", "Not yet fully uploaded."}
    with pytest.raises(wkflow.ConfigError, match="complete and usable") as caught:
        wkflow.delete_dataset(states["usable"].url, token=standin.token)
    assert "usable=True" in caught.value.remedy
    wkflow.delete_dataset(states["Not yet fully uploaded."].url, token=standin.token)
    monkeypatch.setenv("WK_URL", standin.url)
    monkeypatch.setenv("WK_TOKEN", standin.token)
    assert wkflow.list_datasets("sample_organization", sizes=True)[0].bytes == 0
    wkflow.delete_dataset(states["usable"].url, usable=True)
    assert wkflow.list_datasets() == []
    with pytest.raises(wkflow.ServerError, match="has no folder"):
        wkflow.list_datasets("nowhere")
