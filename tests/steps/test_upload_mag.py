"""One mag goes to a server, however often that is interrupted; the server has it once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from wkflow.access_token import TOKEN
from wkflow.errors import ServerError, TransientError, VerificationError

from tests.datasets import HandLayer
from tests.standin.conftest import Served
from tests.steps.extensions import computed, layer_of
from tests.steps.remote_mags import Addition, add

Adding = Callable[..., Addition]


@pytest.fixture
def adding(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Adding:
    """Give a function that computes mags for a dataset of a server."""

    def one(api: int = 16, layer: HandLayer | None = None, **options: object) -> Addition:
        standin = served(api)
        monkeypatch.setenv(TOKEN, standin.token)
        return add(standin, tmp_path, layer or layer_of(1), api, **options)

    return one


@pytest.mark.parametrize("api", [14, 15, 16])
def test_a_mag_is_sent_once(adding: Adding, api: int) -> None:
    """The server has its files as they are here; a second time nothing is sent."""
    addition = adding(api)
    sent = addition.upload("2")
    assert addition.mags() == ["em/1", "em/2"]
    assert addition.there("2") == addition.here("2")
    assert {file.path.removeprefix("em/") for file in sent.files} == addition.here("2").keys()
    assert sent.bytes_sent > sum(file.bytes for file in sent.files) > 0
    addition.standin.clear_log()
    again = addition.upload("2")
    assert again.files == sent.files
    assert again.bytes_sent == 0
    assert addition.standin.log()["chunk_requests"] == 0
    addition.upload("4")
    assert addition.there("4") == addition.here("4")
    assert addition.uploads() == []


@pytest.mark.parametrize("data_format", ["zarr", "wkw", "n5"])
def test_other_formats_are_sent_whole(adding: Adding, data_format: str) -> None:
    """With what describes the array: `.zarray`, `header.wkw`, `attributes.json`."""
    shard = 16 if data_format == "wkw" else 8
    addition = adding(layer=layer_of(1, data_format=data_format), shard_shape=shard)
    addition.upload("2")
    assert addition.there("2") == addition.here("2")


def test_jobs_that_wrote_blocks_are_sent_as_well(adding: Adding) -> None:
    """Of a mag that several jobs wrote, each file goes once."""
    addition = adding(job_size=1)
    blocks = [one for one in addition.receipts if "downsample_block/em/2/" in one]
    assert len(blocks) > 1
    addition.receipts = blocks
    addition.upload("2")
    assert addition.there("2") == addition.here("2")


@pytest.mark.parametrize("status", [None, 504], ids=["cut", "504"])
def test_a_lost_answer_is_looked_for(adding: Adding, status: int | None) -> None:
    """The server added the mag; it is not asked to do that twice."""
    addition = adding()
    addition.standin.faults(lost={"times": 1, "status": status})
    addition.upload()
    assert addition.there() == addition.here()
    assert sum(addition.standin.log()["requests"]["finishing.finish"].values()) == 1


def test_a_refused_end_is_asked_for_again(adding: Adding) -> None:
    """What was sent is not sent again."""
    addition = adding()
    addition.standin.faults(status={"status": 403, "times": 1, "routes": ["finish"]})
    with pytest.raises(ServerError):
        addition.upload()
    assert addition.mags() == ["em/1"]
    addition.standin.clear_log()
    addition.upload()
    assert addition.there() == addition.here()
    assert addition.standin.log()["chunk_requests"] == 0


def test_an_interrupted_mag_goes_on(adding: Adding) -> None:
    """With the pieces that are missing, in the same upload."""
    addition = adding()
    addition.standin.faults(status={"status": 403, "skip": 5, "times": 1, "routes": ["chunk"]})
    with pytest.raises(ServerError):
        addition.upload()
    (begun,) = addition.uploads()
    before = {tuple(one) for one in addition.standin.log()["chunks"][begun["id"]]}
    addition.standin.faults()
    addition.standin.clear_log()
    addition.upload()
    assert addition.there() == addition.here()
    (after,) = addition.standin.log()["chunks"].items()
    assert after[0] == begun["id"]
    assert before.isdisjoint(map(tuple, after[1]))


def test_a_token_that_is_no_longer_valid_is_told(adding: Adding) -> None:
    """In the middle; with a valid one the same upload goes on, without what was sent."""
    addition = adding()
    addition.standin.faults(revoke={"skip": 4, "times": 1, "routes": ["chunk"]})
    with pytest.raises(ServerError, match="token"):
        addition.upload()
    addition.standin.faults()
    addition.standin.set_tokens(admin=addition.standin.token)
    (begun,) = addition.uploads()
    place = Path(begun["path"])
    kept = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    assert kept
    addition.standin.clear_log()
    addition.upload()
    assert addition.there() == addition.here()
    assert kept.isdisjoint(path for path, _ in addition.standin.log()["chunks"][begun["id"]])


@pytest.mark.parametrize(
    "faults",
    [
        {"expire": {"skip": 4, "times": 1}},
        {"expire": {"times": 1, "routes": ["test"]}},
        {"expire": [{"skip": 4, "times": 1}, {"skip": 9, "times": 1}]},
    ],
    ids=["sending", "at the end", "twice"],
)
def test_a_lost_upload_is_begun_anew(adding: Adding, faults: dict[str, Any]) -> None:
    """In the same run, by another name; the lost one leaves nothing."""
    addition = adding()
    addition.standin.faults(**faults)
    addition.upload()
    assert addition.standin.log()["faults"]["expire"] >= 1
    assert addition.there() == addition.here()
    assert addition.uploads() == []


def test_what_is_lost_again_and_again_is_told(adding: Adding) -> None:
    """One may try later, and then it works."""
    addition = adding()
    addition.standin.faults(expire={"skip": 1})
    with pytest.raises(TransientError, match="no longer knows the upload"):
        addition.upload()
    addition.standin.faults()
    addition.upload()
    assert addition.there() == addition.here()


def test_failing_requests_are_repeated(adding: Adding) -> None:
    """As often as a fifth of all pieces fails."""
    addition = adding()
    addition.standin.faults(
        status={"status": 503, "rate": 0.15, "seed": 4, "routes": ["chunk"]},
        drop={"rate": 0.1, "seed": 5},
    )
    sent = addition.upload(connections=4)
    assert sum(addition.standin.log()["faults"].values()) > 1
    assert sent.retries > 1
    assert addition.there() == addition.here()


@pytest.mark.parametrize("damage", ["other", "gone"])
def test_a_damaged_file_is_made_anew(adding: Adding, damage: str) -> None:
    """It is not sent; the receipt goes that says it was whole, so its job runs again."""
    addition = adding()
    path = Path(addition.plan.dataset, "em/2/c/0/0/0/0")
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    with pytest.raises(VerificationError, match=r"is gone|is not what was written"):
        addition.upload()
    assert addition.mags() == ["em/1"]
    (receipt,) = (Path(one) for one in addition.receipts)
    assert not receipt.exists()


def test_a_file_that_changed_on_its_way_is_sent_anew(adding: Adding) -> None:
    """The server has pieces of what it was: they are left behind."""
    addition = adding()
    path = Path(addition.plan.dataset, "em/2/c/0/0/0/0")
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    with pytest.raises(VerificationError):
        addition.upload()
    path.write_bytes(content)
    computed(addition.plan, addition.folder)
    addition.upload()
    assert addition.there() == addition.here()


def test_a_mag_of_somebody_else_is_not_ours(adding: Adding) -> None:
    """It came while ours was computed: the server's words, and theirs stays."""
    addition = adding()
    addition.upload("2")
    theirs = addition.there("2")
    (addition.folder / "upload").rename(addition.folder / "somebody_else")
    with pytest.raises(ServerError, match="conflicts with existing mag"):
        addition.upload("2")
    assert addition.there("2") == theirs
    assert addition.mags() == ["em/1", "em/2"]


