"""Whatever breaks on the way, there is one dataset in the end, and it is the right one."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.standin.server import Standin, standin_in
from tests.upload.runs import (
    CONVERSION,
    arrived,
    assert_same,
    await_,
    chunks_came,
    chunks_of,
    lines,
    local_mags,
    mag_files,
    only_one,
    proof,
    remote_mags,
    start,
    url_of,
    wkflow,
)

pytestmark = pytest.mark.long(but=["test_damage_is_found_and_mended[flip]"])


def mixture(seed: int) -> dict[str, Any]:
    """Let a fifth of all chunk requests fail, each in another way."""
    ways = [(500, "before"), (502, "after"), (503, "before"), (504, "after"), (429, "before")]
    return {
        "status": [
            {"status": status, "when": when, "rate": 0.034, "seed": seed + number,
             "routes": ["chunk"], "retry_after": 0.1 if status == 429 else None}
            for number, (status, when) in enumerate(ways)
        ],
        "drop": {"rate": 0.05, "seed": seed + len(ways)},
    }  # fmt: skip


@pytest.mark.parametrize("seed", [10, 20])
def test_a_fifth_of_all_requests_may_fail(
    standin: Standin, stack: Path, local: Path, here: Path, seed: int
) -> None:
    """The dataset is the same, and each failure costs one more request, and nothing else.

    What that is in bytes depends on which of a few dozen pieces it meets: the benchmark prints it.
    """
    standin.faults(**mixture(seed))
    url_of(wkflow("remote-convert", *CONVERSION, stack, standin=standin, cwd=here))
    assert_same(only_one(standin), local)
    seen = standin.log()
    assert sum(seen["faults"].values()) > 5
    told = proof(here / "stack.upload")
    assert told["retries"] >= sum(seen["faults"].values())
    pieces = sum(len(some) for some in seen["chunks"].values())
    assert seen["chunk_requests"] <= pieces + sum(seen["faults"].values())


def test_a_server_that_is_silent_is_asked_again(standin: Standin, local: Path, here: Path) -> None:
    """After WK_TIMEOUT seconds; every request has one."""
    standin.faults(
        hang=[
            {"seconds": 30, "times": 1, "routes": ["instance.current_user"]},
            {"seconds": 30, "times": 2, "skip": 5, "routes": ["chunk"]},
        ]
    )
    began = time.monotonic()
    run = wkflow("upload", local, standin=standin, cwd=here, WK_TIMEOUT="1")
    assert time.monotonic() - began < 15
    assert_same(arrived(standin, url_of(run)), local)
    assert standin.log()["faults"] == {"hang": 3}


@pytest.mark.parametrize(
    "faults",
    [
        {"lost": {"times": 1}},
        {"lost": {"times": 1, "status": 504}},
        {"delay": {"seconds": 3}},
    ],
    ids=["no answer", "status 504", "slow"],
)
def test_an_unclear_end_makes_one_dataset(
    standin: Standin, local: Path, here: Path, faults: dict[str, Any]
) -> None:
    """The server finished, and did not say so in time: it is not asked to do it twice."""
    standin.faults(**faults)
    run = wkflow("upload", local, standin=standin, cwd=here, WK_TIMEOUT="1")
    assert only_one(standin) == arrived(standin, url_of(run))
    assert_same(only_one(standin), local)
    finishes = standin.log()["requests"]["finishing.finish"]
    assert sum(finishes.values()) == 1


@pytest.mark.parametrize(
    ("faults", "options"),
    [
        ({"hole": {"skip": 3, "times": 1}}, ()),
        ({"flip": {"skip": 3, "times": 1}}, ("--verify", "full")),
    ],
    ids=["hole", "flip"],
)
def test_damage_is_found_and_mended(
    standin: Standin, stack: Path, local: Path, here: Path, faults: dict[str, Any],
    options: tuple[str, ...],
) -> None:  # fmt: skip
    """Exit 7 names the file; the same command makes a new upload, and that is right."""
    arguments = ("remote-convert", *CONVERSION, *options, stack)
    standin.faults(**faults)
    run = wkflow(*arguments, standin=standin, cwd=here)
    assert run.returncode == 7, run.stderr
    told = "".join(lines(run))
    assert str(here / "stack.upload") in told
    ours, theirs = mag_files(local_mags(local)), mag_files(remote_mags(only_one(standin)))
    (damaged,) = (name for name in ours if ours[name] != theirs.get(name))
    assert re.sub(r"\[1, 1, 1\]", "1", re.sub(r"\[2, 2, 1\]", "2-2-1", damaged)) in told
    assert run.stdout == ""
    damaged_id = only_one(standin)["id"]
    standin.faults()
    found = arrived(standin, url_of(wkflow(*arguments, standin=standin, cwd=here)))
    assert found["id"] != damaged_id
    assert_same(found, local)
    assert standin.uploads() == []


def test_damage_of_a_dataset_that_exists_is_found_and_mended(
    standin: Standin, local: Path, here: Path
) -> None:
    """The same for an upload alone."""
    standin.faults(hole={"skip": 20, "times": 1})
    run = wkflow("upload", local, standin=standin, cwd=here)
    assert run.returncode == 7, run.stderr
    assert lines(run)
    standin.faults()
    run = wkflow("upload", local, standin=standin, cwd=here)
    assert_same(arrived(standin, url_of(run)), local)


def test_what_was_read_wrong_once_is_damage_as_well(
    standin: Standin, local: Path, here: Path
) -> None:
    """Proof is what is read back; without --verify nobody looks."""
    standin.faults(flip={"times": 1, "routes": ["proxy.mag_file"]})
    run = wkflow("upload", local, standin=standin, cwd=here)
    assert run.returncode == 7, run.stderr
    standin.faults(flip={"routes": ["proxy.mag_file"]})
    standin.clear_log()
    run = wkflow("upload", "--verify", "none", local, standin=standin, cwd=here)
    assert arrived(standin, url_of(run))
    assert "proxy.mag_file" not in standin.log()["requests"]


def test_an_upload_that_expired_begins_anew(
    standin: Standin, stack: Path, local: Path, here: Path
) -> None:
    """The run says so, and does so by itself; one dataset comes of it."""
    standin.faults(expire={"skip": 20, "times": 1})
    run = wkflow("remote-convert", *CONVERSION, stack, standin=standin, cwd=here)
    assert_same(arrived(standin, url_of(run)), local)
    assert "no longer knows the upload" in run.stderr
    assert "a new upload is started" in run.stderr
    assert only_one(standin)
    assert proof(here / "stack.upload")["attempt"] == 2


def test_a_new_token_goes_on_where_the_old_one_ended(
    standin: Standin, stack: Path, local: Path, here: Path
) -> None:
    """Exit 4; with a good token the same upload is completed, and only what was missing is sent."""
    arguments = ("remote-convert", *CONVERSION, stack)
    standin.faults(revoke={"skip": 20, "times": 1})
    run = wkflow(*arguments, standin=standin, cwd=here)
    assert run.returncode == 4, run.stderr
    assert "token" in "".join(lines(run))
    (upload,) = standin.uploads()
    there = {str(path.relative_to(upload["path"])) for path in Path(upload["path"]).rglob("*")}
    standin.faults()
    standin.clear_log()
    token = "another-good-token"  # noqa: S105 -- of no use elsewhere
    standin.set_tokens(admin=token)
    run = wkflow(*arguments, standin=standin, cwd=here, WK_TOKEN=token)
    assert_same(arrived(standin, url_of(run)), local)
    assert list(standin.log()["chunks"]) == [upload["id"]]
    assert there.isdisjoint(path for path, _ in chunks_of(standin))
    assert proof(here / "stack.upload")["attempt"] == 1


def test_a_server_may_die_and_come_back(
    tmp_path: Path, stack: Path, local: Path, here: Path
) -> None:
    """Two seconds later it is there again, and the run never ended."""
    slow = {"limit": {"bytes_per_second": 1e6}}
    with standin_in(tmp_path / "server", faults=slow) as standin:
        with start("remote-convert", *CONVERSION, stack, standin=standin, cwd=here) as process:
            await_(chunks_came(standin, 10))
            standin.kill()
            time.sleep(2)
            standin.restart()
            _, told = process.communicate(timeout=90)
        assert process.returncode == 0, told
        assert_same(only_one(standin), local)
        assert len(standin.log()["chunks"]) == 1


def test_another_server_under_the_same_address_gets_all_of_it(
    tmp_path: Path, stack: Path, local: Path, here: Path
) -> None:
    """It never heard of the upload: the run begins a new one by itself."""
    arguments = ("remote-convert", *CONVERSION, stack)
    ends = {"revoke": {"skip": 20, "times": 1}}
    with standin_in(tmp_path / "server", faults=ends) as standin:
        assert wkflow(*arguments, standin=standin, cwd=here).returncode == 4
    port = int(standin.url.rpartition(":")[2])
    with standin_in(tmp_path / "other", port=port) as other:
        run = wkflow(*arguments, standin=other, cwd=here)
        assert_same(arrived(other, url_of(run)), local)
        assert "a new upload is started" in run.stderr
        assert only_one(other)


def test_a_datastore_may_have_an_origin_of_its_own(tmp_path: Path, local: Path, here: Path) -> None:
    """Chunks go to its address, questions to the server's."""
    with standin_in(tmp_path / "server", datastore_port=0) as standin:
        run = wkflow("upload", local, standin=standin, cwd=here)
        assert_same(arrived(standin, url_of(run)), local)
        hosts = standin.log()["tokens"]
    store = proof(here / "stack.upload")["datastore"]
    assert store != standin.url
    assert set(hosts) == {url.removeprefix("http://") for url in (store, standin.url)}
