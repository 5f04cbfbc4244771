"""Uploads as a person starts them: the command in a folder, the dataset that came to the server."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wkflow.cli.progress import OPENINGS
from wkflow.model.write_datasource import PROPERTIES

from tests.runs import TIMEOUT_S, VOXEL_SIZE, environment
from tests.standin.server import Standin

Run = subprocess.CompletedProcess[str]

PIECES = ("--job-size", "1", "--shard-shape", "64,64,32")
"""Many jobs and many files, as large images have them."""

CONVERSION = (*VOXEL_SIZE, *PIECES)
"""Of every conversion here, so that all of them give the same bytes."""


def shell(standin: Standin | None, **variables: str | None) -> dict[str, str]:
    """Give the environment of a person who uses a stand-in; a variable that is None is not set."""
    known = {"WK_URL": standin.url, "WK_TOKEN": standin.token} if standin else {}
    given = environment() | known | variables
    return {name: value for name, value in given.items() if value is not None}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "wkflow.cli.main", *map(str, arguments)]


def wkflow(*arguments: object, standin: Standin | None, cwd: Path, **variables: str | None) -> Run:
    """Run a command to its end; it never hangs."""
    return subprocess.run(
        command(*arguments),
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=shell(standin, **variables),
        timeout=TIMEOUT_S,
    )


def start(
    *arguments: object, standin: Standin, cwd: Path, **variables: str | None
) -> "subprocess.Popen[str]":
    """Start a command and go on."""
    return subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=shell(standin, **variables),
    )


OPENED = tuple(f"wkflow: {opening}" for opening in OPENINGS.values())
SHOWN = ("wkflow: layer", "wkflow: note", "wkflow: ░", "wkflow: █", *OPENED)
"""How lines begin that are no failure's: a slow machine shows its progress often."""


def lines(run: Run) -> list[str]:
    """Give what a person reads of a failure: at most five lines, no traceback."""
    told = [line for line in run.stderr.splitlines() if not line.startswith(SHOWN)]
    assert "Traceback" not in run.stderr + run.stdout
    assert len(told) <= 5, run.stderr
    return told


def url_of(run: Run) -> str:
    """Give the address that a run printed, alone on its standard output."""
    assert run.returncode == 0, run.stderr
    (url,) = run.stdout.splitlines()
    return url


def arrived(standin: Standin, url: str) -> dict[str, Any]:
    """Find a finished dataset by its address."""
    host, _, key = url.rpartition("/datasets/")
    assert host == standin.url
    (found,) = (one for one in standin.datasets() if one["id"] == key)
    return found


def only_one(standin: Standin) -> dict[str, Any]:
    """Give the only dataset of a server that knows no unfinished upload."""
    (found,) = standin.datasets()
    assert standin.uploads() == []
    return found


def mag_files(folders: dict[str, Path]) -> dict[str, bytes]:
    """Read all files of some mags, by the mag and the path below it."""
    return {
        f"{mag}/{path.relative_to(folder)}": path.read_bytes()
        for mag, folder in folders.items()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def local_mags(dataset: Path) -> dict[str, Path]:
    """Give the folders of all mags of a dataset here, by layer and mag."""
    document = json.loads((dataset / PROPERTIES).read_bytes())
    return {
        f"{layer['name']}/{mag['mag']}": dataset / mag["path"]
        for layer in document["dataLayers"]
        for mag in layer["mags"]
    }


def remote_mags(found: dict[str, Any]) -> dict[str, Path]:
    """Give the folders of all mags of a dataset of a stand-in."""
    return {
        f"{layer['name']}/{mag['mag']}": Path(mag["path"].removeprefix("file://"))
        for layer in found["properties"]["dataLayers"]
        for mag in layer["mags"]
    }


def assert_same(found: dict[str, Any], local: Path) -> None:
    """Compare a dataset of a stand-in with one here: every file of every mag, and the layers."""
    theirs, ours = mag_files(remote_mags(found)), mag_files(local_mags(local))
    assert ours
    assert theirs.keys() == ours.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
    document = json.loads((local / PROPERTIES).read_bytes())
    assert found["properties"]["scale"] == document["scale"]
    assert _described(found["properties"]) == _described(document)


def _described(document: dict[str, Any]) -> list[list[Any]]:
    """Give what is said of each layer, but for what a server says in its own way."""
    keys = ("name", "category", "boundingBox", "elementClass", "defaultViewConfiguration")
    return [[layer.get(key) for key in keys] for layer in document["dataLayers"]]


def proof(folder: Path) -> dict[str, Any]:
    """Read upload.json of a run folder."""
    document: dict[str, Any] = json.loads((folder / "upload.json").read_bytes())
    return document


def converted(folder: Path) -> list[Path]:
    """List the receipts of slabs in a run folder: empty as long as no voxel was read."""
    return sorted(folder.glob("receipts/convert_slab/*/*.json"))


def chunks_of(standin: Standin) -> "Counter[tuple[str, int]]":
    """Count how often each chunk came as a whole, in all uploads together."""
    seen = standin.log()["chunks"].values()
    return Counter((path, number) for some in seen for path, number in some)


def await_(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something has happened."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def chunks_came(standin: Standin, count: int) -> Callable[[], bool]:
    """Say, when called, whether so many chunks were sent."""
    return lambda: int(standin.log()["chunk_requests"]) >= count


def append_byte(path: Path) -> None:
    """Change a file's contents, and its size."""
    with path.open("ab") as file:
        file.write(b"\n")
    os.utime(path)
