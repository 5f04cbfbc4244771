"""A server whose disk is full, and one that says it finished and did not: soon told, by name."""

import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from wkflow.errors import TransientError, VerificationError, WkflowError
from wkflow.network.retry import RetryBudget
from wkflow.options.settings import Settings
from wkflow.planning.list_dataset_files import find_batches
from wkflow.planning.plan_upload import begin_attempt, plan_contents_upload, write_batches
from wkflow.steps import finish_upload
from wkflow.steps.reserve_upload import reserve_upload
from wkflow.steps.upload_shards import upload_shards
from wkflow.webknossos.upload_plan import UploadPlan
from wkflow.webknossos.upload_report import UploadReport

from tests.datasets import write_dataset
from tests.standin.conftest import Served
from tests.standin.server import Standin
from tests.steps.extensions import layer_of
from tests.upload.runs import arrived, assert_same

NO_SPACE = "java.io.IOException: No space left on device"


@dataclass
class UploadInputs:
    """A small dataset, and what a run does to send it, in this process."""

    standin: Standin
    dataset: Path
    run_folder: Path
    name: str

    def upload(self) -> UploadReport:
        """Give the command `upload`: what has a receipt is not done again."""
        given = {
            "command": "upload",
            "source": self.dataset,
            "work_dir": self.run_folder,
            "name": self.name,
            "webknossos_url": self.standin.url,
        }
        settings = Settings.parse(given, where="test")
        contents = find_batches(self.dataset, follow_links=False)
        write_batches(contents, self.run_folder)
        delivery = begin_attempt(plan_contents_upload(settings, contents), self.run_folder)
        receipt = self.run_folder / delivery.reservation
        if not receipt.exists():
            reserve_upload(delivery, self.run_folder, self.standin.token).write(receipt)
        return self._finish(delivery)

    def _finish(self, delivery: UploadPlan) -> UploadReport:
        where = (delivery, self.run_folder, self.standin.token)
        sent = []
        for batch in delivery.batches:
            sent.append(self.run_folder / f"sent-{delivery.attempt}/{batch}.json")
            if not sent[-1].exists():
                upload_shards(*where, batch=batch, tick=lambda _: None).write(sent[-1])
        return finish_upload.finish_upload(*where, batches=map(str, sent), tick=lambda _: None)


@pytest.fixture
def sending(served: Served, tmp_path: Path) -> UploadInputs:
    """Give a dataset that is to be sent to a server."""
    dataset = write_dataset(tmp_path / "hand", layer_of(1, 2))
    return UploadInputs(served(16), dataset, tmp_path / "run", f"hand-{uuid.uuid4().hex}")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let nobody wait; give how long they would have."""
    noted: list[float] = []

    def pause(_: RetryBudget, number: int, wait: float | None = None) -> float:
        noted.append(max(min(30.0, 0.5 * 2.0 ** (number - 1)), wait or 0.0))
        return noted[-1]

    monkeypatch.setattr(RetryBudget, "pause", pause)
    noted.append(finish_upload.LEAST_WAIT_S)
    monkeypatch.setattr(finish_upload, "LEAST_WAIT_S", 0.5)
    return noted


Cases = tuple[dict[str, Any], type[WkflowError], str]
FULL: dict[str, Cases] = {
    "507": ({"status": {"status": 507, "routes": ["chunk"]}}, TransientError, "disk is full"),
    "503 that asks to wait": (
        {"status": {"status": 503, "said": NO_SPACE, "retry_after": 600, "routes": ["chunk"]}},
        TransientError, "disk is full",
    ),
    "at the end": (
        {"status": {"status": 500, "said": NO_SPACE, "routes": ["finish"]}},
        TransientError, "disk is full",
    ),
}  # fmt: skip
LIES: dict[str, Cases] = {
    "nothing kept": ({"hole": {}}, VerificationError, "did not keep"),
    "dataset": ({"lie": {"what": "dataset"}}, VerificationError, "is not there"),
    "id": ({"lie": {"what": "id"}}, VerificationError, "is not there"),
    "name": ({"lie": {"what": "name"}}, VerificationError, "became the dataset another"),
    "mag": ({"lie": {"what": "mag"}}, VerificationError, "does not show mag"),
    "file": ({"lie": {"what": "file"}}, VerificationError, "does not have what was sent"),
}


@pytest.mark.parametrize("kind", [*FULL, *LIES])
def test_the_end_comes_soon_and_says_which(
    sending: UploadInputs, pauses: list[float], kind: str
) -> None:
    """Within a minute; when the fault is over, the same command sends what it takes."""
    faults, error, said = (FULL | LIES)[kind]
    sending.standin.faults(**faults)
    began = time.monotonic()
    with pytest.raises(error, match=said):
        sending.upload()
    assert time.monotonic() - began + sum(pauses) < 60
    sending.standin.faults()
    proof = sending.upload()
    assert proof.verified.pieces > 0
    assert_same(arrived(sending.standin, proof.url), sending.dataset)
