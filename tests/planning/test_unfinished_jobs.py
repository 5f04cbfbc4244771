"""After a failure a line says what is not whole."""

from pathlib import Path

from wkflow.model.write_datasource import PROPERTIES
from wkflow.planning.unfinished_jobs import unfinished

from tests.planning.test_check_target import begun
from tests.steps.stacks import grains, settings_of, write_tiffs
from tests.steps.whole_runs import carry_out


def test_a_published_dataset_and_none_need_no_word(tmp_path: Path) -> None:
    """Nothing was changed."""
    source = write_tiffs(tmp_path / "em", grains(3))
    assert unfinished(settings_of(source)) is None
    carry_out(settings_of(source))
    assert unfinished(settings_of(source)) is None


def test_jobs_that_are_open_are_counted(tmp_path: Path) -> None:
    """With their layers; or only the end is missing."""
    settings = settings_of(write_tiffs(tmp_path / "em", grains(3)))
    carry_out(settings, until="downsample")
    assert "is not whole: 1 of 2 jobs of layer em are not done" in str(unfinished(settings))
    carry_out(settings, until="write_properties")
    assert "its metadata is not written" in str(unfinished(settings))
    carry_out(settings)
    (tmp_path / "target" / PROPERTIES).unlink()
    assert "its metadata is not written" in str(unfinished(settings))


def test_a_dataset_that_is_being_replaced_is_as_it_was(tmp_path: Path) -> None:
    """The new one lies beside it."""
    _, other = begun(tmp_path)
    settings = settings_of(other, overwrite_existing=True)
    carry_out(settings, until="downsample")
    said = str(unfinished(settings))
    assert f"{tmp_path / 'target'} is as it was" in said
    assert ".target.wkflow-new" in said
