"""The local dataset goes as a whole, and nothing beside it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.steps.discard_local import discard_local
from wkflow.webknossos.upload_plan import UploadPlan

from tests.webknossos.test_upload_plan import DELIVERY


@pytest.fixture
def delivery(tmp_path: Path) -> UploadPlan:
    """Make what is left of a dataset in its run folder."""
    for name in (
        "dataset/em/1/c/0/0/0/0",
        "dataset/datasource-properties.json",
        "scratch/em/z0",
        "upload.json",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    return replace(DELIVERY, dataset=str(tmp_path / "dataset"))


def test_the_dataset_is_removed(tmp_path: Path, delivery: UploadPlan) -> None:
    """Shards that are left, metadata, properties, what jobs kept; the proof stays."""
    assert discard_local(delivery, tmp_path / "scratch").rule == "discard_local"
    assert [path.name for path in tmp_path.iterdir()] == ["upload.json"]


def test_there_may_be_nothing_that_jobs_kept(tmp_path: Path, delivery: UploadPlan) -> None:
    """The small mags were built, and took it with them."""
    shutil.rmtree(tmp_path / "scratch")
    discard_local(delivery, tmp_path / "scratch")
    assert [path.name for path in tmp_path.iterdir()] == ["upload.json"]


def test_what_links_lead_to_stays(tmp_path: Path, delivery: UploadPlan) -> None:
    """It is somebody else's."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "thesis.txt").write_text("years of work")
    (tmp_path / "dataset" / "link").symlink_to(tmp_path / "elsewhere")
    discard_local(delivery, tmp_path / "scratch")
    assert (tmp_path / "elsewhere" / "thesis.txt").exists()


def test_a_job_that_was_killed_can_be_repeated(tmp_path: Path, delivery: UploadPlan) -> None:
    """After the last file went and before there was a receipt."""
    discard_local(delivery, tmp_path / "scratch")
    discard_local(delivery, tmp_path / "scratch")
