"""Which values become which: what is planned, refused, and told before the run."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from wkflow.errors import SourceError
from wkflow.model.source import Channel
from wkflow.model.value_map import ValueMap
from wkflow.planning.plan_values import shown_as, value_notes, values_lines

from tests.steps.stacks import Volume, grains, plan_of, write_tiffs
from tests.strategies import small_layer_plan


def values_of(folder: Path, volume: Volume, **options: object) -> ValueMap | None:
    """Plan a stack; give how its values are mapped."""
    (one,) = plan_of(write_tiffs(folder / "em", volume), **options).layers
    return one.values


@pytest.mark.parametrize(
    ("dtype", "options", "values"),
    [
        ("uint8", {}, None),
        ("uint8", {"dtype": "uint16"}, None),
        ("uint8", {"window": "10,90"}, ValueMap((10, 90))),
        ("uint16", {"window": "10,90"}, ValueMap((10, 90))),
        ("float32", {"window": "0,1", "dtype": "uint16"}, ValueMap((0, 1))),
        ("int32", {"window": "auto", "dtype": "uint8"}, ValueMap(is_auto=True)),
        ("int16", {"invert": True}, ValueMap(invert=True)),
        ("float32", {"window": "auto", "dtype": "uint8", "invert": True},
         ValueMap(is_auto=True, invert=True)),
    ],
)  # fmt: skip
def test_options_say_how_values_are_mapped(
    tmp_path: Path, dtype: str, options: dict[str, object], values: ValueMap | None
) -> None:
    """Values that a plain dtype would refuse are taken by a window."""
    assert values_of(tmp_path, grains(2, dtype=dtype), **options) == values


@pytest.mark.parametrize(
    ("dtype", "options", "words"),
    [
        ("float32", {"window": "0,1"}, "holds float32, and a window is mapped to uint8 or uint16"),
        ("uint32", {"window": "auto"}, "Add --dtype uint8 or --dtype uint16"),
        ("uint8", {"window": "255,300"}, "none of it lies within the window"),
        ("int8", {"window": "-500,-128", "dtype": "uint8"}, "from -128 to 127: none of it"),
        ("float32", {"invert": True}, "a window has to say"),
        ("uint8", {"invert": True, "dtype": "uint16"}, "uint8, which becomes uint16"),
    ],
)
def test_what_cannot_be_mapped_is_refused(
    tmp_path: Path, dtype: str, options: dict[str, object], words: str
) -> None:
    """Before anything is written."""
    with pytest.raises(SourceError, match=words):
        values_of(tmp_path, grains(2, dtype=dtype), **options)


def test_labels_are_not_mapped(tmp_path: Path) -> None:
    """Also where nobody but their name says that they are labels."""
    source = write_tiffs(tmp_path / "labels", grains(2))
    for options in ({"window": "10,90"}, {"invert": True}):
        with pytest.raises(SourceError, match="whose numbers are names of segments"):
            plan_of(source, category=None, **options)


def test_a_stated_range_of_the_old_values_is_not_kept() -> None:
    """Turned round where values are, and left to the new ones after a window."""
    channel = Channel("DAPI", (0, 0, 255), (10.0, 200.0))
    assert shown_as(channel, None, "uint8") == channel
    assert shown_as(channel, ValueMap((0, 9)), "uint8").window is None
    assert shown_as(channel, ValueMap(invert=True), "uint8").window == (55.0, 245.0)
    assert shown_as(channel, ValueMap(invert=True), "int8").window == (-201.0, -11.0)
    assert shown_as(Channel(), ValueMap(invert=True), "uint8") == Channel()


def test_notes_say_what_a_window_costs_and_cannot_do(tmp_path: Path) -> None:
    """Passes over the voxels; values that do not occur."""
    source = write_tiffs(tmp_path / "em", grains(2, dtype="float32"))
    plan = plan_of(source, window="auto", dtype="uint8")
    assert any("all its voxels are read twice" in note for note in plan.notes)
    small = small_layer_plan()
    beyond, within = (replace(small, values=ValueMap(ends)) for ends in ((-5, 90), (0, 255)))
    assert "reaches beyond what uint8 holds (0 to 255)" in next(value_notes([beyond]))
    assert list(value_notes([within, small])) == []


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (None, []),
        (ValueMap(invert=True), ["values are inverted"]),
        (ValueMap((300, 4000.5)), ["values 300 to 4000.5 become 0 to 255"]),
        (ValueMap((3, 4), invert=True), ["values 3 to 4 become 255 to 0"]),
        (ValueMap(is_auto=True),
         ["percentiles of all values, when they are read, become 0 to 255"]),
    ],
)  # fmt: skip
def test_a_dry_run_says_it_in_a_line(values: ValueMap | None, line: list[str]) -> None:
    """For each layer."""
    assert values_lines(replace(small_layer_plan(), values=values)) == line


def test_the_level_of_compression_is_chosen_from_mapped_values(tmp_path: Path) -> None:
    """Of floats that no whole numbers stand for: their fractions would all be 0."""
    volume = np.random.default_rng(0).random((16, 64, 64)).astype("float32")
    tifffile.imwrite(tmp_path / "em.tif", volume, photometric="minisblack")
    (one,) = plan_of(tmp_path / "em.tif", window="0,1", dtype="uint8").layers
    assert "zstd:1 to 5 leave" in one.codec_evidence
