"""The stand-in is a server to the official client: what that cannot do with it is its fault."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.official import COMMAND, Official
from tests.conformance.pair import PROPERTIES, write_source
from tests.conformance.stacks import labels, noise
from tests.runs import environment
from tests.standin.server import Standin

pytestmark = [pytest.mark.conformance, pytest.mark.long]

SHAPE = (5, 70, 101)
REMOTE_JUDGE = Path(__file__).with_name("remote_judge.py")
REMOTE_DETAILS = Path(__file__).with_name("remote_details.py")
REMOTE_LAYERS = Path(__file__).with_name("remote_layers.py")
SERVED = ("zarr_streaming", "proxy_path")

Starter = Callable[..., Standin]


@pytest.fixture(scope="module")
def whole(official: Official, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a dataset with all its mags, as the official tool makes it."""
    folder = tmp_path_factory.mktemp("official")
    layers = {"color": noise(SHAPE, "uint8", 1), "segmentation": labels(SHAPE, "uint16", 2)}
    write_source(folder / "source", layers)
    shapes = ["--chunk-shape", "32,32,32", "--shard-shape", "64,64,32", "--max-mag", "4"]
    source, target = folder / "source", folder / "whole"
    official.run("convert", "--voxel-size", "11,11,25", *shapes, source, target)
    return target


@pytest.fixture
def finest(whole: Path, tmp_path: Path) -> Path:
    """Give the same dataset with nothing but its finest mag."""
    folder = tmp_path / "finest"
    shutil.copytree(whole, folder)
    properties = json.loads((folder / PROPERTIES).read_text())
    for layer in properties["dataLayers"]:
        for mag in layer["mags"][1:]:
            shutil.rmtree(folder / mag["path"])
        del layer["mags"][1:]
    (folder / PROPERTIES).write_text(json.dumps(properties))
    return folder


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """Give a function that starts a stand-in."""
    started: list[Standin] = []

    def start_one(**options: Any) -> Standin:  # noqa: ANN401 -- as the command line
        started.append(Standin.start(tmp_path / "server", **options))
        return started[-1]

    yield start_one
    for standin in started:
        standin.stop()


