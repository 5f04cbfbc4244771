"""What became of values is added up, and kept in receipts as it is."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt
from wkflow.model.value_map import MappedValues, ValueMap, values_told

from tests.strategies import dataset_plan


def test_receipts_keep_what_was_mapped(tmp_path: Path) -> None:
    """Whole numbers stay whole; a receipt of values that stay says nothing of it."""
    path = tmp_path / "z0.json"
    for window in [(2**60, 2**60 + 9), (-0.5, 0.25), None]:
        receipt = Receipt("convert_slab", mapped=MappedValues(window, 3, 4, 5, "asked for"))
        receipt.write(path)
        assert Receipt.read(path) == receipt
    Receipt("convert_slab").write(path)
    assert "mapped" not in path.read_text()
    assert Receipt.read(path).mapped is None


@pytest.mark.parametrize("slip", ['"below": "3"', '"window": ["a", 2]', '"below": [], "nan": 0'])
def test_a_damaged_receipt_counts_as_none(tmp_path: Path, slip: str) -> None:
    """Numbers that are text would fail where they are added up."""
    path = tmp_path / "z0.json"
    path.write_text(f'{{"rule": "convert_slab", "files": [], "mapped": {{{slip}}}}}')
    assert Receipt.find(path) is None


def test_slabs_add_up() -> None:
    """Of one window."""
    one, other = MappedValues((0, 9), 1, 2, 3, "asked for"), MappedValues((0, 9), 10, 20, 30)
    assert one + other == MappedValues((0, 9), 11, 22, 33, "asked for")


def test_recipes_know_how_values_are_mapped() -> None:
    """Another window makes all slabs anew; without one the recipe is that of before."""
    assert values_told(None) == []
    told = [ValueMap((0, 9)), ValueMap((0, 8)), ValueMap((0, 9), invert=True),
            ValueMap(invert=True), ValueMap(is_auto=True)]  # fmt: skip
    assert len({str(values_told(one)) for one in told}) == len(told)
    assert ValueMap(is_auto=True).scales
    assert not ValueMap(invert=True).scales


def test_a_plan_says_nothing_of_values_that_stay(tmp_path: Path) -> None:
    """It is the document and the recipe that an earlier version makes; others come back whole."""
    plan = dataset_plan()
    plan.write(tmp_path / "plan.json")
    (document,) = json.loads((tmp_path / "plan.json").read_text())["layers"]
    assert "values" not in document
    for values in (None, ValueMap((2**60, 2**60 + 9)), ValueMap(is_auto=True, invert=True)):
        other = replace(plan, layers=(replace(plan.layers[0], values=values),))
        other.write(tmp_path / "plan.json")
        assert Plan.read(tmp_path / "plan.json") == other
        assert (other.recipe() == plan.recipe()) == (values is None)
