"""What a target may not be, and that a refusal changes nothing."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from wkflow.errors import ConfigError
from wkflow.options.settings import Settings
from wkflow.planning.check_target import check_target, require_started_by_itself
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.run_folder import CLAIM, CONFIG, PLAN

from tests.steps.stacks import grains, settings_of, write_tiffs
from tests.steps.whole_runs import carry_out

GIVEN = {"voxel_size": "10,10,10", "category": "color"}

Files = dict[str, bytes | str]


def files(folder: Path) -> Files:
    """Read all files below a folder, and where links lead."""
    return {
        str(path.relative_to(folder)): str(path.readlink())
        if path.is_symlink()
        else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def refuse(source: Path | str, words: str, **options: object) -> str:
    with pytest.raises(ConfigError, match=words) as caught:
        check_target(settings_of(Path(source), **options))
    return str(caught.value)


def begun(tmp_path: Path) -> tuple[Path, Path]:
    """Convert one stack; give it, and another one."""
    one, other = (write_tiffs(tmp_path / name, grains(3)) for name in ("one", "other"))
    carry_out(settings_of(one))
    return one, other


def test_another_source_is_refused_and_both_are_named(tmp_path: Path) -> None:
    """Nothing changes, and the first one goes on."""
    one, other = begun(tmp_path)
    before = files(tmp_path)
    said = refuse(other, "was made from")
    assert str(one) in said
    assert str(other) in said
    assert "--overwrite-existing" in said
    assert files(tmp_path) == before
    check_target(settings_of(one))


def test_a_source_goes_by_many_spellings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative, with a slash, through a link: the same source."""
    one, _ = begun(tmp_path)
    (tmp_path / "link").symlink_to(one)
    monkeypatch.chdir(tmp_path)
    for source in ("one", "./one/", "link", f"{one}/../one"):
        options = {**GIVEN, "source": source, "target": tmp_path / "target"}
        check_target(Settings.parse(options, where="test"))


@pytest.mark.parametrize("kept", [(CONFIG, PLAN), (PLAN,), (CONFIG,)])
def test_an_earlier_versions_claim_is_completed(tmp_path: Path, kept: tuple[str, ...]) -> None:
    """It held the dataset's path only: options or plan of the run folder know the source."""
    one, other = begun(tmp_path)
    folder = tmp_path / "target.wkflow"
    (folder / CONFIG).write_text(json.dumps({"source": str(one), "target": "t"}))
    for name in {CONFIG, PLAN, "draft.json"} - set(kept):
        (folder / name).unlink()
    for content in (json.dumps(str(tmp_path / "target")), "", "{", "\0\xff"):
        (folder / CLAIM).write_text(content, encoding="latin-1")
        check_target(settings_of(one))
        refuse(other, "was made from")


def test_where_nothing_tells_the_source_the_run_folder_counts(tmp_path: Path) -> None:
    """What cannot be read counts as absent, and the same command goes on."""
    one, _ = begun(tmp_path)
    for path in (tmp_path / "target.wkflow").glob("*.json"):
        path.write_bytes(b"")
    check_target(settings_of(one))


def test_a_dataset_without_its_run_folder_is_refused(tmp_path: Path) -> None:
    """Nobody knows of what it was made."""
    one, _ = begun(tmp_path)
    (tmp_path / "target.wkflow").rename(tmp_path / "gone")
    refuse(one, "was not made by a run of this folder")


def test_a_run_folder_serves_one_target(tmp_path: Path) -> None:
    """Another target with the same --work-dir is refused, whatever it holds."""
    one, other = (write_tiffs(tmp_path / name, grains(3)) for name in ("one", "other"))
    shared = {"work_dir": tmp_path / "run"}
    carry_out(settings_of(one, **shared))
    said = refuse(other, "belongs to", target=tmp_path / "second", **shared)
    assert str(tmp_path / "target") in said
    check_target(settings_of(one, **shared))


PLACES: dict[str, Callable[[Path], Path]] = {
    "source": lambda folder: folder / "data/em",
    "around": lambda folder: folder / "data",
    "inside": lambda folder: folder / "data/em/out",
    "link to source": lambda folder: folder / "link",
    "inside through a link": lambda folder: folder / "link/out",
    "around through a link": lambda folder: folder / "all",
}


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("overwrites", [False, True])
def test_a_target_that_touches_the_source_is_refused(
    tmp_path: Path, name: str, *, overwrites: bool
) -> None:
    """With the option and without, before anything is there."""
    source = write_tiffs(tmp_path / "data/em", grains(2))
    (tmp_path / "link").symlink_to(source)
    (tmp_path / "all").symlink_to(tmp_path / "data")
    before = files(tmp_path)
    refuse(source, "source", target=PLACES[name](tmp_path), overwrite_existing=overwrites)
    assert files(tmp_path) == before


