"""`wkflow list` and `wkflow delete`, as they are typed."""

import io
import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from wkflow.cli.command_parser import build_parsers
from wkflow.cli.main import main
from wkflow.cli.server_commands import SERVER_COMMANDS

from tests.runs import TIMEOUT_S
from tests.standin.sender import Sender, source
from tests.standin.server import Standin, standin_in
from tests.upload.runs import command, shell

NAMES = [one.name for one in SERVER_COMMANDS]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    """Run a server with a finished dataset."""
    with standin_in(tmp_path_factory.mktemp("server")) as standin:
        done = Sender(standin, 16)
        done.reserve(1, size=None)
        assert done.send("datasource-properties.json", source(mags=[])).status_code == 200
        assert done.finish().status_code == 200
        yield standin


@pytest.fixture
def standin(running: Standin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Standin:
    """Let this process be that of a person who uses the server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WK_URL", running.url)
    monkeypatch.setenv("WK_TOKEN", running.token)
    return running


def failed(standin: Standin) -> str:
    """Begin an upload; give the address of what the server has of it."""
    before = {one["id"] for one in listed(standin)}
    Sender(standin, 16).reserve(1, size=None)
    (new,) = (one for one in listed(standin) if one["id"] not in before)
    return str(new["url"])


def listed(standin: Standin) -> list[dict[str, object]]:
    run = subprocess.run(
        command("list", "--json"), capture_output=True, check=True, env=shell(standin),
        timeout=TIMEOUT_S,
    )  # fmt: skip
    found: list[dict[str, object]] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_help_explains_each_option(name: str) -> None:
    """As that of all other commands."""
    parser = build_parsers()[1][name]
    assert all(action.help for action in parser._actions)  # noqa: SLF001 -- argparse lists its arguments nowhere else
    assert "SNAKEMAKE" not in parser.format_help()


def test_a_table_for_people_and_json_for_programs(
    standin: Standin, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same facts; sizes only where they were asked for."""
    assert main(["list", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["state"], one["folder"], one["bytes"]) == ("usable", "", None)
    assert main(["list", "--webknossos-url", standin.url]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["name", "folder", "state", "created", "url"]
    assert line.split() == [one["name"], "/", "usable", one["created"][:10], one["url"]]
    assert main(["list", "--sizes"]) == 0
    assert " 0 B " in capsys.readouterr().out
    assert main(["list", "--folder", "archive"]) == 0
    assert capsys.readouterr().out == "no datasets\n"
    assert main(["list", "--folder", "lap"]) == 4
    assert "Did you mean" in capsys.readouterr().err


def test_without_a_token_nothing_is_listed(
    standin: Standin, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server says no, and the error how to give one."""
    monkeypatch.delenv("WK_TOKEN")
    assert standin.url
    assert main(["list"]) == 4
    assert "WK_TOKEN" in capsys.readouterr().err


def test_nothing_asks_where_nobody_can_answer(
    standin: Standin, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the dataset, and the flag for scripts."""
    url = failed(standin)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["delete", url]) == 2
    told = capsys.readouterr().err
    assert url in told
    assert "--yes" in told
    assert main(["delete", "--yes", url]) == 0
    assert "deleted" in capsys.readouterr().err
    assert main(["delete", "--yes", url]) == 4


def test_what_is_usable_needs_to_be_meant(
    standin: Standin, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--yes` alone never deletes it."""
    (one,) = listed(standin)
    assert main(["delete", "--yes", str(one["url"])]) == 2
    told = capsys.readouterr().err
    assert "is complete and usable" in told
    assert "--any" in told
    assert listed(standin) == [one]


@pytest.mark.parametrize(("answer", "is_gone"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_person_is_asked(standin: Standin, answer: str, is_gone: bool) -> None:  # noqa: FBT001 -- of a table
    """At a real terminal, by the dataset's name; only yes is yes."""
    url = failed(standin)
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "r+b", buffering=0) as terminal:
        run = subprocess.Popen(
            command("delete", url), stdin=theirs, stdout=theirs, stderr=theirs, env=shell(standin)
        )
        os.close(theirs)
        terminal.write(answer.encode())
        assert run.wait(TIMEOUT_S) == 0
        told = terminal.read(65536).decode()
    assert "delete this dataset for good? [y/N]" in told
    assert url in told
    assert (url not in [one["url"] for one in listed(standin)]) == is_gone