def webknossos(official: Official, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the official command line, which may fail."""
    return official.try_run(COMMAND, *arguments)


def upload(official: Official, server: Standin, dataset: Path, *options: str) -> str:
    """Upload a dataset with the official command; give its URL."""
    where = ("--webknossos-url", server.url, "--token", server.token, "--dataset-name", "small")
    done = webknossos(official, "upload", *where, *options, dataset)
    assert done.returncode == 0, done.stderr
    (finished,) = server.datasets()
    assert f"{server.url}/datasets/{finished['id']}" in done.stdout.replace("\n", "")
    return f"{server.url}/datasets/{finished['id']}"


def downsample(
    official: Official, server: Standin, url: str, mode: str
) -> subprocess.CompletedProcess[str]:
    """Let the official command add mags to a dataset on the server."""
    how = ("--distribution-strategy", "sequential", "--coarsest-mag", "4")
    rest = ("--token", server.token, "--transfer-mode", mode)
    return webknossos(official, "downsample", url, *how, *rest)


def judged(
    official: Official, server: Standin, url: str, expected: Path, *modes: str
) -> dict[str, dict[str, Any]]:
    """Let the official library compare what the server has with what is here, by access mode."""
    said = official.script(REMOTE_JUDGE, url, server.token, expected, *modes)
    verdicts: dict[str, dict[str, Any]] = json.loads(said)
    assert list(verdicts) == list(modes)
    assert "Traceback" not in (server.folder / "standin.err").read_text()
    return verdicts


def assert_served(
    official: Official, server: Standin, url: str, expected: Path, *modes: str
) -> None:
    """Say that the official library reads from the server what is here."""
    for verdict in judged(official, server, url, expected, *modes).values():
        assert verdict["differences"] == []
        assert verdict["voxels"]
        assert all(verdict["voxels"].values())


@pytest.mark.parametrize("api", [14, 15, 16])
def test_http_is_spoken(
    official: Official, whole: Path, finest: Path, start: Starter, api: int
) -> None:
    """A dataset comes and gets its mags over HTTP, and is read as it was sent."""
    server = start(api=api)
    url = upload(official, server, finest, "--folder", "sample_organization/lab")
    assert server.datasets()[0]["folder"] == "lab"
    key = url.rsplit("/", 1)[1]
    server.set_links(short=f"{server.url}/datasets/small-{key}/view")
    spelled = {14: url, 15: f"{server.url}/datasets/small-{key}", 16: f"{server.url}/links/short"}
    done = downsample(official, server, spelled[api], "http")
    assert done.returncode == 0, done.stderr
    assert_served(official, server, url, whole, *SERVED)
    statuses = {status for counts in server.log()["requests"].values() for status in counts}
    assert statuses <= {"200", "206", "404"}


def test_13_takes_no_mags(official: Official, whole: Path, finest: Path, start: Starter) -> None:
    """API 13 takes whole datasets over HTTP, but mags by their paths alone."""
    server = start(api=13)
    url = upload(official, server, finest)
    old_url = f"{server.url}/datasets/sample_organization/small/view"
    done = downsample(official, server, old_url, "http")
    assert done.returncode != 0
    assert "mag upload requires API version 14+" in done.stderr + done.stdout
    done = downsample(official, server, old_url, "copy")
    assert done.returncode == 0, done.stderr
    assert_served(official, server, url, whole, *SERVED)


@pytest.mark.parametrize("mode", ["copy", "move+symlink"])
def test_storage_is_shared(
    official: Official, whole: Path, finest: Path, start: Starter, mode: str
) -> None:
    """A client that reaches the storage puts mags where the server tells it to."""
    server = start(api=16)
    options = ("--folder", "sample_organization/lab/raw", "--transfer-mode", mode)
    url = upload(official, server, finest, *options)
    assert (finest / "color" / "1").is_symlink() == (mode == "move+symlink")
    done = downsample(official, server, url, mode)
    assert done.returncode == 0, done.stderr
    assert_served(official, server, url, whole, *SERVED, "direct_path")
    assert "chunk" not in server.log()["requests"]


def test_links_are_followed(official: Official, finest: Path, start: Starter) -> None:
    """A server that was given links reads what they point to; an altered byte would be seen."""
    server = start(api=14)
    url = upload(official, server, finest, "--transfer-mode", "symlink")
    assert Path(server.datasets()[0]["path"], "color", "1").is_symlink()
    assert_served(official, server, url, finest, *SERVED)
    server.faults(flip={"routes": ["streaming.chunk"], "times": 1})
    (verdict,) = judged(official, server, url, finest, "zarr_streaming").values()
    (difference,) = verdict["differences"]
    assert "1 of" in difference


def wkflow(server: Standin, cwd: Path, *arguments: object) -> str:
    """Run our own command; give the address that it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "wkflow.cli.main", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment() | {"WK_URL": server.url, "WK_TOKEN": server.token},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("api", [13, 16])
def test_what_we_send_is_read(
    official: Official, whole: Path, start: Starter, tmp_path: Path, api: int
) -> None:
    """The official library finds in our upload what its own conversion makes."""
    server = start(api=api)
    source, options = whole.parent / "source", ("--voxel-size", "11,11,25", "--max-mag", "4")
    url = wkflow(server, tmp_path, "remote-convert", *options, source)
    assert_served(official, server, url, whole, *SERVED)


@pytest.mark.parametrize("api", [13, 16])
def test_what_a_dataset_says_of_itself_is_read_and_changed(
    official: Official, whole: Path, start: Starter, tmp_path: Path, api: int
) -> None:
    """The official library finds the details that we set, sets others, lists it and deletes it."""
    server = start(api=api)
    said = ["--tags", "a,b", "--teams", "Lab Alder", "--description", "D", "--no-public"]
    pairs = ["--metadata", "age=12", "--metadata", "animal=M7"]
    url = wkflow(server, tmp_path, "upload", *said, *pairs, whole)
    ours, theirs, before, after = json.loads(official.script(REMOTE_DETAILS, url, server.token))
    assert (before, after) == (["whole"], [])
    metadata = {"age": 12, "animal": "M7"}
    assert ours == {
        "tags": ["a", "b"], "teams": ["Lab Alder"], "description": "D", "metadata": metadata,
        "public": False,
    }  # fmt: skip
    metadata = {"number": 1, "list": ["a", "b"], "text": "x"}
    assert theirs == {
        "tags": ["theirs"], "teams": ["Lab Birch"], "description": None, "metadata": metadata,
        "public": False,
    }  # fmt: skip


@pytest.mark.parametrize("api", [13, 16])
def test_layers_that_we_add_are_read_and_added_as_well(
    official: Official, whole: Path, start: Starter, tmp_path: Path, api: int
) -> None:
    """The official library reads the layer like its own, and gives it to another dataset."""
    server = start(api=api)

    run = partial(wkflow, server, tmp_path)
    url, other = (run("upload", "--name", name, whole) for name in ("first", "other"))
    images = whole.parent / "source/color"
    assert run("add-layer", "--layer-name", "again", "--max-mag", "4", images, url) == url
    said = official.script(REMOTE_LAYERS, url, server.token, "color", "again", other)
    equal, layers = json.loads(said)
    same = {"1": True, "2-2-1": True, "4-4-2": True}
    assert equal == dict.fromkeys(SERVED, same)
    assert layers == ["color", "segmentation", "theirs"]
    assert "Traceback" not in (server.folder / "standin.err").read_text()
