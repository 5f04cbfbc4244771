"""The voxel size: what the option says, else what the files state, and what a person is told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import ConfigError, SourceError
from wkflow.model.source import Header, ImageMetadata, Source
from wkflow.model.units import NANOMETERS, UNITS
from wkflow.options.parsers import is_plausible
from wkflow.options.settings import Settings
from wkflow.planning import choose_voxel_size as step
from wkflow.planning.choose_voxel_size import Chosen, Stated
from wkflow.planning.find_volumes import Volume

from tests.steps.stacks import settings_of


def choose_scale(given: Settings, volumes: list[Volume]) -> Chosen:
    """Choose from what each volume states of itself."""
    return step.choose_scale(given, [(one, one.about.voxel_nm) for one in volumes])


STATED: Stated = (11.24, 11.24, 25.0)


def volume(stated: Stated = (None, None, None), *, name: str = "em", depth: int = 9) -> Volume:
    source = Source((f"/data/{name}.tif",), ((1, 1),), Header(9, 9, depth, 1, "uint8"), (1, 1, 1))
    return Volume(name, source, ImageMetadata(voxel_nm=stated))


def settings(**options: object) -> Settings:
    return settings_of(Path("/data/em"), **{"voxel_size": None} | options)


def test_the_option_counts() -> None:
    """Where files state nothing, or the same, nothing is said."""
    given = settings(voxel_size="11.24,11.24,25")
    for volumes in ([], [volume()], [volume(STATED)], [volume((11.24, None, None))]):
        assert choose_scale(given, volumes) == Chosen(STATED)


def test_files_that_state_otherwise_are_told() -> None:
    """The first of them: a slip of the option is seen before hours are spent."""
    given = settings(voxel_size="11.24,11.24,25", unit="nm")
    chosen = choose_scale(given, [volume(STATED), volume((4.0, 4.0, None), name="b"), volume()])
    assert chosen.scale == STATED
    assert chosen.notes == (
        "/data/b.tif states a voxel size of 4,4,? nanometer; --voxel-size is used",
    )


def test_digits_that_were_left_out_are_no_difference() -> None:
    """A hundredth is."""
    given = settings(voxel_size="11.24,11.24,25")
    assert not choose_scale(given, [volume((11.2400001, 11.24, 25.1))]).notes
    assert choose_scale(given, [volume((11.24, 11.24, 26.0))]).notes


def test_files_are_believed_where_nothing_was_said() -> None:
    """The first that states all of it; others that differ are told."""
    volumes = [volume(), volume((5.0, 5.0, None)), volume(STATED, name="b"), volume(STATED)]
    chosen = choose_scale(settings(), volumes)
    assert chosen.scale == STATED
    says, others = chosen.notes
    assert says == "voxel size 11.24,11.24,25 nanometer, as /data/b.tif states"
    assert "5,5,? nanometer; the first is used" in others
    assert len(choose_scale(settings(), volumes[2:]).notes) == 1


def test_a_single_slice_is_as_thick_as_it_is_wide() -> None:
    """A photograph has no thickness, and needs no option for it."""
    assert choose_scale(settings(), [volume((4.0, 5.0, None), depth=1)]).scale == (4.0, 5.0, 4.0)
    with pytest.raises(ConfigError):
        choose_scale(settings(), [volume((4.0, 5.0, None), depth=2)])


@given(unit=st.sampled_from(UNITS), size=st.floats(0.1, 900))
def test_what_files_state_is_told_in_the_unit_of_the_options(unit: str, size: float) -> None:
    """Without the digits that only the conversion made."""
    edge = float(f"{size:.4g}")
    nanometers = edge * NANOMETERS[unit]
    if not is_plausible((edge,) * 3, unit):
        with pytest.raises(SourceError, match="implausible voxel size"):
            choose_scale(settings(unit=unit), [volume((nanometers,) * 3)])
        return
    chosen = choose_scale(settings(unit=unit), [volume((nanometers,) * 3)])
    assert chosen.scale == (edge,) * 3


@pytest.mark.parametrize(
    ("volumes", "words"),
    [
        ([volume()], "is required: the files state none"),
        ([volume((4.0, None, 5.0))], "is required; the files state 4,?,5 nanometer only"),
    ],
)
def test_a_size_that_nobody_states_is_asked_for(volumes: list[Volume], words: str) -> None:
    """With what is known, and an example."""
    with pytest.raises(ConfigError) as caught:
        choose_scale(settings(), volumes)
    assert (caught.value.what, caught.value.where) == (words, "voxel_size")
    assert "--voxel-size 11.24,11.24,25" in caught.value.remedy


@pytest.mark.parametrize(
    "stated",
    [
        (25e6, 25e6, 25e6),
        (1e-4, 1e-4, 1e-4),
        (4.0, 4.0, 5000.0),
        (-4.0, 4.0, 4.0),
        (0.0, 4.0, 4.0),
        (float("nan"), 4.0, 4.0),
        (float("inf"), 4.0, 4.0),
    ],
)
def test_what_no_voxel_has_is_refused(stated: Stated) -> None:
    """A slip of the unit in a file; the option overrules it."""
    with pytest.raises(SourceError, match="states an implausible voxel size") as caught:
        choose_scale(settings(), [volume(stated)])
    assert caught.value.where == "/data/em.tif"
    assert "--voxel-size" in caught.value.remedy
    assert choose_scale(settings(voxel_size="4,4,4"), [volume(stated)]).scale == (4, 4, 4)
