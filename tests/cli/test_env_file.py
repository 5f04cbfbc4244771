"""Token and server from `.env`: those two, and only where the environment has none."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import wkflow
from dotenv import load_dotenv
from wkflow.cli.env_file import NAMES, names_for, read_env_file
from wkflow.cli.main import main
from wkflow.errors import ConfigError
from wkflow.options.settings import Settings

from tests.runs import VOXEL_SIZE, noise, write_stack

FILES = [
    "WK_TOKEN=abc\nWK_URL=https://wk.example\n",
    "# mine\nexport WK_TOKEN='a b#c'  # of the lab\n\nWK_URL=\"https://wk.example\"\r\n",
    "WK_HOST=wk.example\nWK_URL=https://${WK_HOST}\n",
    "WK_TOKEN=one\nWK_TOKEN=two\n",
    "WK_TOKEN=\nWK_URL\n",
    "not a line\nWK_TOKEN=abc\n",
    "",
]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no variable of this machine decide, nor one of a test stay."""
    for name in (*NAMES, "WK_HOST", "PYTHONPATH"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def known() -> dict[str, str]:
    return {name: os.environ[name] for name in NAMES if os.environ.get(name)}


@pytest.mark.parametrize("text", FILES)
def test_a_file_means_what_it_means_to_the_official_tool(text: str, tmp_path: Path) -> None:
    """That loads it with python-dotenv."""
    (tmp_path / ".env").write_text(text, newline="")
    assert read_env_file(tmp_path, NAMES) == list(known())
    ours = known()
    for name in NAMES:
        os.environ.pop(name, None)
    load_dotenv(tmp_path / ".env")
    assert ours == known()


def test_nothing_else_is_taken(tmp_path: Path) -> None:
    """A folder does not steer the interpreter."""
    (tmp_path / ".env").write_text("PYTHONPATH=/evil\nWK_TOKEN=abc\nAWS_PROFILE=x\n")
    before = dict(os.environ)
    assert read_env_file(tmp_path, NAMES) == ["WK_TOKEN"]
    assert os.environ == before | {"WK_TOKEN": "abc"}


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with an empty value: somebody set it."""
    (tmp_path / ".env").write_text(FILES[0])
    monkeypatch.setenv("WK_TOKEN", "mine")
    monkeypatch.setenv("WK_URL", "")
    assert read_env_file(tmp_path, NAMES) == []
    assert (os.environ["WK_TOKEN"], os.environ["WK_URL"]) == ("mine", "")


@pytest.mark.parametrize("own", ["", "WK_TOKEN=theirs\n"])
@pytest.mark.parametrize("flag", [None, "mine"])
def test_a_server_of_the_file_gets_no_token_from_elsewhere(
    own: str, flag: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes into a folder would learn the token of whoever runs a command there."""
    (tmp_path / ".env").write_text(f"WK_URL=https://evil.example\n{own}")
    if flag is None:
        monkeypatch.setenv("WK_TOKEN", "mine")
    before = dict(os.environ)
    with pytest.raises(ConfigError, match="would get a token that stands elsewhere") as caught:
        read_env_file(tmp_path, NAMES, flag)
    assert "mine" not in str(caught.value)
    assert "https://evil.example" in str(caught.value)
    assert os.environ == before


def test_a_server_that_somebody_names_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the file's is of no interest; the same token in both places is that of the file."""
    (tmp_path / ".env").write_text(FILES[0])
    monkeypatch.setenv("WK_TOKEN", "mine")
    assert read_env_file(tmp_path, ["WK_TOKEN"]) == []
    assert "WK_URL" not in os.environ
    monkeypatch.setenv("WK_TOKEN", "abc")
    assert read_env_file(tmp_path, NAMES) == ["WK_URL"]


SENT: dict[str, Any] = {"upload": True, "source": "stack", "voxel_size": (1, 1, 1)}


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (SENT, NAMES),
        (SENT | {"webknossos_url": "https://wk.example"}, NAMES[:1]),
        ({"command": "upload", "source": "em"}, NAMES),
        ({"command": "downsample", "target": "https://wk.example/datasets/em-1"}, NAMES[:1]),
    ],
)
def test_only_who_has_no_server_looks_for_one(
    options: dict[str, object], names: tuple[str, ...]
) -> None:
    """A server that is named anywhere else, or is part of a dataset's URL, is the one."""
    assert names_for([Settings.parse(options, where="a test")]) == names


@pytest.mark.parametrize(
    "words",
    [
        ["upload", "em", "--dry-run"],
        ["remote-convert", *VOXEL_SIZE, "stack", "--dry-run"],
        ["doctor"],
        ["batch", *VOXEL_SIZE, "--upload", "rows.yaml", "--dry-run"],
    ],
)
def test_every_command_refuses(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Also where nothing would be sent yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WK_TOKEN", "mine")
    (tmp_path / ".env").write_text("WK_URL=https://evil.example\n")
    (tmp_path / "rows.yaml").write_text("- source: stack\n")
    (tmp_path / "em").mkdir()
    write_stack(tmp_path / "stack", noise(2, 8, 8))
    assert main(words) == ConfigError.exit_status
    assert "would get a token that stands elsewhere" in capsys.readouterr().err


def test_functions_refuse_as_commands_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook may lie in somebody else's folder as well."""
    mine: Any = "mine"
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("WK_URL=https://evil.example\n")
    with pytest.raises(ConfigError, match="would get a token that stands elsewhere"):
        wkflow.plan(**SENT, token=mine)


def test_no_file_is_no_fault(tmp_path: Path) -> None:
    """Nor is a folder of that name, as of a virtual environment."""
    assert read_env_file(tmp_path, NAMES) == []
    (tmp_path / ".env").mkdir()
    assert read_env_file(tmp_path, NAMES) == []


def test_a_file_that_is_no_text_is_told_without_its_contents(tmp_path: Path) -> None:
    """It may be a token in another encoding."""
    (tmp_path / ".env").write_bytes(b"WK_TOKEN=secret\xff")
    with pytest.raises(ConfigError, match="no text in UTF-8") as caught:
        read_env_file(tmp_path, NAMES)
    assert "secret" not in str(caught.value)


def test_the_command_reads_it_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who did not expect the file sees where the server comes from; the token is not shown."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("WK_TOKEN=s3cret\nWK_URL=https://wk.example\n")
    scale = {"factor": [1, 1, 1], "unit": "nanometer"}
    properties = {"id": {"name": "em", "team": ""}, "scale": scale, "dataLayers": []}
    (tmp_path / "em").mkdir()
    (tmp_path / "em" / "datasource-properties.json").write_text(json.dumps(properties))
    main(["upload", "em", "--dry-run"])
    told = capsys.readouterr()
    assert f"note: WK_TOKEN and WK_URL from {tmp_path / '.env'}" in told.err
    assert "s3cret" not in told.out + told.err
    assert os.environ["WK_URL"] == "https://wk.example"


def test_a_run_without_a_server_reads_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What has no use of a token does not get it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("WK_TOKEN=s3cret\n")
    source = write_stack(tmp_path / "stack", noise(2, 8, 8))
    assert main(["convert", *VOXEL_SIZE, str(source), "out", "--dry-run"]) == 0
    assert "WK_TOKEN" not in capsys.readouterr().err
    assert "WK_TOKEN" not in os.environ
