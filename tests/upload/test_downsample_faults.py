"""Whatever breaks while mags are made and sent, each comes to the server once, and is right."""

import json
import os
import random
import re
import time
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from tests.standin.sender import Sender
from tests.standin.server import Standin, standin_in
from tests.upload.extending import (
    SMALL,
    Found,
    Pair,
    assert_extended,
    downsample,
    publish,
    run_folder,
    there,
)
from tests.upload.runs import await_, start, url_of
from tests.upload.test_resume import kill

pytestmark = pytest.mark.long

KILLS = int(os.environ.get("WKFLOW_UPLOAD_KILLS", "1"))
"""Runs that are killed three times each; a campaign sets more."""

EACH = 3
JOBS = ("--job-size", "60K")
"""More jobs than mags, so that kills meet each kind."""


@pytest.mark.parametrize("seed", range(KILLS))
@pytest.mark.parametrize("mode", ["http", "copy"])
def test_a_killed_run_ends_the_same(
    tmp_path: Path, here: Path, single: Pair, mode: str, seed: int
) -> None:
    """SIGKILL to the CLI, a job or everything: the mags of an undisturbed run, each once."""
    chance = random.Random(f"{mode} {seed}")  # noqa: S311 -- chance, no secret
    killed = 0
    with standin_in(tmp_path / "server") as standin:
        found = publish(standin, single.bare)
        standin.faults(limit={"bytes_per_second": 8e3})
        arguments = ("downsample", *SMALL, *JOBS, "--transfer-mode", mode, found.url)
        for _ in range(EACH):
            with start(*arguments, standin=standin, cwd=here) as process:
                await_moment(process, standin, here, chance)
                killed += process.poll() is None
                kill(process, chance)
            assert_listed_mags_are_whole(standin, found, single)
        standin.faults()
        url_of(downsample(standin, found.url, *JOBS, "--transfer-mode", mode, here=here))
        assert_extended(standin, found, single.whole)
        finished = standin.log()["requests"].get("finishing.finish", {})
        assert finished.get("200", 0) == (2 if mode == "http" else 0)
    assert killed


def await_moment(process: Popen[str], standin: Standin, here: Path, chance: random.Random) -> None:
    """Wait until some more was done: a receipt is there, or the server got a piece."""

    def done() -> int:
        return int(standin.log()["chunk_requests"]) + len(list(here.glob("*/receipts/**/*.json")))

    enough = done() + chance.choice([0, 1, 1, 2, 3, 4])
    while process.poll() is None and done() < enough:
        time.sleep(0.02)
    time.sleep(chance.uniform(0, 0.8))


def assert_listed_mags_are_whole(standin: Standin, found: Found, pair: Pair) -> None:
    """Say that a mag is not listed before it is as it will be in the end."""
    for name, folder in there(standin, found).items():
        for path in (pair.whole / name).rglob("*"):
            if path.is_file():
                came = folder / path.relative_to(pair.whole / name)
                assert came.read_bytes() == path.read_bytes()


FAULTS: dict[str, dict[str, Any]] = {
    "reads": {
        "status": {"status": 503, "rate": 0.1, "seed": 1, "routes": ["read"]},
        "drop": {"rate": 0.05, "seed": 2, "routes": ["read"]},
    },
    "sends": {
        "status": {"status": 502, "rate": 0.1, "seed": 3, "routes": ["chunk"]},
        "drop": {"rate": 0.1, "seed": 4},
    },
    "lost end": {"lost": [{"times": 1}, {"times": 1, "status": 504}]},
    "expired": {"expire": {"skip": 2, "times": 1}},
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_run_outlasts_faults(standin: Standin, single: Pair, here: Path, kind: str) -> None:
    """Requests that fail are repeated, lost answers looked for, lost uploads begun anew."""
    found = publish(standin, single.bare)
    standin.faults(**FAULTS[kind])
    url_of(downsample(standin, found.url, here=here))
    assert sum(standin.log()["faults"].values()) > 0
    assert_extended(standin, found, single.whole)


def test_a_server_may_die_and_come_back(tmp_path: Path, single: Pair, here: Path) -> None:
    """Two seconds later it is there again, and the run never ended."""
    with standin_in(tmp_path / "server") as standin:
        found = publish(standin, single.bare)
        standin.faults(limit={"bytes_per_second": 1e5})
        with start("downsample", *SMALL, found.url, standin=standin, cwd=here) as process:
            await_(lambda: standin.log()["chunk_requests"] > 2, 60)
            standin.kill()
            time.sleep(2)
            standin.restart()
            standin.faults()
            _, told = process.communicate(timeout=120)
        assert process.returncode == 0, told
        assert_extended(standin, found, single.whole)


def test_damage_is_found(standin: Standin, single: Pair, here: Path) -> None:
    """Exit 7 names the file; the local mags stay."""
    found = publish(standin, single.bare)
    standin.faults(hole={"skip": 6, "times": 1})
    run = downsample(standin, found.url, "--verify", "full", here=here)
    assert run.returncode == 7, run.stderr
    assert re.search("(has other bytes than were|does not have what was) sent", run.stderr)
    assert (run_folder(here) / "dataset").is_dir()


def test_a_mag_of_somebody_else_stays(standin: Standin, single: Pair, here: Path) -> None:
    """Added while ours was computed, it is neither replaced nor taken for ours: exit 4."""
    found = publish(standin, single.bare)
    slow = {"hang": {"seconds": 6, "times": 1, "routes": ["reserving.reserve_mag"]}}
    standin.faults(**slow)
    one_mag = (*SMALL[:-1], "2")
    with start("downsample", *one_mag, found.url, standin=standin, cwd=here) as process:
        await_(lambda: "hang" in standin.log()["faults"], 60)
        theirs = add_mag(standin, found)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 4, told
    assert "conflicts with existing mag" in told
    listed = {name: folder for name, folder in there(standin, found).items() if "2-2" in name}
    assert listed == {"em/2-2-1": theirs}


def add_mag(standin: Standin, found: Found) -> Path:
    """Add a mag 2-2-1 as somebody who reaches the storage."""
    sender, mag = Sender(standin, 16), {"layerName": "em", "mag": [2, 2, 1]}
    order = {"axisOrder": {"c": 0, "x": 1, "y": 2, "z": 3}, "channelIndex": 0}
    body = mag | order | {"pathPrefix": None, "overwritePending": True}
    place = sender.ask("POST", f"/datasets/{found.key}/reserveMagUploadToPath", json=body).json()
    Path(place).mkdir(parents=True)
    (Path(place) / "zarr.json").write_text(json.dumps({}))
    answer = sender.ask("POST", f"/datasets/{found.key}/finishMagUploadToPath", json=body)
    assert answer.status_code == 200, answer.text
    return Path(place)
