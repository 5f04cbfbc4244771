"""What is installed, held against what the installed package asks for."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from wkflow.inspection.check_packages import COLLECTIONS, OPENS, check_packages, lack_of

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_each_extra_says_what_it_opens() -> None:
    """So does one that is added."""
    extras = tomllib.loads(PROJECT.read_text())["project"]["optional-dependencies"]
    assert set(extras) - COLLECTIONS == set(OPENS)


def test_packages_are_told_with_their_versions() -> None:
    """Those of tests are all installed, but for the jar of Bio-Formats."""
    checks = {check.subject: check for check in check_packages()}
    assert (checks["wkflow"].state, checks["wkflow"].status) == ("ok", 0)
    assert checks["nd2"].state == "ok"
    assert checks["nd2"].found == f"ND2: nd2 {version('nd2')}"
    for check in checks.values():
        is_possible = "not for this system" not in check.found
        assert (check.advice != "") == (check.state != "ok" and is_possible), check


@pytest.mark.parametrize(
    ("wanted", "lack"),
    [
        ("numpy>=2", ""),
        ("wkflow-no-such-package>=1", "wkflow-no-such-package is not installed"),
        ("numpy>=999", f"numpy is {version('numpy')}, wanted is >=999"),
        ("numpy<2,>=1", f"numpy is {version('numpy')}, wanted is <2,>=1"),
    ],
)
def test_what_is_missing_or_too_old_is_named(wanted: str, lack: str) -> None:
    """With what is wanted."""
    assert lack_of(Requirement(wanted)) == lack
