"""The local dataset goes as a whole, and nothing beside it."""

from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.delivery import Delivery
from wkflow.steps.discard_local import discard_local

from ..test_delivery import DELIVERY  # noqa: TID252 -- tests are a package


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    """Make what is left of a dataset in its run folder."""
    for name in ("dataset/em/1/c/0/0/0/0", "dataset/datasource-properties.json", "upload.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    return replace(DELIVERY, dataset=str(tmp_path / "dataset"))


def test_the_dataset_is_removed(tmp_path: Path, delivery: Delivery) -> None:
    """Shards that are left, metadata, properties; the proof stays."""
    assert discard_local(delivery).rule == "discard_local"
    assert [path.name for path in tmp_path.iterdir()] == ["upload.json"]


def test_what_links_lead_to_stays(tmp_path: Path, delivery: Delivery) -> None:
    """It is somebody else's."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "thesis.txt").write_text("years of work")
    (tmp_path / "dataset" / "link").symlink_to(tmp_path / "elsewhere")
    discard_local(delivery)
    assert (tmp_path / "elsewhere" / "thesis.txt").exists()


@pytest.mark.xfail(reason="a folder that is gone is an error", raises=FileNotFoundError)
def test_a_job_that_was_killed_can_be_repeated(delivery: Delivery) -> None:
    """After the last file went and before there was a receipt."""
    discard_local(delivery)
    discard_local(delivery)
