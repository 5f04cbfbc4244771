"""Tell the server what a dataset says of itself, and note in the proof what it has of that."""

import json
import os
from pathlib import Path

from wkflow import atomic_files
from wkflow.model.dataset_details import DatasetDetails
from wkflow.network.retry import START_RETRIES, RetryBudget
from wkflow.run_folder import PAGE, PROOF, PROOF_COPY, RunFolder
from wkflow.webknossos.client.details import set_details, team_ids
from wkflow.webknossos.client.server import Server
from wkflow.webknossos.client.session import Session
from wkflow.webknossos.upload_plan import UploadPlan


def check_details(delivery: UploadPlan, token: str) -> None:
    """Ask the server whether all that is to be said of the dataset can be said.

    Raises
    ------
    ServerError
        If it has no such team.
    TransientError
        If it cannot be reached.
    """
    budget = RetryBudget(START_RETRIES)
    with Session(
        token, ca_bundle=delivery.ca_bundle, insecure=delivery.insecure, budget=budget
    ) as session:
        require_teams(Server.connect(session, delivery.url), delivery)


def require_teams(server: Server, delivery: UploadPlan) -> None:
    """Refuse teams that the server does not know.

    Raises
    ------
    ServerError
        With the nearest names.
    """
    if teams := DatasetDetails.of(delivery.details).teams:
        team_ids(server, teams)


def tell_details(delivery: UploadPlan, run_folder: Path, token: str) -> None:
    """Set the details of the dataset that the proof names, and add what the server has to it.

    The proof keeps its time: to Snakemake it is the same. So does the page, where there is one.

    Raises
    ------
    ServerError, VerificationError, TransientError
        As `set_details`.
    """
    proof = json.loads((run_folder / PROOF).read_bytes())
    for receipt in (RunFolder(run_folder).receipts / "set_details").glob("*.json"):
        receipt.unlink()  # what they tell of is true no more, and may be wanted again
    with Session(token, ca_bundle=delivery.ca_bundle, insecure=delivery.insecure) as session:
        server = Server.connect(session, delivery.url)
        details = DatasetDetails.of(delivery.details)
        kept = set_details(server, str(proof["dataset_id"]), details)
    proof["details"] = dict(proof.get("details") or {}) | kept.to_dict()
    for name in (PROOF_COPY, PROOF):
        amend(run_folder / name, atomic_files.as_json(proof))
    if (run_folder / PAGE).exists():
        from wkflow.report.details_section import with_details  # noqa: PLC0415 -- it imports Jinja2

        page = (run_folder / PAGE).read_text()
        amend(run_folder / PAGE, with_details(page, proof["details"]).encode())


def amend(path: Path, content: bytes) -> None:
    """Replace a file that is there; its time stays."""
    state = path.stat()
    with atomic_files.atomic_write(path) as file:
        file.write(content)
        file.flush()
        os.utime(file.fileno(), ns=(state.st_atime_ns, state.st_mtime_ns))