@pytest.mark.parametrize("api", [13, 16])
@pytest.mark.parametrize("mode", ["copy", "move+symlink", "symlink"])
def test_a_mag_is_put_where_the_server_says(adding: Adding, api: int, mode: str) -> None:
    """Once: a second time nothing is reserved, and nothing is wrong."""
    addition = adding(api, transfer_mode=mode)
    here = addition.here()
    for _ in range(2):
        assert addition.upload().bytes_sent == 0
        assert addition.mags() == ["em/1", "em/2"]
        assert addition.there() == here == addition.here()
    seen = addition.standin.log()["requests"]
    assert seen["by_path.reserve_mag"] == seen["by_path.finish_mag"] == {"200": 1}
    assert Path(addition.plan.dataset, "em", "2").is_symlink() == (mode == "move+symlink")


@pytest.mark.parametrize("mode", ["copy", "move+symlink", "symlink"])
@pytest.mark.parametrize("route", ["reserve", "finish"])
def test_a_failed_transfer_goes_on(adding: Adding, mode: str, route: str) -> None:
    """Whether the server did not name a place, or was not told that the files are there."""
    addition = adding(transfer_mode=mode)
    here = addition.here()
    addition.standin.faults(status={"status": 403, "times": 1, "routes": [route]})
    with pytest.raises(ServerError):
        addition.upload()
    assert addition.mags() == ["em/1"]
    addition.upload()
    assert addition.there() == here
