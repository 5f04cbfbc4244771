"""Run folders: one for each source, and nobody else's files in it."""

from pathlib import Path

import pytest
from wkflow.errors import ConfigError, SourceError
from wkflow.model.claim import Claim
from wkflow.options.settings import Settings
from wkflow.planning.run_folders import (
    require_own_files,
    with_own_folder,
    without_new_folders,
    without_traces,
)
from wkflow.run_folder import CONFIG


def sending(source: object, **options: object) -> Settings:
    given = {"source": str(source), "upload": True, "voxel_size": "4,4,4", **options}
    return with_own_folder(Settings.parse(given, where="test"))


@pytest.mark.parametrize("command", ["convert", "upload"])
def test_sources_of_one_name_have_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """The first keeps the usual one, also when it was begun by an earlier version."""
    monkeypatch.chdir(tmp_path)
    options = {} if command == "convert" else {"command": "upload", "upload": None}
    options |= {} if command == "convert" else {"voxel_size": None}
    for parent in "ab":
        (tmp_path / parent / "em1").mkdir(parents=True)
    first = sending(tmp_path / "a/em1", **options)
    assert first.run_folder == tmp_path / "em1.upload"
    first.run_folder.mkdir()
    (first.run_folder / CONFIG).write_text(f"source: {tmp_path}/a/em1\n")
    assert sending(tmp_path / "a/em1", **options).run_folder == first.run_folder
    second = sending(tmp_path / "b/em1", **options)
    assert second.run_folder.parent == tmp_path
    assert second.run_folder.name.startswith("em1-")
    second.run_folder.mkdir()
    Claim("", str(tmp_path / "b/em1")).write(second.run_folder)
    first.run_folder.rename(tmp_path / "gone")
    assert sending(tmp_path / "b/em1", **options).run_folder == second.run_folder
    assert sending(tmp_path / "a/em1", **options).run_folder == first.run_folder


def test_a_url_with_another_token_is_the_same_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And another host is another one."""
    monkeypatch.chdir(tmp_path)
    first = sending("https://host/em1?token=a")
    first.run_folder.mkdir()
    Claim("", "https://host/em1").write(first.run_folder)
    assert sending("https://me:pass@HOST/em1/?token=b").run_folder == first.run_folder
    assert sending("https://other/em1?token=a").run_folder != first.run_folder


def test_a_folder_that_is_given_is_taken(tmp_path: Path) -> None:
    """Whose it is, is looked at later."""
    assert sending(tmp_path / "em1", work_dir=tmp_path / "run").run_folder == tmp_path / "run"


def test_others_files_are_not_written_over(tmp_path: Path) -> None:
    """A folder with somebody's config.yaml is no run folder."""
    settings = sending(tmp_path / "em1", work_dir=tmp_path / "run")
    require_own_files(settings)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / CONFIG).write_text("mine: true")
    with pytest.raises(ConfigError, match=r"config\.yaml"):
        require_own_files(settings)
    (tmp_path / "run/lock").touch()
    require_own_files(settings)


@pytest.mark.parametrize("error", [ConfigError("a", "b", "c"), SourceError("a", "b", "c")])
def test_a_refused_run_leaves_nothing(tmp_path: Path, error: Exception) -> None:
    """Neither logs nor the folders of a mistyped target, nor what was unpacked for nothing."""
    folder = tmp_path / "typo/out.wkflow"

    def refused() -> None:
        with without_new_folders(folder), without_traces(folder):
            for name in (
                "logs/a.log",
                "config.yaml",
                "lock",
                ".dataset.wkflow-lock",
                "headers.json",
                ".snakemake/x",
                "unpacked/y",
            ):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).touch()
            raise error

    with pytest.raises(type(error)):
        refused()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["claim.json", "draft.json", "begun.json", "mine.txt"])
def test_what_began_or_is_not_ours_stays(tmp_path: Path, name: str) -> None:
    """All of it."""
    (tmp_path / "logs").mkdir()
    (tmp_path / name).touch()
    with pytest.raises(SourceError), without_new_folders(tmp_path), without_traces(tmp_path):
        raise SourceError("a", "b", "c")
    assert {path.name for path in tmp_path.iterdir()} == {"logs", name}


def test_a_log_that_is_to_be_read_stays(tmp_path: Path) -> None:
    """And an archive that is half fetched when it is interrupted."""
    log = tmp_path / "run/logs/snakemake.log"
    log.parent.mkdir(parents=True)
    log.touch()
    with pytest.raises(ConfigError), without_traces(tmp_path / "run"):
        raise ConfigError("a", str(log), "c")
    (tmp_path / "run/scratch").mkdir()
    with pytest.raises(KeyboardInterrupt), without_traces(tmp_path / "run"):
        raise KeyboardInterrupt
    assert log.exists()
