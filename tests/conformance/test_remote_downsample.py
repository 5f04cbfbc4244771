"""`wkflow downsample URL` beside `webknossos downsample URL`: two datasets, the same in the end."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.official import Official
from tests.datasets import mag_name, write_dataset
from tests.standin.server import Standin, standin_in
from tests.upload.extending import LAYERS, Found, publish
from tests.upload.runs import arrived, url_of, wkflow

pytestmark = pytest.mark.conformance

REMOTE_JUDGE = Path(__file__).with_name("remote_judge.py")

CASES = [
    (14, "http", "proxy_path"),
]


@pytest.mark.parametrize(("api", "transfer", "access"), CASES)
def test_both_give_the_same(
    official: Official, tmp_path: Path, api: int, transfer: str, access: str
) -> None:
    """All voxels of all mags, and what the server says of them: its places and channels too."""
    layers = [layer for layer in LAYERS if layer.data_format == "zarr3"]
    # of wide ids the official tool fills shards of 8 GiB, and some servers refuse what it writes
    layers = [layer for layer in layers if "largestSegmentId" not in layer.fields]
    bare = write_dataset(tmp_path / "hand", *layers)
    with standin_in(tmp_path / "server", api=api) as standin:
        ours, theirs = publish(standin, bare, api), publish(standin, bare, api)
        how = ("--coarsest-mag", "4", "--transfer-mode", transfer, "--access-mode", access)
        url_of(wkflow("downsample", *how, ours.url, standin=standin, cwd=tmp_path))
        official_run(official, standin, theirs, *how)
        assert described(standin, ours) == described(standin, theirs)
        verdict = judged(official, standin, ours, theirs)
        assert verdict["differences"] == []
        assert len(verdict["voxels"]) == 3 * len(layers)
        assert all(verdict["voxels"].values())


def official_run(official: Official, standin: Standin, found: Found, *options: str) -> None:
    """Let the official command add the mags."""
    command = [official.folder / "bin" / "webknossos", "downsample", found.url, *options]
    rest = ["--token", standin.token, "--distribution-strategy", "sequential"]
    done = subprocess.run([*command, *rest], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def judged(official: Official, standin: Standin, ours: Found, theirs: Found) -> dict[str, Any]:
    """Let the official library read both."""
    command = [official.python, REMOTE_JUDGE, ours.url, standin.token, theirs.url, "proxy_path"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    verdict: dict[str, Any] = json.loads(done.stdout)["proxy_path"]
    return verdict


def described(standin: Standin, found: Found) -> dict[str, Any]:
    """Give what the server knows, but for the names of places, which it chose."""
    document = dict(arrived(standin, found.url)["properties"])
    del document["id"]
    for layer in document["dataLayers"]:
        for mag in layer["mags"]:
            mag["path"] = mag_name(mag)
    return document
