"""The window that voxels chose: kept in the run folder, and put into the plan of its layer."""

from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.errors import ConfigError
from wkflow.model.chosen_window import ChosenWindow, with_window
from wkflow.model.value_map import ValueMap

from tests.strategies import dataset_plan, small_layer_plan

CHOSEN = ChosenWindow("choose_window", 1, (3, 90), (1, 2), ((0, 70),), (0, 99), 1000, (3, 90), "so")


def test_it_goes_into_its_layer_alone(tmp_path: Path) -> None:
    """With the evidence; without a receipt the plan is what it was."""
    path = tmp_path / "choose_window" / "em" / "0.json"
    CHOSEN.write(path)
    assert ChosenWindow.read(path) == CHOSEN
    auto = ValueMap(is_auto=True, invert=True)
    layers = [replace(small_layer_plan(name=name), values=auto) for name in ("em", "other")]
    plan = dataset_plan(*layers)
    one, other = with_window(plan, [str(path)]).layers
    assert one.values == ValueMap((3, 90), is_auto=True, invert=True, evidence="so")
    assert other == plan.layers[1]
    assert with_window(plan, []) is plan


@pytest.mark.parametrize("content", ["", "[]", '{"rule": "choose_window"}'])
def test_a_damaged_one_is_refused(tmp_path: Path, content: str) -> None:
    """The next run makes it anew."""
    path = tmp_path / "0.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match="chosen window"):
        ChosenWindow.read(path)
