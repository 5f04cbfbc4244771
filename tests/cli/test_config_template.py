"""`wkflow init` writes a file that the other doors take."""

import re
from pathlib import Path

import pytest
import yaml
from wkflow.cli.config_template import OFFERED, PLACES, WIDTH, config_template
from wkflow.cli.main import main
from wkflow.errors import ConfigError
from wkflow.options.config_file import read_config
from wkflow.options.settings import Settings
from wkflow.run_folder import CONFIG

from tests.runs import noise, snakemake, wkflow, write_stack


def test_it_holds_the_places_and_comments(tmp_path: Path) -> None:
    """As it is, source and target are given and nothing else."""
    path = tmp_path / CONFIG
    path.write_text(config_template())
    assert read_config(path) == PLACES


def test_every_comment_is_an_option_that_can_be_given(tmp_path: Path) -> None:
    """Without its sign each line is read, and has a value of that option; none is left out."""
    path = tmp_path / CONFIG
    offered = re.findall(r"^# (\w+: .*)$", config_template(), re.MULTILINE)
    named = {line.partition(":")[0] for line in offered if line.partition(":")[0] in OFFERED}
    assert named == OFFERED
    for line in offered:
        if line.partition(":")[0] in OFFERED:
            path.write_text(line)
            assert list(read_config(path)) == [line.partition(":")[0]]


def test_it_explains_each_option_as_elsewhere() -> None:
    """In lines that fit an editor, in the words of the one declaration."""
    text = config_template()
    assert max(map(len, text.splitlines())) <= WIDTH
    words = " ".join(text.replace("\n# ", " ").split())
    for name in OFFERED | PLACES.keys():
        assert " ".join(str(Settings.model_fields[name].description).split()) in words


def test_it_replaces_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is there stays, unless it is said otherwise; new folders are made."""
    folder = tmp_path / "new" / "folder"
    assert main(["init", str(folder)]) == 0
    told = capsys.readouterr()
    assert told.out == f"{folder / CONFIG}\n"
    assert f"wkflow run {folder / CONFIG}" in told.err
    (folder / CONFIG).write_text("mine")
    assert main(["init", str(folder)]) == ConfigError.exit_status
    assert "is there already" in capsys.readouterr().err
    assert (folder / CONFIG).read_text() == "mine"
    assert main(["init", str(folder), "--force"]) == 0
    assert yaml.safe_load((folder / CONFIG).read_text()) == PLACES
    assert [path.name for path in folder.iterdir()] == [CONFIG]


def test_by_default_it_is_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And what follows two dashes is not passed over."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--", "-n"]) == ConfigError.exit_status
    assert not list(tmp_path.iterdir())
    assert main(["init"]) == 0
    assert (tmp_path / CONFIG).exists()
    (tmp_path / "file").touch()
    assert main(["init", "file"]) == ConfigError.exit_status
    assert "file: is no folder" in capsys.readouterr().err


def test_the_file_runs_by_all_doors(tmp_path: Path) -> None:
    """The command makes the dataset, plain Snakemake finds nothing to do.

    And the run folder's own file is one as well.
    """
    write_stack(tmp_path / "images", noise(3, 20, 20))
    assert wkflow("init", cwd=tmp_path).returncode == 0
    run = wkflow("run", CONFIG, "--voxel-size", "1,1,2", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "dataset" / "datasource-properties.json").exists()
    run = wkflow("run", tmp_path / "dataset.wkflow" / CONFIG, cwd=Path("/"))
    assert run.returncode == 0, run.stderr
    assert "nothing to do" in run.stderr
    with (tmp_path / CONFIG).open("a") as file:
        file.write("voxel_size: 1,1,2\n")
    run = snakemake("--configfile", CONFIG, "--cores", "2", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "Nothing to be done" in run.stderr
