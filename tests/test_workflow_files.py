"""Where the workflow's own files are."""

import shutil
from pathlib import Path

import pytest
from wkflow import workflow_files
from wkflow.errors import ConfigError
from wkflow.workflow_files import snakefile

ROOT = Path(__file__).resolve().parents[1]


def test_a_checkout_uses_its_own_snakefile() -> None:
    """And all that it includes is beside it."""
    assert snakefile() == ROOT / "Snakefile"
    for name in ("scripts", "workflow/rules", "config/config.yaml", "envs/runtime.yaml"):
        assert (snakefile().parent / name).exists()


def test_a_wheel_uses_what_it_carries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`_workflow` in the package comes first."""
    package = tmp_path / "site-packages" / "wkflow"
    shutil.copytree(ROOT / "scripts", package / "_workflow" / "scripts")
    shutil.copy(ROOT / "Snakefile", package / "_workflow" / "Snakefile")
    monkeypatch.setattr(workflow_files, "_PACKAGE", package)
    assert snakefile() == package / "_workflow" / "Snakefile"


def test_a_broken_installation_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's Snakefile without our scripts is not ours."""
    package = tmp_path / "lib" / "wkflow"
    package.mkdir(parents=True)
    (tmp_path / "Snakefile").touch()
    monkeypatch.setattr(workflow_files, "_PACKAGE", package)
    with pytest.raises(ConfigError, match="files are missing") as caught:
        snakefile()
    assert caught.value.where == str(package)
