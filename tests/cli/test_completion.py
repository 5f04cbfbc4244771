"""Shells complete what the parsers know."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from wkflow.cli.command_parser import SHELLS, build_parsers
from wkflow.cli.completion import completion_script
from wkflow.cli.main import main

from tests.runs import environment

COMPLETE = """\
source "$1"; shift
function=$(complete -p wkflow | sed 's/.*-F \\([^ ]*\\).*/\\1/')
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
$function
printf '%s\\n' "${COMPREPLY[@]}"
"""
"""What bash does when a person presses the key."""


def script(shell: str) -> str:
    return completion_script(shell, *build_parsers())


@pytest.fixture(scope="module")
def of_bash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the script of bash into a file."""
    path = tmp_path_factory.mktemp("bash") / "wkflow"
    path.write_text(script("bash"))
    return path


ALL = (
    "add-layer batch completion convert delete doctor downsample info init list remote-convert run "
    "upload verify view"
)


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (("down",), "downsample"),
        (("",), ALL),
        (("convert", "--voxel-s"), "--voxel-size"),
        (("upload", "--voxel-s"), ""),
        (("convert", "--data-format", "z"), "zarr zarr3"),
        (("downsample", "--interpolation-mode", "m"), "median mode"),
        (("convert", "--log-format", ""), "json text"),
        (("completion", "f"), "fish"),
    ],
)
def test_bash_completes(of_bash: Path, words: tuple[str, ...], completed: str) -> None:
    """A real one, with the script loaded: commands, flags of that command, values of a flag."""
    run = subprocess.run(
        ["bash", "--norc", "-c", COMPLETE, "complete", of_bash, "wkflow", *words],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert sorted(run.stdout.split()) == sorted(completed.split()), run.stderr


def test_bash_completes_paths(of_bash: Path, tmp_path: Path) -> None:
    """Files and folders where a source stands."""
    (tmp_path / "stack").mkdir()
    run = subprocess.run(
        ["bash", "--norc", "-c", COMPLETE, "complete", of_bash, "wkflow", "convert", "st"],
        check=True, capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert run.stdout.strip().rstrip("/") == "stack"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_can_read_their_script(shell: str, tmp_path: Path) -> None:
    """They find no error in it, where they are installed; it names every flag in any case."""
    text = script(shell)
    assert "voxel-size" in text
    assert "neuroglancerPrecomputed" in text
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here: its script was not loaded")
    (tmp_path / "script").write_text(text)
    subprocess.run([shell, "-n", tmp_path / "script"], check=True)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_prints_the_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output and nothing else."""
    assert main(["completion", shell]) == 0
    assert capsys.readouterr().out.rstrip() == script(shell)


def test_a_mistyped_shell_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """With the nearest."""
    assert main(["completion", "bsh"]) == 2
    assert "'bsh' is none of bash, zsh, fish; did you mean bash?" in capsys.readouterr().err


def test_the_package_is_the_command() -> None:
    """`python -m wkflow` is `wkflow`."""
    command = [sys.executable, "-m", "wkflow", "--version"]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment())
    assert run.stdout.startswith("wkflow ")


def test_help_imports_nothing_that_a_run_needs() -> None:
    """It comes at once; what draws it is imported for nothing else."""
    code = (
        "import sys, contextlib, io\nfrom wkflow.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main(['convert', '--help'])\n"
        "heavy = ('numpy', 'yaml', 'snakemake', 'requests', 'psutil', 'shtab', 'dotenv')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment())
    assert run.stdout.strip() == "[]"
