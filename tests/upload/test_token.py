"""The token is known to those processes that need it, and to nobody and nothing else."""

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.runs import snakemake
from tests.standin.server import Standin
from tests.upload.runs import CONVERSION, start

pytestmark = pytest.mark.long(but=["[converted]", "goes_no_further"])

TOKEN = "recognizable-9f8e7d6c5b4a"  # noqa: S105 -- of no use elsewhere
BYTES = TOKEN.encode()


@dataclass
class Watch:
    """Looks at a process and all of its descendants, again and again."""

    pid: int
    temporary: Path
    commands: set[tuple[str, ...]] = field(default_factory=set)
    environments: set[tuple[str, ...]] = field(default_factory=set)
    files: set[Path] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)

    def look(self) -> None:
        """Note command lines, environments and temporary files that hold the token."""
        with contextlib.suppress(psutil.NoSuchProcess):
            top = psutil.Process(self.pid)
            for process in [top, *top.children(recursive=True)]:
                self._look_at(process.pid)
        for folder, _, names in os.walk(self.temporary):  # which bears folders that vanish
            for path in (Path(folder, name) for name in names):
                with contextlib.suppress(OSError):
                    if path.is_file() and BYTES in path.read_bytes():
                        self.files.add(path)

    def _look_at(self, pid: int) -> None:
        with contextlib.suppress(OSError):
            before = Path(f"/proc/{pid}/cmdline").read_bytes()
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if before != command or not command:
                return  # it becomes another program just now, or ends: it is looked at again
            words = tuple(os.fsdecode(command).split("\0"))
            self.seen.add(pid)
            if BYTES in command:
                self.commands.add(words)
            if BYTES in environment:
                self.environments.add(words)


@contextmanager
def watched(pid: int, temporary: Path) -> Iterator[Watch]:
    """Watch in the background."""
    watch, ended = Watch(pid, temporary), threading.Event()

    def go_on() -> None:
        while not ended.wait(0.01):
            watch.look()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield watch
    finally:
        ended.set()
        thread.join()


@pytest.fixture
def guarded(standin: Standin) -> Standin:
    """Give a server whose administrator has the recognizable token."""
    standin.set_tokens(admin=TOKEN)
    return standin


@pytest.fixture
def places(stack: Path, local: Path) -> dict[str, str]:
    """Say what words of the commands below stand for."""
    return {"STACK": str(stack), "LOCAL": str(local)}


@pytest.mark.parametrize(
    ("arguments", "faults", "status"),
    [
        (("remote-convert", *CONVERSION, "STACK"), {}, 0),
        (("remote-convert", *CONVERSION, "--folder", "lab/rwa", "STACK"), {}, 4),
        (("remote-convert", *CONVERSION, "--verbose", "STACK"), {"revoke": {"skip": 9}}, 4),
        (("remote-convert", *CONVERSION, "STACK"), {"hole": {"skip": 3, "times": 1}}, 7),
        (("upload", "LOCAL"), {"status": {"rate": 0.2, "routes": ["chunk"]}}, 0),
        (("upload", "--transfer-mode", "copy", "LOCAL"), {}, 0),
    ],
    ids=["converted", "refused", "revoked", "damaged", "uploaded", "copied"],
)
def test_the_token_is_written_nowhere(
    guarded: Standin,
    places: dict[str, str],
    tmp_path: Path,
    here: Path,
    arguments: tuple[str, ...],
    faults: dict[str, Any],
    status: int,
) -> None:
    """Only the CLI and Snakemake have it in their environment; no file, no output has it at all."""
    guarded.faults(**faults)
    watch = run(guarded, here, tmp_path, [places.get(one, one) for one in arguments], status)
    assert watch.commands == set()
    assert len(watch.seen) > 3
    for words in watch.environments:
        assert "wkflow.cli.main" in words or is_main(words), words


def test_a_token_on_the_command_line_goes_no_further(
    guarded: Standin, local: Path, tmp_path: Path, here: Path
) -> None:
    """Other users can read it there, as --help says; no child repeats it."""
    arguments = ["upload", "--token", TOKEN, str(local)]
    watch = run(guarded, here, tmp_path, arguments, 0, WK_TOKEN=None)
    assert all("wkflow.cli.main" in words for words in watch.commands)
    assert all(is_main(words) for words in watch.environments)


def test_a_token_in_a_file_goes_no_further(
    guarded: Standin, stack: Path, tmp_path: Path, here: Path
) -> None:
    """`.env` in the folder of the command holds it, and nothing else; jobs do not inherit it."""
    (here / ".env").write_text(f"WK_TOKEN={TOKEN}\nWK_URL={guarded.url}\n")
    arguments = ["remote-convert", *CONVERSION, str(stack)]
    watch = run(guarded, here, tmp_path, arguments, 0, WK_TOKEN=None, WK_URL=None)
    assert watch.commands == set()
    assert len(watch.seen) > 3
    assert watch.environments
    assert all(is_main(words) for words in watch.environments)


def test_plain_snakemake_reads_no_file(guarded: Standin, local: Path, here: Path) -> None:
    """As the README says: there the environment alone counts."""
    (here / ".env").write_text(f"WK_TOKEN={TOKEN}\n")
    settings = {"command": "upload", "source": str(local), "webknossos_url": guarded.url}
    (here / "my.yaml").write_text(json.dumps(settings))
    ended = snakemake("--configfile", "my.yaml", "--cores", "1", cwd=here)
    assert ended.returncode != 0
    notes = [note.read_text() for note in here.rglob("*.failure.json")]
    assert any("no token was given" in note for note in notes)


def is_main(words: tuple[str, ...]) -> bool:
    """Say whether a command line is that of Snakemake's main process.

    Or of what it starts before a line of ours could hide anything: its SLURM plugin, where that is
    installed, looks for these programs while it is imported.
    """
    is_engine = not {"snakemake", "wkflow.cli.local_snakemake"}.isdisjoint(words)
    is_engine = is_engine and "--configfile" in words
    return is_engine or not {"scontrol", "sacct", "squeue"}.isdisjoint(words)


def run(
    standin: Standin,
    here: Path,
    tmp_path: Path,
    arguments: list[str],
    status: int,
    **variables: str | None,
) -> Watch:
    """Run a command to its end and watch it; its output and files do not hold the token."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    known = {"WK_TOKEN": TOKEN, "TMPDIR": str(temporary)} | variables
    with (
        start(*arguments, standin=standin, cwd=here, **known) as process,
        watched(process.pid, temporary) as watch,
    ):
        out, told = process.communicate(timeout=60)
    assert process.returncode == status, told
    assert TOKEN not in out + told
    files = [path for path in here.rglob("*") if path.is_file() and path.name != ".env"]
    assert len(files) > 3
    assert [path for path in files if BYTES in path.read_bytes()] == []
    assert [path for path in files if TOKEN in str(path)] == []
    assert watch.files == set()
    return watch
