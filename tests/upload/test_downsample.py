"""`wkflow downsample URL`: mags come to a dataset on a server, and nothing else of it changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standin.sender import Sender
from tests.standin.server import Standin, standin_in
from tests.upload.extending import (
    LAYERS,
    NEW,
    SMALL,
    Found,
    Pair,
    assert_extended,
    downsample,
    publish,
    run_folder,
    there,
)
from tests.upload.runs import arrived, lines, url_of, wkflow

pytestmark = pytest.mark.long(but=["test_all_layers_get_the_mags_of_a_local_run"])


@pytest.fixture(scope="session")
def several(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Give a dataset of layers that differ, and what a run on this machine makes of it."""
    return Pair.of(tmp_path_factory.mktemp("several"), *LAYERS)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    """Run one server for all tests that set no faults."""
    with standin_in(tmp_path_factory.mktemp("server") / "16") as running:
        yield running


def ways(*options: str) -> list[str]:
    """Spell transfer mode and access mode."""
    mode, *access = options
    return ["--transfer-mode", mode, *(["--access-mode", *access] if access else [])]


WAYS = [
    ("http", "zarr_streaming"), ("http", "direct_path"), ("copy", "proxy_path"),
    ("move+symlink",), ("symlink", "zarr_streaming"),
]  # fmt: skip


@pytest.mark.parametrize("way", [("http",), ("copy",)], ids="-".join)
def test_all_layers_get_the_mags_of_a_local_run(
    shared: Standin, several: Pair, here: Path, way: tuple[str, ...]
) -> None:
    """WKW and zarr3, RGB and labels of 64 bits, boxes that begin elsewhere: byte by byte."""
    found = publish(shared, several.bare)
    run = downsample(shared, found.url, *ways(*way), here=here)
    assert url_of(run) == found.url
    assert_extended(shared, found, several.whole)
    assert "No pictures" not in (run_folder(here) / "report.html").read_text()


@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_each_way_gives_the_mags_of_a_local_run(
    shared: Standin, single: Pair, here: Path, way: tuple[str, ...]
) -> None:
    """However voxels are read, and however mags go there; what was a means is gone then."""
    found = publish(shared, single.bare)
    run = downsample(shared, found.url, *ways(*way), here=here)
    assert url_of(run) == found.url
    assert_extended(shared, found, single.whole)
    folder = run_folder(here)
    links = {name: path.is_symlink() for name, path in there(shared, found).items()}
    assert links == {name: way[0] == "symlink" and not name.endswith("/1") for name in links}
    kept = {path.name: path.is_symlink() for path in (folder / "dataset" / "em").glob("*-*")}
    is_kept = way[0] in {"symlink", "move+symlink"}
    assert kept == dict.fromkeys(NEW if is_kept else (), way[0] == "move+symlink")
    assert ("keep it" in run.stderr) == (way[0] == "symlink")


def test_layers_are_streamed(shared: Standin, several: Pair, here: Path) -> None:
    """One after the other: labels of 64 bits in a box that begins elsewhere, then RGB."""
    found = publish(shared, several.bare)
    options = (*ways("http", "zarr_streaming"), "--layer-name")
    run = downsample(shared, found.url, *options, "ids", here=here)
    assert url_of(run) == found.url
    assert_extended(shared, found, several.whole, "ids")
    url_of(downsample(shared, found.url, *options, "rgb", here=here))
    assert_extended(shared, found, several.whole, "ids", "rgb")


@pytest.mark.parametrize("api", [13, 14, 15])
def test_older_servers_get_mags(tmp_path: Path, single: Pair, here: Path, api: int) -> None:
    """API 13 gets none over HTTP, which is said before a voxel is read, with the ways it has."""
    with standin_in(tmp_path / "server", api=api) as standin:
        found = publish(standin, single.bare, api)
        if api == 13:
            run = downsample(standin, found.url, here=here)
            assert run.returncode == 4
            told = "".join(lines(run))
            for words in ("this one speaks 13", "copy", "move+symlink", "symlink", "download"):
                assert words in told
            assert_nothing_was_done(standin, found, here)
        mode = "copy" if api == 13 else "http"
        run = downsample(standin, found.url, *ways(mode), here=here)
        assert url_of(run) == found.url
        assert_extended(standin, found, single.whole)


def assert_nothing_was_done(standin: Standin, found: Found, here: Path) -> None:
    """Say that neither voxels were read nor mags announced, here or there."""
    seen = standin.log()["requests"].keys()
    assert not seen & {"proxy.mag_file", "streaming.chunk", "reserving.reserve_mag", "chunk"}
    assert not any("reserve" in route for route in seen)
    assert arrived(standin, found.url)["properties"] == found.before
    assert not list(here.glob("*.downsample/receipts/**/*.json"))


