"""Flags win over a file, a file over the environment; a file is one for its command."""

import argparse
from pathlib import Path

import pytest
from wkflow.cli.arguments import flags_of
from wkflow.cli.command_parser import build_parsers
from wkflow.cli.given_options import settings_of
from wkflow.cli.main import main
from wkflow.errors import ConfigError
from wkflow.options.settings import Settings


def parsed(command: str, *words: object) -> argparse.Namespace:
    """Read a command line as the program does."""
    parsers = build_parsers()[1]
    return parsers[command].parse_args(flags_of(command, parsers).in_order([*map(str, words)]))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Write a file for a conversion."""
    path = tmp_path / "my.yaml"
    path.write_text("source: /data/stack\ntarget: /data/out\nvoxel_size: [1, 1, 2]\njobs: 3\n")
    return path


def test_a_file_is_a_run(config: Path) -> None:
    """By `run`, or as the options of its own command."""
    settings = settings_of(parsed("run", config))
    assert settings == settings_of(parsed("convert", "--config", config))
    assert settings == settings_of(parsed("convert", f"--configfile={config}"))
    assert (settings.source, settings.jobs) == ("/data/stack", 3)


def test_what_is_typed_wins(config: Path) -> None:
    """Flags and paths, in any order, and a flag that says no."""
    settings = settings_of(parsed("run", "--jobs", 5, config, "--no-report", "--source", "/other"))
    assert (settings.jobs, settings.report, settings.source) == (5, False, "/other")
    assert settings.voxel_size == (1, 1, 2)
    settings = settings_of(parsed("convert", "/other", "--config", config))
    assert (settings.source, str(settings.target)) == ("/other", "/data/out")


def test_the_file_says_what_is_done(config: Path) -> None:
    """A conversion, one that sends, an upload, more mags."""
    for text, kind in (
        ("source: /a\ntarget: /b\n", "CONVERT"),
        ("source: /a\nupload: true\n", "CONVERT_AND_UPLOAD"),
        ("command: upload\nsource: /a\n", "UPLOAD"),
        ("command: downsample\ntarget: /a\n", "DOWNSAMPLE"),
        ("command: downsample\ntarget: https://wk.example/datasets/d-59e9\n", "DOWNSAMPLE_REMOTE"),
    ):
        config.write_text(text)
        assert settings_of(parsed("run", config)).kind.name == kind


def test_a_file_of_another_command_is_refused(config: Path) -> None:
    """Nothing is converted by `wkflow upload`."""
    config.write_text("command: upload\nsource: /a\n")
    assert settings_of(parsed("upload", "--config", config)).source == "/a"
    with pytest.raises(ConfigError, match=r"'upload' is not what `wkflow convert` does") as caught:
        settings_of(parsed("convert", "--config", config))
    assert caught.value.where == str(config)


def test_the_environment_comes_last(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server in the file is meant, whatever WK_URL says."""
    monkeypatch.setenv("WK_URL", "https://environment.example")
    config.write_text("source: /a\nupload: true\n")
    assert settings_of(parsed("run", config)).webknossos_url == "https://environment.example"
    config.write_text("source: /a\nupload: true\nwebknossos_url: https://file.example\n")
    assert settings_of(parsed("run", config)).webknossos_url == "https://file.example"
    typed = parsed("run", config, "--webknossos-url", "https://typed.example")
    assert settings_of(typed).webknossos_url == "https://typed.example"


def test_relative_paths_start_where_the_command_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not where the file lies: as with `snakemake --configfile`, whose Settings read them so."""
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / "elsewhere" / "my.yaml"
    path.write_text("source: images\ntarget: out\n")
    monkeypatch.chdir(tmp_path)
    settings = settings_of(parsed("run", path))
    assert settings == Settings.parse({"source": "images", "target": "out"}, where="snakemake")
    assert settings.source == str(tmp_path / "images")


@pytest.mark.parametrize("command", ["run", "convert --config", "upload --config"])
def test_a_slip_in_the_file_is_told(
    config: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the file and the key, in status 2."""
    config.write_text("sourse: /a\n")
    assert main([*command.split(), str(config)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"wkflow: {config}: sourse: no such option, did you mean source?")
    assert len(told.splitlines()) == 2


def test_what_is_missing_in_both_is_told(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the command that was given; without a file, the path is missing as ever."""
    config.write_text("voxel_size: 1,1,1\n")
    assert main(["run", str(config)]) == 2
    told = capsys.readouterr().err
    assert f"wkflow: wkflow run {config}: 2 options are wrong: source: required" in told
    assert main(["convert"]) == 2
    assert "SOURCE is missing" in capsys.readouterr().err
    assert main(["run"]) == 2
    assert "CONFIG is missing" in capsys.readouterr().err
