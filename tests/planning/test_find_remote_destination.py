"""A server's dataset that gets layers: what it has, what of that is ours, who may not ask."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from wkflow import atomic_files
from wkflow.access_token import SHARING, TOKEN
from wkflow.errors import ConfigError, ServerError
from wkflow.options.settings import Settings
from wkflow.planning.find_remote_destination import find_remote_destination, require_not_sent
from wkflow.run_folder import ATTEMPT, PROOF, PROOF_COPY, UPLOAD
from wkflow.steps.compose_layers import compose_layers
from wkflow.webknossos.upload_plan import UploadPlan

from tests.standin.conftest import Served
from tests.standin.sender import MISSING_ID, Sender
from tests.steps.test_set_details import delivery_to
from tests.webknossos.client.test_compose import sent

EXTRAS = ("nuclei/zarr.json", "datasource-properties.json")


@pytest.fixture
def sender(served: Served) -> Sender:
    """Give a client of a server."""
    return Sender(served(16), 16)


@pytest.fixture(autouse=True)
def token(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this process the administrator's token."""
    monkeypatch.setenv(TOKEN, sender.standin.token)
    monkeypatch.setenv(SHARING, "")


@pytest.fixture
def settings(sender: Sender, tmp_path: Path) -> Settings:
    """Give options that name a dataset of one layer."""
    url = f"{sender.standin.url}/datasets/{sent(sender, 'em')}"
    given = {"command": "add-layer", "source": "x", "target": url, "work_dir": tmp_path}
    return Settings.parse(given, where="test")


@pytest.fixture
def delivery(sender: Sender, settings: Settings) -> UploadPlan:
    """Leave in the run folder what an upload leaves that was added to the dataset."""
    folder, key = settings.run_folder, sent(sender, "nuclei")
    delivery = replace(
        delivery_to(sender.standin.url), adds_to=str(settings.target), recipe="r", extras=EXTRAS
    )
    (folder / PROOF_COPY).parent.mkdir(parents=True)
    for name in (PROOF, PROOF_COPY):
        (folder / name).write_text(json.dumps({"dataset_id": key, "upload_id": "u", "url": "x"}))
    attempt = {"number": 1, "upload_id": "u", "recipe": "r"}
    atomic_files.write_json(folder / UPLOAD / ATTEMPT, attempt)
    compose_layers(delivery, folder, sender.standin.token)
    return delivery


def names(settings: Settings) -> list[str]:
    found = find_remote_destination(settings)
    assert (found.is_remote, found.obstacle) == (True, "")
    assert (found.where, found.existing.name) == (settings.target, "some_name")
    return [one.layer.name for one in found.existing.layers]


@pytest.mark.usefixtures("delivery")
def test_what_this_run_sent_is_no_layer_of_others(settings: Settings, sender: Sender) -> None:
    """It is known by its mags' places; to another run folder it is a layer like others."""
    assert names(settings) == ["em"]
    other = settings.model_copy(update={"work_dir": settings.run_folder / "other"})
    assert names(other) == ["em", "nuclei"]
    proof = json.loads((settings.run_folder / PROOF).read_bytes())
    gone = json.dumps(proof | {"dataset_id": MISSING_ID})
    (settings.run_folder / PROOF).write_text(gone)
    assert names(settings) == ["em", "nuclei"]
    assert sender.standin.uploads() == []


def test_layers_are_not_sent_anew(settings: Settings, delivery: UploadPlan) -> None:
    """The same ones are no question; others under their names are refused, before a voxel."""
    require_not_sent(settings, delivery)
    changed = replace(delivery, recipe="other")
    with pytest.raises(ConfigError, match="has layer nuclei as it was sent before") as caught:
        require_not_sent(settings, changed)
    assert caught.value.where == settings.target
    require_not_sent(settings, replace(changed, extras=("axons/zarr.json",)))
    (settings.run_folder / PROOF).unlink()
    require_not_sent(settings, changed)


def test_nobody_without_a_token_adds(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though everybody may see it."""
    monkeypatch.delenv(TOKEN)
    with pytest.raises(ServerError, match=r"WK_TOKEN|not|no token"):
        find_remote_destination(settings)
