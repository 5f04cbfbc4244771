"""What is known of a target: the source that began it, from whatever can still be read."""

import json
from pathlib import Path

import pytest
from wkflow.model.claim import Claim
from wkflow.planning.target_state import TargetState, began_of, is_filled
from wkflow.run_folder import CONFIG, DRAFT

from tests.steps.stacks import grains, plan_of, settings_of, write_tiffs


def test_a_target_may_hold_nothing(tmp_path: Path) -> None:
    """An empty folder can be lost; a link, a file, a hidden file cannot."""
    (tmp_path / "empty").mkdir()
    assert not is_filled(tmp_path / "empty")
    assert not is_filled(tmp_path / "nowhere")
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "empty" / ".hidden").touch()
    assert is_filled(tmp_path / "link")
    assert is_filled(tmp_path / "empty")
    assert is_filled(tmp_path / "empty" / ".hidden")


@pytest.mark.parametrize("text", ["source: /data/em", "{command: downsample, target: /data/em}"])
def test_the_options_know_the_source(tmp_path: Path, text: str) -> None:
    """Or the target, where that gets more mags."""
    (tmp_path / CONFIG).write_text(text)
    assert began_of(tmp_path, "/data/other") == "/data/em"


def test_the_last_plan_knows_the_source(tmp_path: Path) -> None:
    """Its files lie below it."""
    plan = plan_of(write_tiffs(tmp_path / "em", grains(2)))
    plan.write(tmp_path / DRAFT)
    (tmp_path / CONFIG).write_text(json.dumps({"target": "t"}))
    for source in (tmp_path, tmp_path / "em"):
        assert began_of(tmp_path, str(source)) == str(source)
    assert began_of(tmp_path, str(tmp_path / "e")) == str(tmp_path / "em")
    Claim("", "/data/said").write(tmp_path)
    assert began_of(tmp_path, "/data/other") == "/data/said"


def test_a_first_run_owns_nothing(tmp_path: Path) -> None:
    """And begins nothing anew."""
    state = TargetState.of(settings_of(tmp_path / "em", overwrite_existing=True))
    assert (state.owner, state.begins_anew, state.place) == (None, False, tmp_path / "target")
