"""What a server has of a row's dataset, before anything is sent."""

from pathlib import Path

import pytest
from wkflow.cli.batch.ask_server import Servers
from wkflow.errors import ServerError
from wkflow.options.settings import Settings

from tests.runs import VOXEL_SIZE, noise, wkflow, write_stack
from tests.standin.server import standin_in


def test_a_dataset_that_is_there_is_found_by_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its layers, wherever it was sent from; another one of the name is refused."""
    source = write_stack(tmp_path / "stack", noise(4, 32, 32))
    (tmp_path / "here").mkdir()
    with standin_in(tmp_path / "server") as server:
        known = {"WK_URL": server.url, "WK_TOKEN": server.token}
        run = wkflow("remote-convert", *VOXEL_SIZE, source, cwd=tmp_path / "here", **known)
        assert run.returncode == 0, run.stderr
        for name, value in known.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)

        def url_of(**options: object) -> str | None:
            given = {"source": source, "upload": True, "voxel_size": "11.24,11.24,25"}
            given |= {"webknossos_url": server.url, **options}
            servers = Servers()
            try:
                return servers.url_of(Settings.parse(given, where="test"))
            finally:
                servers.close()

        url = run.stdout.strip()
        assert url_of() == url
        assert url_of(name="other") is None
        assert url_of(folder="nowhere") is None  # the run will tell
        with pytest.raises(ServerError, match="holds something else: stack") as caught:
            url_of(layer_name="cells")
        assert caught.value.where == url
        with pytest.raises(ServerError, match="holds something else"):
            url_of(downsample=False)
        monkeypatch.setenv("WK_TOKEN", "wrong")
        assert url_of() is None
        monkeypatch.setenv("WK_TOKEN", server.token)
        monkeypatch.chdir(tmp_path / "here")
        assert url_of() is None  # it was begun here, and Snakemake knows more

        made = wkflow("convert", *VOXEL_SIZE, source, tmp_path / "stack2")
        assert made.returncode == 0, made.stderr
        monkeypatch.chdir(tmp_path)
        sent = Settings.parse(
            {"command": "upload", "source": tmp_path / "stack2", "name": "stack",
             "webknossos_url": server.url}, where="test",
        )  # fmt: skip
        assert Servers().url_of(sent) == url
    assert not list(tmp_path.glob("*.upload"))


def test_nothing_is_asked_for_what_is_not_sent(tmp_path: Path) -> None:
    """Nor where there is no server."""
    given = {"source": tmp_path, "target": tmp_path.with_name("out")}
    assert Servers().url_of(Settings.parse(given, where="test")) is None
