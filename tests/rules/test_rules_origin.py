"""Rules and package of one version, by Snakemake's own source files."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from snakemake.sourcecache import GithubFile, LocalGitFile, LocalSourceFile, SourceCache, SourceFile
from wkflow import __version__
from wkflow.errors import ConfigError
from wkflow.rules.rules_origin import missing_package, origin_of, require_matching_rules


@dataclass
class Workflow:
    """As much of Snakemake's as is asked."""

    current_basedir: SourceFile
    sourcecache: SourceCache


def evaluated(folder: Path, version: str | None = None) -> Workflow:
    """Give the workflow of a folder, with a package of some version, or none beside the rules."""
    rules = folder / "checkout" / "workflow"
    (rules / "wkflow").mkdir(parents=True)
    if version:
        (rules / "wkflow" / "__init__.py").write_text(f'"""It."""\n\n__version__ = "{version}"\n')
    return Workflow(LocalSourceFile(str(rules)), SourceCache(folder, folder / "runtime"))


@pytest.mark.parametrize("version", [__version__, None])
def test_rules_of_this_package_are_taken(tmp_path: Path, version: str | None) -> None:
    """Those of a checkout, and those inside an installed package, which has none beside them."""
    require_matching_rules(evaluated(tmp_path, version))


def test_rules_of_another_are_not(tmp_path: Path) -> None:
    """The message says what to install."""
    workflow = evaluated(tmp_path, "77.0")
    with pytest.raises(ConfigError, match=r"wkflow 77\.0, but") as caught:
        require_matching_rules(workflow)
    assert f"pip install '{tmp_path}/checkout'" in str(caught.value)


def test_rules_whose_scripts_cannot_be_found_are_not(tmp_path: Path) -> None:
    """Snakemake joins no path of a script to one of a repository without a server."""
    folder = LocalGitFile(str(tmp_path), "workflow", ref="main")
    with pytest.raises(ConfigError, match="no scripts"):
        require_matching_rules(Workflow(folder, SourceCache(tmp_path, tmp_path / "runtime")))


def test_a_release_is_installed_from_its_tag() -> None:
    """As pip spells it."""
    folder = GithubFile("somebody/wkflow", "workflow", tag="v1.0")
    assert origin_of(folder) == "'git+https://github.com/somebody/wkflow@v1.0'"


def test_what_is_missing_is_named() -> None:
    """Here the package is one of a checkout, which is installed as it is."""
    error = missing_package(ModuleNotFoundError("No module named 'numpy'", name="numpy"))
    assert error.what.startswith("the package numpy is missing")
    assert "-m pip install -e '/" in str(error)
