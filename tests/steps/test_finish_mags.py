"""New mags of a server's dataset are looked at there."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from wkflow.access_token import TOKEN
from wkflow.errors import ServerError, TransientError, VerificationError
from wkflow.network.retry import RetryBudget
from wkflow.run_folder import SCRATCH
from wkflow.steps.finish_mags import finish_mags

from tests.standin.conftest import Served
from tests.standin.sender import Sender
from tests.steps.extensions import layer_of
from tests.steps.remote_mags import Addition, add

UploadInputs = Callable[..., Addition]


@pytest.fixture
def sending(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UploadInputs:
    """Give a function that sends all mags of a dataset, but does not finish."""

    def one(**options: object) -> Addition:
        standin = served(16)
        monkeypatch.setenv(TOKEN, standin.token)
        addition = add(standin, tmp_path, layer_of(1), 16, **options)
        for mag in ("2", "4"):
            addition.upload(mag).write(addition.folder / f"receipts/upload_mag/em/{mag}.json")
        (addition.folder / SCRATCH).mkdir(exist_ok=True)
        standin.clear_log()
        return addition

    return one


def finish(addition: Addition, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Run the step; give its receipt. `changes` are those of the delivery."""
    folder, delivery = addition.folder, replace(addition.delivery, **changes)
    batches = [str(folder / f"receipts/upload_mag/em/{mag}.json") for mag in ("2", "4")]
    receipt = folder / "receipts" / "finish_mags.json"
    token = addition.standin.token
    finish_mags(addition.plan, delivery, token, batches=batches, receipt=receipt)
    document: dict[str, Any] = json.loads(receipt.read_bytes())
    return document


@pytest.mark.parametrize("verify", ["sample", "full", "none"])
def test_what_was_sent_is_read_back(sending: UploadInputs, verify: str) -> None:
    """As much of it as was asked for; what is here stays until the report has shown it."""
    addition = sending(verify=verify)
    sizes = [len(content) for mag in ("2", "4") for content in addition.here(mag).values()]
    told = finish(addition)
    assert told["url"] == addition.found.url
    assert told["mags"] == {"em": ["2", "4"]}
    assert told["bytes_sent"] > sum(sizes)
    assert told["verified"]["mode"] == verify
    if verify == "full":
        assert told["verified"]["bytes"] == sum(sizes)
    looked = "proxy.mag_file" in addition.standin.log()["requests"]
    assert looked == (verify != "none")
    assert addition.there() == addition.here()
    assert finish(addition) == told


@pytest.mark.parametrize("mode", ["copy", "move+symlink", "symlink"])
def test_what_went_over_no_network_is_not_read_back(sending: UploadInputs, mode: str) -> None:
    """Neither a copy nor links."""
    addition = sending(transfer_mode=mode)
    there = addition.there()
    assert finish(addition)["verified"]["mode"] == "none"
    assert "proxy.mag_file" not in addition.standin.log()["requests"]
    assert addition.there() == there


@pytest.mark.parametrize("verify", ["sample", "full"])
def test_damage_is_told(sending: UploadInputs, verify: str) -> None:
    """By the file; nothing here goes, and no receipt says that all is well."""
    addition = sending(verify=verify)
    here = addition.here()
    addition.standin.faults(flip={"times": 1, "routes": ["proxy.mag_file"]})
    with pytest.raises(VerificationError, match="the server has other bytes than were sent"):
        finish(addition)
    assert addition.here() == here
    assert not (addition.folder / "receipts/finish_mags.json").exists()


def sent_again(addition: Addition) -> list[str]:
    """Send those mags whose receipts are gone, and finish; list them."""
    receipts = {mag: addition.folder / f"receipts/upload_mag/em/{mag}.json" for mag in ("2", "4")}
    lacking = [mag for mag, receipt in receipts.items() if not receipt.exists()]
    for mag in lacking:
        addition.upload(mag).write(receipts[mag])
    there = {mag: addition.there(mag) for mag in receipts}
    assert there == {mag: addition.here(mag) for mag in receipts}
    finish(addition)
    return lacking


def delete_mags(addition: Addition, *mags: str) -> None:
    """Delete mags of the only layer on the server, as a person does."""
    sender = Sender(addition.standin, 16)
    source = sender.ask("GET", f"/datasets/{addition.found.key}").json()["dataSource"]
    (layer,) = source["dataLayers"]
    layer["mags"] = [mag for mag in layer["mags"] if str(mag["mag"][0]) not in mags]
    body = {"dataSource": source, "layerRenamings": [], "attachmentRenamings": []}
    sender.ask("PATCH", f"/datasets/{addition.found.key}/updatePartial", json=body)


@pytest.mark.parametrize("lie", ["mag", "file"])
def test_a_finish_that_lies_is_told(sending: UploadInputs, lie: str) -> None:
    """By the mag, at once; when the server is right again, it is sent anew and nothing else is."""
    addition = sending()
    delete_mags(addition, "4")
    shutil.rmtree(addition.folder / "upload/em/4")
    addition.standin.faults(lie={"what": lie, "times": 1})
    addition.upload("4")
    with pytest.raises(VerificationError) as caught:
        finish(addition)
    told = str(caught.value)
    if lie == "mag":
        assert "does not list mag 4 of layer em" in told
        assert sent_again(addition) == ["4"]
    else:
        assert "the damaged mag" in told
        assert "does not have what was sent" in told


def test_a_server_that_fails_at_last_is_left_soon(
    sending: UploadInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a minute: the same command looks again."""
    addition, pauses = sending(), list[float]()
    monkeypatch.setattr(
        RetryBudget,
        "pause",
        lambda _, number, __: pauses.append(min(30, 2.0 ** (number - 2)) * 0.75),
    )
    addition.standin.faults(status={"status": 502, "routes": ["proxy.mag_file"]})
    with pytest.raises(TransientError):
        finish(addition, connections=1)
    assert 20 < sum(pauses) < 60  # three quarters of the longest, on average
    addition.standin.faults()
    finish(addition)


def test_a_mag_that_went_is_told(sending: UploadInputs) -> None:
    """Somebody removed it meanwhile."""
    addition = sending()
    delete_mags(addition, "4")
    with pytest.raises(VerificationError, match="does not list mag 4 of layer em") as caught:
        finish(addition)
    assert caught.value.where == addition.found.url
    assert Path(addition.plan.dataset).exists()
    assert sent_again(addition) == ["4"]


def test_a_dataset_that_went_is_told(sending: UploadInputs) -> None:
    """In the server's words."""
    addition = sending()
    addition.plan = replace(
        addition.plan, destination=f"{addition.standin.url}/datasets/{'0' * 24}"
    )
    with pytest.raises(ServerError, match="could not be found"):
        finish(addition)


def test_a_run_that_was_killed_here_ends(sending: UploadInputs) -> None:
    """The local mags were gone, the receipt was not there yet."""
    addition = sending()
    shutil.rmtree(addition.plan.dataset)
    assert finish(addition)["url"] == addition.found.url