def test_a_source_that_is_a_link_out_of_the_target_is_refused(tmp_path: Path) -> None:
    """The link would go with the target."""
    real = write_tiffs(tmp_path / "real", grains(2))
    (tmp_path / "target").mkdir()
    (tmp_path / "target/em").symlink_to(real)
    refuse(tmp_path / "target/em", "holds the source", target=tmp_path / "target")


def test_slices_that_are_links_into_the_target_are_found(tmp_path: Path) -> None:
    """Each file's real path counts."""
    one = write_tiffs(tmp_path / "one", grains(3))
    carry_out(settings_of(one, compression="zstd:4"))
    raw = tmp_path / "target/one/1/c/0/0/0/0"
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/a.raw").symlink_to(raw)
    options = {"raw_shape": "233,2,2", "raw_dtype": "uint8", "overwrite_existing": True}
    before = files(tmp_path)
    with pytest.raises(ConfigError, match=r"holds .*a\.raw, which is to be converted"):
        carry_out(settings_of(tmp_path / "linked", **options))
    assert files(tmp_path) == before


@pytest.mark.parametrize("place", ["cwd", "home", "above", "root"])
def test_nobody_replaces_home_or_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Nor what holds them, nor the root of a file system."""
    source = write_tiffs(tmp_path / "em", grains(2))
    (tmp_path / "a/b").mkdir(parents=True)
    if place == "root":
        monkeypatch.setattr(os.path, "ismount", lambda path: str(path).endswith("a/b"))
    elif place == "home":
        monkeypatch.setenv("HOME", str(tmp_path / "a/b"))
    else:
        monkeypatch.chdir(tmp_path / "a/b")
    target = tmp_path / ("a" if place == "above" else "a/b")
    words = "root of a file system" if place == "root" else "never replaced"
    refuse(source, words, target=target, overwrite_existing=True)


@pytest.mark.parametrize("place", ["thesis.doc", "one/notes.txt", "one/1/c/0/thesis", "info"])
def test_a_foreign_file_is_named(tmp_path: Path, place: str) -> None:
    """Wherever it is in the dataset; nothing is removed."""
    _, other = begun(tmp_path)
    (tmp_path / "target" / place).write_text("years of work")
    before = files(tmp_path)
    said = refuse(other, "no dataset is made of", overwrite_existing=True)
    assert place in said
    assert files(tmp_path) == before


def test_a_module_replaces_nothing(tmp_path: Path) -> None:
    """No hook of another workflow claims the target; a new one is no trouble."""
    one, other = begun(tmp_path)
    require_started_by_itself(settings_of(one, overwrite_existing=True))
    require_started_by_itself(settings_of(other, target=tmp_path / "new", overwrite_existing=True))
    with pytest.raises(ConfigError, match="module of another workflow"):
        require_started_by_itself(settings_of(other, overwrite_existing=True))


def test_a_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    """Before a folder is to be made in its place."""
    source = write_tiffs(tmp_path / "em", grains(2))
    (tmp_path / "target").symlink_to(tmp_path / "nowhere")
    refuse(source, "is a link to .*nowhere")


def test_a_run_folder_is_not_in_its_dataset(tmp_path: Path) -> None:
    """It would be sent, or removed, with it."""
    source = write_tiffs(tmp_path / "em", grains(2))
    for folder in ("target", "target/run"):
        refuse(source, "holds the run folder", work_dir=tmp_path / folder)


@pytest.mark.parametrize("folder", ["one", "one/1", "one/2"])
def test_layers_and_mags_that_lead_out_are_refused(tmp_path: Path, folder: str) -> None:
    """A link in the target to a folder elsewhere: named, and nothing there changes."""
    one, _ = begun(tmp_path)
    place, outside = tmp_path / "target" / folder, tmp_path / "outside"
    if not place.exists():
        pytest.skip("no such mag")
    place.rename(outside)
    place.symlink_to(outside)
    before = files(outside)
    with pytest.raises(ConfigError, match="leads out of the dataset"):
        plan_conversion(settings_of(one))
    assert files(outside) == before
