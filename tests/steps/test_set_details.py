"""The proof and the page get what the server has, and stay as old as they are."""

import json
import os
from pathlib import Path

import pytest
from wkflow.errors import ServerError
from wkflow.report.details_section import BEGIN, END
from wkflow.run_folder import PAGE, PROOF, PROOF_COPY
from wkflow.steps.set_details import check_details, tell_details
from wkflow.webknossos.upload_plan import UploadPlan

from tests.standin.conftest import Served
from tests.standin.sender import Sender, source

AGE_NS = 1_700_000_000 * 10**9


def delivery_to(url: str, **details: object) -> UploadPlan:
    return UploadPlan(
        dataset="/d", name="d", url=url, folder=None, transfer_mode="http", verify="none",
        ca_bundle=None, connections=1, discard=False, batches=(), extras=(), file_count=0,
        byte_bound=0, recipe="", details=details,
    )  # fmt: skip


@pytest.fixture
def sender(served: Served) -> Sender:
    """Give a client of a server that has a dataset."""
    return Sender(served(16), 16)


@pytest.fixture
def run_folder(sender: Sender, tmp_path: Path) -> Path:
    """Give what a finished upload leaves: the proof, its copy, and a page."""
    sender.reserve(1, size=None)
    assert sender.send("datasource-properties.json", source(mags=[])).status_code == 200
    (key,) = sender.finish().json().values()
    (tmp_path / PROOF_COPY).parent.mkdir()
    for name in (PROOF, PROOF_COPY):
        (tmp_path / name).write_text(json.dumps({"dataset_id": key, "url": "u", "bytes": 7}))
    (tmp_path / PAGE).write_text(f"<p>é</p>{BEGIN}{END}")
    for name in (PROOF, PAGE):
        os.utime(tmp_path / name, ns=(AGE_NS, AGE_NS))
    return tmp_path


def test_proof_and_page_say_what_the_server_has(sender: Sender, run_folder: Path) -> None:
    """To Snakemake both are the same files: their times stay. Receipts of other details go."""
    old = run_folder / "receipts/set_details/abc.json"
    old.parent.mkdir(parents=True)
    old.touch()
    url = sender.standin.url
    tell_details(delivery_to(url, tags=["em"], public=True), run_folder, sender.standin.token)
    tell_details(delivery_to(url, tags=["lm"]), run_folder, sender.standin.token)
    for name in (PROOF, PROOF_COPY):
        proof = json.loads((run_folder / name).read_bytes())
        assert (proof["bytes"], proof["details"]) == (7, {"tags": ["lm"], "public": True})
    assert "<dd>lm</dd>" in (run_folder / PAGE).read_text()
    assert [(run_folder / name).stat().st_mtime_ns for name in (PROOF, PAGE)] == [AGE_NS, AGE_NS]
    assert not old.exists()


def test_teams_are_looked_up_before_anything_is_sent(sender: Sender) -> None:
    """Where there are none, nothing is wrong."""
    url, token = sender.standin.url, sender.standin.token
    check_details(delivery_to(url, tags=["em"]), token)
    check_details(delivery_to(url, teams=["Default"]), token)
    with pytest.raises(ServerError, match="no team 'None'"):
        check_details(delivery_to(url, teams=["None"]), token)
