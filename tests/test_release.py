"""A release: one version in all places, and notes that are the changelog's."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from wkflow import __version__

from tests.runs import ROOT

CHANGELOG = "## [Unreleased]\n\n## [1.2.0] - 2027-01-31\n\n### Added\n\n- It.\n\n## [1.1.0]"


def notes(root: Path, version: str) -> "subprocess.CompletedProcess[str]":
    """Ask for the notes of a release."""
    command = [sys.executable, root / ".ci" / "release-notes", version]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Give a repository that is about to be released."""
    for name, content in (
        ("CHANGELOG.md", CHANGELOG),
        ("CITATION.cff", "title: it\nversion: 1.2.0\n"),
        ("workflow/wkflow/__init__.py", '"""It."""\n\n__version__ = "1.2.0"\n'),
        (".ci/release-notes", (ROOT / ".ci" / "release-notes").read_text()),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def test_the_citation_has_the_version() -> None:
    """It is a file of its own, which programs read that know no Python."""
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == __version__


def test_notes_are_the_section(repository: Path) -> None:
    """Without its heading, and nothing of other releases."""
    told = notes(repository, "1.2.0")
    assert (told.returncode, told.stdout) == (0, "### Added\n\n- It.\n")


@pytest.mark.parametrize("place", ["CHANGELOG.md", "CITATION.cff", "workflow/wkflow/__init__.py"])
def test_no_release_without_agreement(repository: Path, place: str) -> None:
    """What states another version is named."""
    path = repository / place
    path.write_text(path.read_text().replace("1.2.0", "1.3.0"))
    told = notes(repository, "1.2.0")
    assert told.returncode == 1
    assert told.stderr.startswith(place)