def test_a_second_run_has_nothing_to_do(shared: Standin, single: Pair, here: Path) -> None:
    """It says so, and the address; a longer ladder is gone on with, in the same folder."""
    found = publish(shared, single.bare)
    assert url_of(downsample(shared, found.url, here=here)) == found.url
    shared.clear_log()
    again = downsample(shared, found.url, here=here)
    assert url_of(again) == found.url
    assert "nothing to do" in again.stderr
    assert shared.log()["chunk_requests"] == 0
    arguments = ("downsample", *SMALL[:-1], "8", found.url)
    assert url_of(wkflow(*arguments, standin=shared, cwd=here)) == found.url
    assert list(there(shared, found)) == ["em/1", *(f"em/{mag}" for mag in NEW), "em/8-8-4"]


def test_mags_that_somebody_deleted_come_back(shared: Standin, single: Pair, here: Path) -> None:
    """The run folder says that they are there; the server says that they are not."""
    found = publish(shared, single.bare)
    url_of(downsample(shared, found.url, here=here))
    source = arrived(shared, found.url)["properties"]
    source["dataLayers"][0]["mags"] = source["dataLayers"][0]["mags"][:1]
    body = {"dataSource": source, "layerRenamings": [], "attachmentRenamings": []}
    answer = Sender(shared, 16).ask("PATCH", f"/datasets/{found.key}/updatePartial", json=body)
    assert answer.status_code == 200, answer.text
    assert list(there(shared, found)) == ["em/1"]
    assert url_of(downsample(shared, found.url, here=here)) == found.url
    assert_extended(shared, found, single.whole)


def test_addresses_have_many_forms(shared: Standin, single: Pair, here: Path) -> None:
    """A name before the id, a page and a position, the old form, a short link: all one dataset."""
    found = publish(shared, single.bare)
    name = arrived(shared, found.url)["properties"]["id"]["name"]
    shared.set_links(short=f"{found.url}/view#3,4,5,0,1.3")
    for form in (
        f"{shared.url}/datasets/some-name-{found.key}",
        f"{shared.url}/datasets/sample_organization/{name}/view",
        f"{shared.url}/links/short",
        f"{found.url}/view#3,4,5,0,1.3",
    ):
        run = downsample(shared, form, "--dry-run", here=here)
        assert run.returncode == 0, run.stderr
        assert all(word in run.stdout for word in ("layer em", *NEW))
        assert list(here.iterdir()) == []
    run = downsample(shared, f"{shared.url}/links/short", here=here)
    assert url_of(run) == found.url
    assert_extended(shared, found, single.whole)


def test_a_shared_dataset_is_read_by_its_link(shared: Standin, single: Pair, here: Path) -> None:
    """The link lets read, only a user's token lets write; and neither is in any file."""
    found = publish(shared, single.bare)
    token = Sender(shared, 16).ask("GET", f"/datasets/{found.key}/sharingToken").json()
    secret = str(token["sharingToken"])
    url = f"{found.url}/view?token={secret}"
    run = downsample(shared, found.url, "--dry-run", here=here, WK_TOKEN=None)
    assert run.returncode == 4
    assert "could not be found or accessed" in "".join(lines(run))
    run = downsample(shared, url, "--dry-run", here=here, WK_TOKEN=None)
    assert run.returncode == 0, run.stderr
    run = downsample(shared, url, here=here, WK_TOKEN=None)
    assert run.returncode == 4
    assert "no token was given" in "".join(lines(run))
    assert_nothing_was_done(shared, found, here)
    run = downsample(shared, url, here=here)
    assert url_of(run) == found.url
    assert_extended(shared, found, single.whole)
    for text in (run.stdout, run.stderr):
        assert secret not in text
    files = [path for path in here.rglob("*") if path.is_file()]
    secrets = (secret.encode(), shared.token.encode())
    assert [path for path in files if any(one in path.read_bytes() for one in secrets)] == []


def test_who_only_reads_is_refused(shared: Standin, single: Pair, here: Path) -> None:
    """A public dataset is anybody's to look at; what is to be written is asked before."""
    found = publish(shared, single.bare)
    body = {"isPublic": True}
    Sender(shared, 16).ask("PATCH", f"/datasets/{found.key}/updatePartial", json=body)
    assert downsample(shared, found.url, "--dry-run", here=here, WK_TOKEN=None).returncode == 0
    for token, said in ((None, "no token was given"), (shared.member_token, "may not change")):
        run = downsample(shared, found.url, here=here, WK_TOKEN=token)
        assert run.returncode == 4
        assert said in "".join(lines(run))
        assert_nothing_was_done(shared, found, here)
