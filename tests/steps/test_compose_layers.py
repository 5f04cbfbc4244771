"""The step that lets a dataset on a server show layers: interrupted anywhere, repeated, told."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.errors import ServerError
from wkflow.run_folder import PROOF, PROOF_COPY
from wkflow.steps import compose_layers as step
from wkflow.steps.compose_layers import ASKED, compose_layers
from wkflow.webknossos.upload_plan import UploadPlan

from tests.standin.conftest import Served
from tests.standin.sender import Sender
from tests.steps.test_set_details import AGE_NS, delivery_to
from tests.webknossos.client.test_compose import sent


@pytest.fixture
def sender(served: Served) -> Sender:
    """Give a client of a server."""
    return Sender(served(16), 16)


@pytest.fixture
def delivery(sender: Sender, tmp_path: Path) -> UploadPlan:
    """Send both datasets; leave in the run folder what a finished upload leaves."""
    target, key = sent(sender, "em"), sent(sender, "nuclei")
    (tmp_path / PROOF_COPY).parent.mkdir()
    for name in (PROOF, PROOF_COPY):
        (tmp_path / name).write_text(json.dumps({"dataset_id": key, "url": "u", "bytes": 7}))
    os.utime(tmp_path / PROOF, ns=(AGE_NS, AGE_NS))
    url = sender.standin.url
    return replace(delivery_to(url), adds_to=f"{url}/datasets/{target}")


def layers(sender: Sender, delivery: UploadPlan) -> list[str]:
    key = delivery.adds_to.rpartition("/")[2]
    (found,) = (one for one in sender.standin.datasets() if one["id"] == key)
    return [layer["name"] for layer in found["properties"]["dataLayers"]]


def test_the_proof_says_where_they_are_seen(
    sender: Sender, delivery: UploadPlan, tmp_path: Path
) -> None:
    """It keeps its time, so that nothing is sent again; a second time nothing changes."""
    for _ in range(2):
        compose_layers(delivery, tmp_path, sender.standin.token)
        assert layers(sender, delivery) == ["em", "nuclei"]
        for name in (PROOF, PROOF_COPY):
            proof = json.loads((tmp_path / name).read_bytes())
            assert proof["added_to"] == {"url": delivery.adds_to, "layers": ["nuclei"]}
            assert proof["bytes"] == 7
        assert (tmp_path / PROOF).stat().st_mtime_ns == AGE_NS


@pytest.mark.parametrize("call", ["write_json", "add_layer", "amend"])
def test_it_is_interrupted_before_each_change(
    sender: Sender, delivery: UploadPlan, tmp_path: Path, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And goes on: the layer is there once, and was not before it was asked for."""

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as once:
        once.setattr(step.atomic_files if call == "write_json" else step, call, killed)
        with pytest.raises(KeyboardInterrupt):
            compose_layers(delivery, tmp_path, sender.standin.token)
    assert layers(sender, delivery) == (["em", "nuclei"] if call == "amend" else ["em"])
    compose_layers(delivery, tmp_path, sender.standin.token)
    assert layers(sender, delivery) == ["em", "nuclei"]


def test_a_mark_of_another_upload_counts_for_nothing(
    sender: Sender, delivery: UploadPlan, tmp_path: Path
) -> None:
    """A layer of the same name and shape, which came from elsewhere, is not taken for ours."""
    compose_layers(delivery, tmp_path, sender.standin.token)
    other = sent(sender, "nuclei")
    proof = json.loads((tmp_path / PROOF).read_bytes()) | {"dataset_id": other}
    (tmp_path / PROOF).write_text(json.dumps(proof))
    assert (delivery.state(tmp_path) / ASKED).exists()
    with pytest.raises(ServerError, match="has got another layer nuclei meanwhile"):
        compose_layers(delivery, tmp_path, sender.standin.token)
