"""What is skipped without asking Snakemake, and what is not."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from wkflow.options.settings import Settings
from wkflow.planning.finished_state import is_unchanged, look_at_source, note_finished
from wkflow.run_folder import ASKED, FINISHED, REPORT


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give a run whose files are there, as if it had ended well."""
    for name in ("source/a.tif", "source/deep/b.tif", "out/mag/1", f"out.wkflow/{REPORT}"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return made(tmp_path)


def made(folder: Path, **more: object) -> Settings:
    given = {"source": folder / "source", "target": folder / "out", "voxel_size": "1,1,1"}
    return Settings.parse(given | more, where="test")


def test_what_nobody_touched_is_unchanged(settings: Settings, tmp_path: Path) -> None:
    """However many cores there are now."""
    source = look_at_source(settings)
    assert source.bytes == len("source/a.tif") + len("source/deep/b.tif")
    assert not is_unchanged(settings, source)
    note_finished(settings, source)
    assert is_unchanged(settings, look_at_source(settings))
    assert is_unchanged(made(tmp_path, jobs=3, memory="1G"), source)
    assert not is_unchanged(made(tmp_path, voxel_size="1,1,2"), source)


CHANGES: list[Callable[[Path], object]] = [
    lambda folder: (folder / "source" / "c.tif").touch(),
    lambda folder: (folder / "source" / "a.tif").unlink(),
    lambda folder: os.utime(folder / "source" / "deep" / "b.tif", (1, 1)),
    lambda folder: (folder / "out" / "mag" / "1").write_text("longer than before"),
    lambda folder: (folder / "out" / "mag" / "1").unlink(),
    lambda folder: (folder / "out.wkflow" / REPORT).unlink(),
    lambda folder: (folder / "out.wkflow" / ASKED).touch(),
    lambda folder: (folder / "out.wkflow" / FINISHED).write_text("[]"),
    lambda folder: (folder / "source" / "more").symlink_to(folder / "out"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_seen(
    settings: Settings, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    """Of the source, the dataset, and what the run left; Snakemake judges it then."""
    note_finished(settings, look_at_source(settings))
    change(tmp_path)
    assert not is_unchanged(settings, look_at_source(settings))


def test_a_source_that_changed_meanwhile_is_looked_at_again(
    settings: Settings, tmp_path: Path
) -> None:
    """The run may have read the old file or the new one."""
    before = look_at_source(settings)
    note_finished(settings, before)
    (tmp_path / "source" / "a.tif").write_text("changed")
    note_finished(settings, before)
    assert not is_unchanged(settings, look_at_source(settings))


def test_nothing_is_known_of_the_network() -> None:
    """So Snakemake is asked."""
    given = {"source": "https://example.org/a.tif", "target": "out", "voxel_size": "1,1,1"}
    settings = Settings.parse(given, where="test")
    assert look_at_source(settings).digest == ""
    assert not is_unchanged(settings, look_at_source(settings))
