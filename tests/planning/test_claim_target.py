"""A dataset is replaced when the new one is whole; killed anywhere, the same command ends it."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from numpy.typing import NDArray
from wkflow.errors import ConfigError, SourceError, UnansweredError
from wkflow.formats.replace_dataset import finish_replacing
from wkflow.model.claim import Claim, new_of, old_of
from wkflow.model.write_datasource import PROPERTIES
from wkflow.planning import check_resources as room
from wkflow.planning.check_resources import check_room
from wkflow.planning.claim_target import claim_target
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.planning.target_state import ANEW
from wkflow.run_folder import ASKED, CLAIM, PLAN, REPORT

from tests.planning.test_check_target import begun, files
from tests.steps.stacks import grains, plan_of, settings_of, write_tiffs
from tests.steps.whole_runs import carry_out, planned


def voxels(dataset: Path, layer: str) -> NDArray[Any]:
    return np.asarray(zarr.open_array(dataset / layer / "1", mode="r")[0]).T


def other_volume() -> NDArray[Any]:
    return grains(3)[::-1].copy()


def begun_apart(tmp_path: Path) -> tuple[Path, Path]:
    one, _ = begun(tmp_path)
    return one, write_tiffs(tmp_path / "second", other_volume())


def beside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob(".target*"))


def test_the_old_dataset_is_whole_until_the_new_one_is(tmp_path: Path) -> None:
    """Every file of it, up to the rename."""
    _, second = begun_apart(tmp_path)
    before = files(tmp_path / "target")
    settings = settings_of(second, overwrite_existing=True)
    for until in ("convert_slab", "downsample", "write_properties", "finish_replacing"):
        carry_out(settings, until=until)
        assert files(tmp_path / "target") == before, until
    carry_out(settings)
    assert np.array_equal(voxels(tmp_path / "target", "second"), other_volume())
    assert not (tmp_path / "target/one").exists()
    assert not beside(tmp_path)
    assert Claim.read(tmp_path / "target.wkflow") == Claim(str(tmp_path / "target"), str(second))


@pytest.mark.parametrize("count", range(8))
def test_a_kill_between_any_two_steps_is_healed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """The swap stops before each change of the disk in turn; the same command ends it."""
    _, second = begun_apart(tmp_path)
    settings = settings_of(second, overwrite_existing=True)
    plan = carry_out(settings, until="finish_replacing")
    left = count

    class Killed(BaseException):
        pass

    def dying(change: Any) -> Any:  # noqa: ANN401 -- any change of the disk
        def once(*given: Any, **more: Any) -> Any:  # noqa: ANN401
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return change(*given, **more)

        return once

    with monkeypatch.context() as patch:
        for name in ("rename", "replace", "unlink", "rmdir"):
            patch.setattr(Path, name, dying(getattr(Path, name)))
        with pytest.raises(Killed):
            finish_replacing(plan, settings.run_folder)
    target, old = tmp_path / "target", old_of(tmp_path / "target")
    assert any((place / PROPERTIES).exists() for place in (target, old))
    carry_out(settings)
    assert np.array_equal(voxels(target, "second"), other_volume())
    assert not beside(tmp_path)


@pytest.mark.parametrize("until", ["downsample", "finish_replacing"])
def test_a_claim_that_cannot_be_read_costs_nothing(tmp_path: Path, until: str) -> None:
    """The folder beside the target tells that it is being replaced."""
    _, second = begun_apart(tmp_path)
    before = files(tmp_path / "target")
    settings = settings_of(second, overwrite_existing=True)
    carry_out(settings, until=until)
    (settings.run_folder / CLAIM).write_text("{")
    carry_out(settings, until="finish_replacing")
    assert files(tmp_path / "target") == before
    carry_out(settings)
    assert np.array_equal(voxels(tmp_path / "target", "second"), other_volume())
    assert not beside(tmp_path)


def test_a_run_that_only_shows_its_jobs_changes_nothing(tmp_path: Path) -> None:
    """Receipts of the old dataset come back, and the first source goes on as if nothing was."""
    one, second = begun_apart(tmp_path)
    folder = tmp_path / "target.wkflow"
    receipts, target = files(folder / "receipts"), files(tmp_path / "target")
    planned(settings_of(second, overwrite_existing=True))
    assert not (folder / "receipts").exists()
    planned(settings_of(one))
    assert files(folder / "receipts") == receipts
    assert (folder / REPORT).exists()
    assert files(tmp_path / "target") == target


def test_a_bad_source_leaves_all_as_it_was(tmp_path: Path) -> None:
    """It is looked at before anything is cleared."""
    one, _ = begun(tmp_path)
    before = files(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError):
        carry_out(settings_of(tmp_path / "empty", overwrite_existing=True))
    assert files(tmp_path) == before
    carry_out(settings_of(one))
    assert files(tmp_path / "target") == {
        name.removeprefix("target/"): content
        for name, content in before.items()
        if name.startswith("target/")
    }


def test_the_same_source_once_more_goes_beside_as_well(tmp_path: Path) -> None:
    """When the command asks for it; a plain one has nothing to do."""
    one, _ = begun(tmp_path)
    settings = settings_of(one, overwrite_existing=True)
    (settings.run_folder / ASKED).write_text(ANEW)
    carry_out(settings, until="write_properties")
    assert beside(tmp_path) == [".target.wkflow-new"]
    assert (settings.run_folder / ASKED).read_text() == ""
    carry_out(settings)
    assert not beside(tmp_path)
    (settings.run_folder / ASKED).touch()  # asked again whether that was all
    carry_out(settings, until="convert_slab")
    assert not beside(tmp_path)


def test_a_replacement_that_is_given_up_leaves_the_old_one(tmp_path: Path) -> None:
    """Plain commands are refused while it lasts; when its folder is removed, the old goes on."""
    one, second = begun_apart(tmp_path)
    before = files(tmp_path / "target")
    carry_out(settings_of(second, overwrite_existing=True), until="write_properties")
    for source in (one, second):
        with pytest.raises(ConfigError, match="is being replaced by a dataset of") as caught:
            plan_conversion(settings_of(source))
        assert str(new_of(tmp_path / "target")) in str(caught.value)
    shutil.rmtree(new_of(tmp_path / "target"))
    with pytest.raises(ConfigError, match="was made from"):
        plan_conversion(settings_of(second))
    carry_out(settings_of(one))
    assert files(tmp_path / "target") == before


def test_a_third_source_may_take_over(tmp_path: Path) -> None:
    """What was built beside the target goes."""
    _, second = begun_apart(tmp_path)
    carry_out(settings_of(second, overwrite_existing=True), until="write_properties")
    third = write_tiffs(tmp_path / "third", grains(2))
    carry_out(settings_of(third, overwrite_existing=True))
    assert np.array_equal(voxels(tmp_path / "target", "third"), grains(2))
    assert not beside(tmp_path)


def test_an_unfinished_run_of_the_same_source_goes_on(tmp_path: Path) -> None:
    """With the option as well: its own files are no reason to begin again."""
    one = write_tiffs(tmp_path / "one", grains(3))
    carry_out(settings_of(one), until="downsample")
    receipts = files(tmp_path / "target.wkflow/receipts")
    carry_out(settings_of(one, overwrite_existing=True), until="downsample")
    assert files(tmp_path / "target.wkflow/receipts") == receipts
    assert not beside(tmp_path)


def test_a_link_is_replaced_and_not_what_it_leads_to(tmp_path: Path) -> None:
    """Replacing never leaves the target's folder."""
    _, second = begun_apart(tmp_path)
    (tmp_path / "target").rename(tmp_path / "precious")
    (tmp_path / "target").symlink_to(tmp_path / "precious")
    before = files(tmp_path / "precious")
    carry_out(settings_of(second, overwrite_existing=True))
    assert not (tmp_path / "target").is_symlink()
    assert files(tmp_path / "precious") == before


