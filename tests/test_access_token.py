"""The token reaches those jobs that ask for it, and no environment of a child."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from wkflow import access_token
from wkflow.access_token import SHARING, TOKEN, find_token, hide, reading_token, user_token
from wkflow.errors import ServerError

HOLDER = "WKFLOW_TOKEN_HOLDER"
SECRET = "s3cret-0123456789"  # noqa: S105 -- of no one
SHARED = "shared-9876543210"

on_linux = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")

ASK = """
import json, os
from pathlib import Path
from wkflow.errors import ServerError
from wkflow.access_token import find_token, reading_token
environment = Path("/proc/self/environ")
seen = environment.read_text() if environment.exists() else str(dict(os.environ))
try:
    found = find_token()
except ServerError as error:
    found = error.exit_status
print(json.dumps([found, seen, "WK_TOKEN" in os.environ]))
"""
"""What a job does: say what token it finds, and what others see in its environment."""

READ = ASK.replace("find_token", "reading_token")
"""The same for what a dataset is read with."""

RUN = """
import subprocess, sys
from wkflow.access_token import hide
for _ in range(2):  # the Snakefile is read more than once
    hide()
script = sys.argv[2]
if sys.argv[1] == "deep":  # a job reads the rules again before its script
    script = "import subprocess, sys; from wkflow.access_token import hide; hide(); " \\
        f"subprocess.run([sys.executable, '-c', {script!r}], check=True)"
subprocess.run([sys.executable, "-c", script], check=True)
"""
"""What Snakemake does: hide the token, then start jobs."""


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no token of the machine decide what a test sees, nor one of a test stay."""
    for name in (TOKEN, SHARING, HOLDER):
        monkeypatch.setenv(name, "")  # so that it is put back, whatever a test does
        monkeypatch.delenv(name)


def ask_a_job(
    token: str | None, depth: str = "flat", *, sharing: str | None = None, job: str = ASK
) -> tuple[object, str, bool]:
    """Start a run with these tokens; give what its job found and what it could be seen with."""
    environment = os.environ | {"PYTHONPATH": str(Path(access_token.__file__).parents[1])}
    given = {TOKEN: token, SHARING: sharing}
    run = subprocess.run(
        [sys.executable, "-c", RUN, depth, job],
        env=environment | {name: text for name, text in given.items() if text is not None},
        capture_output=True,
        check=True,
        timeout=60,
    )
    found, seen, has = json.loads(run.stdout)
    return found, seen, has


@on_linux
@pytest.mark.parametrize("depth", ["flat", "deep"])
def test_a_job_finds_the_token_and_does_not_show_it(depth: str) -> None:
    """Not by `ps e`, nor in what it hands on to its own children."""
    found, seen, has = ask_a_job(SECRET, depth)
    assert found == SECRET
    assert SECRET not in seen
    assert f"{TOKEN}=" not in seen
    assert f"{HOLDER}=" in seen
    assert not has


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_the_server_would_refuse(token: str | None) -> None:
    """Status 4; an empty one is none."""
    assert ask_a_job(token)[0] == 4


@on_linux
@pytest.mark.parametrize("depth", ["flat", "deep"])
def test_a_shared_link_lets_read_and_does_not_show_itself(depth: str) -> None:
    """Its token is hidden as the user's is, and used in its place: that one may not suffice."""
    found, seen, _ = ask_a_job(SECRET, depth, sharing=SHARED, job=READ)
    assert found == SHARED
    assert SECRET not in seen
    assert SHARED not in seen
    assert f"{SHARING}=" not in seen


@pytest.mark.parametrize(
    ("token", "sharing", "found"),
    [(SECRET, None, SECRET), (None, SHARED, SHARED), (None, None, None), ("", "", None)],
)
def test_a_dataset_is_read_with_what_there_is(
    token: str | None, sharing: str | None, found: str | None
) -> None:
    """Public ones need no token."""
    assert ask_a_job(token, sharing=sharing, job=READ)[0] == found


def test_a_shared_link_lets_nobody_write() -> None:
    """It is no token of a user: whoever sends needs one."""
    assert ask_a_job(None, sharing=SHARED)[0] == 4


def me() -> str:
    """Give what names this process, on this machine."""
    return f"{os.getpid()}@{platform.node()}"


def test_a_process_of_another_machine_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its number means somebody else here."""
    monkeypatch.setenv(HOLDER, f"{os.getpid()}@elsewhere")
    assert user_token() is None


def test_the_own_token_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds another one."""
    monkeypatch.setenv(HOLDER, me())
    monkeypatch.setenv(TOKEN, SECRET)
    assert find_token() == reading_token() == SECRET
    monkeypatch.setenv(SHARING, SHARED)
    assert (find_token(), reading_token()) == (SECRET, SHARED)


def test_hiding_takes_it_out_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """And leaves a word about who has it; where there is none, it says nothing."""
    hide()
    assert HOLDER not in os.environ
    monkeypatch.setenv(TOKEN, SECRET)
    hide()
    assert TOKEN not in os.environ
    assert os.environ[HOLDER] == me()
    hide()
    assert os.environ[HOLDER] == me()


def test_a_holder_without_a_token_is_no_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may have got its number since; or nobody has."""
    stranger = psutil.Process(os.getpid())
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for number in (stranger.pid, gone.pid):
        monkeypatch.setenv(HOLDER, str(number))
        with pytest.raises(ServerError, match="no token") as caught:
            find_token()
        assert caught.value.where == TOKEN
        assert caught.value.exit_status == 4


@on_linux
def test_a_token_is_inherited_if_the_process_was_started_with_it() -> None:
    """Others find it only there; one that is set later, or changed, they do not."""
    code = (
        "import os\nfrom wkflow.access_token import is_inherited\nprint(is_inherited())\n"
        "os.environ['WK_TOKEN'] = 'another'\nprint(is_inherited())"
    )
    for given in ({}, {TOKEN: SECRET}, {TOKEN: SECRET, SHARING: SHARED}):
        told = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | given, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        assert told.stdout.split() == ["True", "False"]
