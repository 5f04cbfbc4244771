"""Kill it anywhere, type the same command: one upload, one dataset, and little is sent twice."""

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from wkflow.model.write_datasource import PROPERTIES

from tests.runs import damage_state, noise
from tests.standin.server import Standin, standin_in
from tests.upload.runs import (
    CONVERSION,
    arrived,
    assert_same,
    await_,
    chunks_came,
    chunks_of,
    only_one,
    proof,
    start,
    url_of,
    wkflow,
)

pytestmark = pytest.mark.long(but=["test_a_killed_upload_ends_the_same[0]"])

KILLS = int(os.environ.get("WKFLOW_UPLOAD_KILLS", "1"))
"""Runs that are killed three times each; a campaign sets more."""

EACH = 3

FORM_BYTES = 2000
"""What the form around a chunk takes, at most."""

PIECE = 2**23
"""Bytes of the largest request."""


@dataclass(frozen=True)
class Campaign:
    """One command to be killed: what it has to make, how fast, and what may be under way at once.

    `often` is a number of chunks after which it is killed at the latest.

    The speed is the server's, so that an upload takes a while and kills meet it.
    """

    arguments: tuple[object, ...]
    local: Path
    bytes_per_second: float
    pieces: int
    piece_bytes: int
    often: int


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Give a dataset of a few large files, whose pieces no buffer of the system holds."""
    folder = tmp_path / "large"
    (folder / "em/1").mkdir(parents=True)
    for number in range(4):
        (folder / f"em/1/{number}").write_bytes(noise(20_000_000 + number, seed=number).tobytes())
    layer = {
        "name": "em",
        "category": "color",
        "elementClass": "uint8",
        "dataFormat": "zarr3",
        "boundingBox": {"topLeft": [0, 0, 0], "width": 8, "height": 8, "depth": 8},
        "mags": [{"mag": [1, 1, 1], "path": "./em/1"}],
    }
    scale = {"factor": [4.0, 4.0, 40.0], "unit": "nanometer"}
    document = {"id": {"name": "large", "team": ""}, "scale": scale, "dataLayers": [layer]}
    (folder / PROPERTIES).write_text(json.dumps({**document, "version": 1}))
    return folder


@pytest.fixture
def campaign(seed: int, stack: Path, local: Path, large: Path) -> Campaign:
    """Give a conversion; each third time the upload of a dataset of large files."""
    if seed % 3 == 1:
        arguments = ("upload", "--name", "stack", "--jobs", "2", large)
        return Campaign(arguments, large, 2e7, 2, PIECE, 4)
    # two connections for each of the six jobs that two cores allow; a shard of noise
    arguments = ("remote-convert", *CONVERSION, "--jobs", "2", stack)
    return Campaign(arguments, local, 1.5e6, 12, 64 * 64 * 32, 20)


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_upload_ends_the_same(
    tmp_path: Path, here: Path, campaign: Campaign, seed: int
) -> None:
    """SIGKILL to the CLI, a job or everything, at any moment: the same dataset, and only one."""
    chance = random.Random(seed + 6)  # noqa: S311 -- chance, no secret
    slow = {"limit": {"bytes_per_second": campaign.bytes_per_second}}
    with standin_in(tmp_path / "server", faults=slow) as standin:
        for _ in range(EACH):
            with start(*campaign.arguments, standin=standin, cwd=here) as process:
                wait_a_while(standin, process, campaign.often, chance)
                kill(process, chance)
        came = standin.log()["chunk_requests"]
        url = url_of(wkflow(*campaign.arguments, standin=standin, cwd=here))
        assert only_one(standin) == arrived(standin, url)
        assert_same(only_one(standin), campaign.local)
        told = assert_little_was_sent_twice(standin, here / "stack.upload", campaign)
    print(f"seed {seed}: {came} chunks when it was killed last; {told}")  # noqa: T201 -- of a campaign
    assert campaign.local.exists()
    assert not (here / "stack.upload" / "dataset").exists()


def test_state_of_a_killed_upload_is_a_cache(
    standin: Standin, stack: Path, local: Path, here: Path
) -> None:
    """Whatever became of every file of the run folder: one dataset, which is whole."""
    command, folder = ("remote-convert", *CONVERSION, stack), here / "stack.upload"
    with start(*command, standin=standin, cwd=here) as process:
        await_(lambda: bool(list(folder.glob("receipts/upload_shards/**/*.json"))), 60)
        family = [
            *psutil.Process(process.pid).children(recursive=True),
            psutil.Process(process.pid),
        ]
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
    damage_state(folder)
    url = url_of(wkflow(*command, standin=standin, cwd=here))
    assert [one["id"] for one in standin.datasets()] == [arrived(standin, url)["id"]]
    assert_same(arrived(standin, url), local)


def test_shards_that_are_lost_before_they_are_sent_are_made_anew(
    standin: Standin, stack: Path, local: Path, here: Path
) -> None:
    """Whoever empties the folder of an interrupted run; what has arrived is not made again."""
    standin.faults(limit={"bytes_per_second": 1.5e6})
    command, folder = ("remote-convert", *CONVERSION, stack), here / "stack.upload"
    with start(*command, standin=standin, cwd=here) as process:
        await_(lambda: bool(list(folder.glob("receipts/upload_shards/**/*.json"))), 60)
        parent = psutil.Process(process.pid)
        for one in [parent, *parent.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):  # it ends when others do
                one.kill()
    shards = [path for path in folder.glob("dataset/**/c/**/*") if path.is_file()]
    assert shards
    for path in shards:
        path.unlink()
    standin.faults()
    url = url_of(wkflow(*command, standin=standin, cwd=here))
    assert [one["id"] for one in standin.datasets()] == [arrived(standin, url)["id"]]
    assert_same(arrived(standin, url), local)


def wait_a_while(
    standin: Standin, process: "subprocess.Popen[str]", often: int, chance: random.Random
) -> None:
    """Wait for some more chunks, or for any time; or until the run ends before."""
    if chance.random() < 0.25:
        time.sleep(chance.uniform(0.3, 4.0))
        return
    is_there = chunks_came(standin, standin.log()["chunk_requests"] + chance.randint(1, often))
    await_(lambda: is_there() or process.poll() is not None)
    time.sleep(chance.uniform(0.0, 0.3))


def kill(process: "subprocess.Popen[str]", chance: random.Random) -> None:
    """Kill the CLI, its youngest descendant, or all of its family; let the rest end."""
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [psutil.Process(process.pid)]
        family += family[0].children(recursive=True)
        for victim in chance.choice([family, family[:1], family[-1:]]):
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()
    if process.poll() is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)
    process.kill()
    # what is orphaned holds the pipes; nobody reads on
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def assert_little_was_sent_twice(standin: Standin, folder: Path, campaign: Campaign) -> str:
    """Compare what came with what had to come; give both in words."""
    told, seen, counts = proof(folder), standin.log(), chunks_of(standin)
    assert list(seen["chunks"]) == [told["upload_id"]]
    assert told["attempt"] == 1
    assert {path for path, _ in counts} == told["digests"].keys()
    twice = sum(counts.values()) - len(counts)
    more = seen["chunk_bytes"] - told["bytes"]
    assert twice <= EACH * campaign.pieces
    assert more <= EACH * campaign.pieces * campaign.piece_bytes + len(counts) * FORM_BYTES
    return f"{told['bytes']} bytes, {more} more came, {twice} pieces twice"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_upload_stops_soon(
    tmp_path: Path, local: Path, here: Path, number: signal.Signals
) -> None:
    """Exit 130, nothing left running, and the same command completes the same upload."""
    slow = {"limit": {"bytes_per_second": 4e5}}
    with standin_in(tmp_path / "server", faults=slow) as standin:
        with start("upload", local, standin=standin, cwd=here) as process:
            await_(chunks_came(standin, 12))
            process.send_signal(number)
            began = time.monotonic()
            _, told = process.communicate(timeout=30)
        assert process.returncode == 130, told
        assert time.monotonic() - began < 10
        assert "the same command goes on" in told
        assert "Traceback" not in told
        folder = str(here / "stack.upload")
        assert not [p for p in psutil.process_iter() if _cwd(p) == folder]
        assert standin.datasets() == []
        (upload,) = standin.uploads()
        standin.faults()
        url = url_of(wkflow("upload", local, standin=standin, cwd=here))
        assert_same(arrived(standin, url), local)
        assert list(standin.log()["chunks"]) == [upload["id"]]


def _cwd(process: psutil.Process) -> str | None:
    with contextlib.suppress(psutil.Error, OSError):
        return str(process.cwd())
    return None


def test_a_run_killed_while_the_server_finishes_finds_what_it_made(
    local: Path, standin: Standin, here: Path
) -> None:
    """It looks before it asks again: one dataset, and its address."""
    standin.faults(delay={"seconds": 4})
    with start("upload", local, standin=standin, cwd=here) as process:
        while not list(here.glob("*.upload/upload/1/finishing.json")):
            time.sleep(0.05)
        time.sleep(0.5)
        family = [*psutil.Process(process.pid).children(recursive=True), process]
        for victim in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()
    run = wkflow("upload", local, standin=standin, cwd=here)
    (finished,) = standin.datasets()
    assert url_of(run).endswith(finished["id"])
    assert standin.uploads() == []