def test_a_foreign_file_that_came_meanwhile_stops_the_swap(tmp_path: Path) -> None:
    """It is named; moved away, the same command ends the replacement."""
    _, second = begun_apart(tmp_path)
    settings = settings_of(second, overwrite_existing=True)
    carry_out(settings, until="finish_replacing")
    (tmp_path / "target/thesis.doc").write_text("years of work")
    with pytest.raises(ConfigError, match=r"thesis\.doc"):
        carry_out(settings)
    (tmp_path / "target/thesis.doc").rename(tmp_path / "thesis.doc")
    carry_out(settings)
    assert (tmp_path / "target/second").exists()


def test_where_the_disk_cannot_hold_both_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--yes removes the old one first, when the sources were looked at."""
    _, second = begun_apart(tmp_path)
    before = files(tmp_path)
    needed = room.measure_room(plan_of(second, overwrite_existing=True), settings_of(second))
    usage = shutil.disk_usage(tmp_path)._replace(free=needed.expected - 1)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _: usage)
    settings = settings_of(second, overwrite_existing=True)
    with pytest.raises(UnansweredError, match="would be removed before") as caught:
        check_room(plan_conversion(settings), settings)
    assert caught.value.exit_status == 2
    assert "--yes" in caught.value.remedy
    after = files(tmp_path)
    after.pop("target.wkflow/headers.json")  # what was read of them
    assert after == before
    agreed = settings_of(second, overwrite_existing=True, assume_yes=True)
    check_room(plan_conversion(agreed), agreed)
    carry_out(agreed)
    assert np.array_equal(voxels(tmp_path / "target", "second"), other_volume())
    assert not (tmp_path / "target/one").exists()


def test_receipts_of_another_source_count_for_nothing(tmp_path: Path) -> None:
    """Where the target is gone, its run folder begins anew."""
    _, second = begun_apart(tmp_path)
    shutil.rmtree(tmp_path / "target")
    carry_out(settings_of(second))
    assert np.array_equal(voxels(tmp_path / "target", "second"), other_volume())


def test_a_layer_that_is_gone_from_the_source_goes(tmp_path: Path) -> None:
    """The dataset holds what the plan holds, and what somebody else put there."""
    source = tmp_path / "source"
    for name in ("em", "other"):
        write_tiffs(source / name, grains(2))
    settings = settings_of(source)
    carry_out(settings)
    (tmp_path / "target/other/notes.txt").write_text("mine")
    shutil.rmtree(source / "other")
    carry_out(settings)
    left = sorted(name for name in files(tmp_path / "target") if name.startswith("other"))
    assert left == ["other/notes.txt"]
    assert (settings.run_folder / PLAN).exists()


def test_a_claim_is_made_once(tmp_path: Path) -> None:
    """What the run itself wrote is kept when it resumes."""
    source = write_tiffs(tmp_path / "em", grains(2))
    settings = settings_of(source, overwrite_existing=True)
    plan = plan_conversion(settings)
    settings.run_folder.mkdir()
    claim_target(settings, plan)
    (tmp_path / "target/em/1/c/0/0/0").mkdir(parents=True)
    (tmp_path / "target/em/1/c/0/0/0/0").touch()
    claim_target(settings, plan)
    assert (tmp_path / "target/em/1/c/0/0/0/0").exists()
    assert [path.name for path in (tmp_path / "target").iterdir()] == ["em"]
