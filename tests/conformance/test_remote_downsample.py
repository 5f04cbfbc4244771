"""`wkflow downsample URL` beside `webknossos downsample URL`: two datasets, the same in the end."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.official import Official
from tests.datasets import mag_name, write_dataset
from tests.standin.server import Standin, standin_in
from tests.upload.extending import LAYERS, Found, publish
from tests.upload.runs import arrived, url_of, wkflow

pytestmark = [pytest.mark.conformance, pytest.mark.long]

REMOTE_JUDGE = Path(__file__).with_name("remote_judge.py")

CASES = [
    (14, "http", "proxy_path"),
    (15, "http", "proxy_path"),
    (16, "http", "zarr_streaming"),
    (16, "copy", "direct_path"),
    (16, "move+symlink", "direct_path"),
    (16, "symlink", "direct_path"),
]
"""API, how mags go there, how voxels come. `test_standin` has API 13."""

ALL_LAYERS = (16, "http")
"""Other cases have one layer: the official tool fills shards of 1024 x 1024 x 1024 for each mag."""

THEIRS = {"symlink": "copy"}
"""With `symlink` the official tool leaves links into a temporary folder that it then deletes, and
no mag that it made can be read. So our links are compared with its copies."""

READS = {"proxy_path": {"proxy.mag_file"}, "zarr_streaming": {"streaming.chunk"}}
"""The requests for voxels; whoever reads files directly makes none."""


@pytest.mark.parametrize(("api", "transfer", "access"), CASES)
def test_both_give_the_same(
    official: Official, tmp_path: Path, api: int, transfer: str, access: str
) -> None:
    """All voxels of all mags, and what the server says of them: its places and channels too."""
    layers = [layer for layer in LAYERS if layer.data_format == "zarr3"]
    # of wide ids the official tool fills shards of 8 GiB, and some servers refuse what it writes
    layers = [layer for layer in layers if "largestSegmentId" not in layer.fields]
    if (api, transfer) != ALL_LAYERS:
        layers = layers[:1]
    bare = write_dataset(tmp_path / "hand", *layers)
    with standin_in(tmp_path / "server", api=api) as standin:
        ours, theirs = publish(standin, bare, api), publish(standin, bare, api)
        how = ("--coarsest-mag", "4", "--access-mode", access, "--transfer-mode")
        url_of(wkflow("downsample", *how, transfer, ours.url, standin=standin, cwd=tmp_path))
        standin.clear_log()
        official_run(official, standin, theirs, *how, THEIRS.get(transfer, transfer))
        assert_went(standin, transfer, access)
        assert described(standin, ours) == described(standin, theirs)
        modes = {"proxy_path", access}
        for verdict in judged(official, standin, ours, theirs, *modes).values():
            assert verdict["differences"] == []
            assert len(verdict["voxels"]) == 3 * len(layers)
            assert all(verdict["voxels"].values())


def assert_went(standin: Standin, transfer: str, access: str) -> None:
    """Say that voxels went and came as they were told to: the comparison is of that way."""
    seen = standin.log()["requests"].keys()
    assert seen & set().union(*READS.values()) == READS.get(access, set())
    assert ("chunk" in seen) == (transfer == "http")


def official_run(official: Official, standin: Standin, found: Found, *options: str) -> None:
    """Let the official command add the mags."""
    official.run("downsample", found.url, *options, "--token", standin.token)


def judged(
    official: Official, standin: Standin, ours: Found, theirs: Found, *modes: str
) -> dict[str, dict[str, Any]]:
    """Let the official library read both, in each access mode."""
    said = official.script(REMOTE_JUDGE, ours.url, standin.token, theirs.url, *modes)
    verdicts: dict[str, dict[str, Any]] = json.loads(said)
    return verdicts


def described(standin: Standin, found: Found) -> dict[str, Any]:
    """Give what the server knows, but for the names of places, which it chose."""
    document = dict(arrived(standin, found.url)["properties"])
    del document["id"]
    for layer in document["dataLayers"]:
        for mag in layer["mags"]:
            mag["path"] = mag_name(mag)
    return document
