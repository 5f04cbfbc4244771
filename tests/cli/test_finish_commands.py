"""Commands that are told of results."""

import io
import json
from pathlib import Path

import pytest
from wkflow.cli.finish_commands import FinishCommands
from wkflow.cli.messages import Messages


def test_a_command_reads_the_result(tmp_path: Path) -> None:
    """As JSON, from its standard input; what it prints is no result of ours."""
    out = io.StringIO()
    commands = FinishCommands(Messages(out=out))
    commands.start(f"cat > '{tmp_path}/told'", {"end": "done"})
    commands.start(None, {})
    commands.wait()
    assert json.loads((tmp_path / "told").read_bytes()) == {"end": "done"}
    assert out.getvalue() == ""


@pytest.mark.parametrize("waits", [True, False])
def test_its_failure_is_a_warning(*, waits: bool) -> None:
    """Whether it is noticed on the way or at the end, once."""
    out = io.StringIO()
    commands = FinishCommands(Messages(quiet=True, out=out))
    commands.start("exit 3", {})
    while not (waits or out.getvalue()):
        commands.poll()
    commands.wait()
    assert out.getvalue() == "wkflow: `exit 3` failed with status 3; nothing depends on it\n"
