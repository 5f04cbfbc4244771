"""The wheel carries the workflow, and works without a checkout."""

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from tests.runs import ROOT, VOXEL_SIZE, noise, write_stack

WORKFLOW = sorted(
    str(path.relative_to(ROOT))
    for folder, pattern in (
        (ROOT, "Snakefile"),
        (ROOT / "workflow", "Snakefile"),
        (ROOT / "workflow" / "rules", "*.smk"),
        (ROOT / "scripts", "*.py"),
        (ROOT / "workflow" / "profiles", "*/*.yaml"),
        (ROOT / "workflow" / "report", "*.rst"),
        (ROOT / "workflow" / "schemas", "*.json"),
        (ROOT / "envs", "*"),
        (ROOT / "config", "*.*"),
    )
    for path in folder.glob(pattern)
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_package_and_workflow_and_nothing_else(wheel: Path) -> None:
    """Every file is a module, part of the workflow, or metadata."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    modules = {
        str(path.relative_to(ROOT / "workflow"))
        for package in ("wkflow", "snakemake_executor_plugin_wkflow_kubernetes")
        for path in (ROOT / "workflow" / package).rglob("*")
        if path.suffix in {".py", ".j2"} or path.name == "py.typed"
    }
    assert names == modules | {f"wkflow/_workflow/{name}" for name in WORKFLOW}
    assert len(WORKFLOW) > 12


def test_the_source_archive_holds_what_a_build_needs_and_no_more(tmp_path: Path) -> None:
    """All that is committed but what only the repository needs; nothing that a session left."""
    build = [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    tops = {name.partition("/")[0] for name in names}
    assert tops == {
        "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "PKG-INFO", "README.md",
        "Snakefile", "config", "docs", "envs", "pyproject.toml", "scripts", "tests", "workflow",
        ".gitignore",
    }  # fmt: skip
    kinds = {Path(name).suffix for name in names}
    known = {"", ".cff", ".j2", ".json", ".md", ".py", ".rst", ".smk", ".toml", ".typed", ".yaml"}
    known |= {".yml"}
    assert kinds <= known
    assert set(WORKFLOW) <= names


def test_it_runs_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    """Installed anywhere, `wkflow convert` needs no checkout."""
    venv.create(tmp_path / "env", system_site_packages=False, with_pip=False, symlinks=True)
    python = tmp_path / "env" / "bin" / "python"
    site = next((tmp_path / "env" / "lib").glob("python*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)  # noqa: S202 -- it was built here
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (site / "libraries.pth").write_text("\n".join(libraries))
    source = write_stack(tmp_path / "stack", noise(3, 20, 30))
    empty = tmp_path / "empty"
    empty.mkdir()
    run = subprocess.run(
        [python, "-m", "wkflow", "convert", "--verbose", *VOXEL_SIZE, source, tmp_path / "out"],
        check=False,
        capture_output=True,
        text=True,
        cwd=empty,
        env={"PATH": "/usr/bin:/bin"},
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    command = (tmp_path / "out.wkflow" / "logs" / "snakemake.log").read_text().splitlines()[0]
    assert str(site / "wkflow" / "_workflow" / "Snakefile") in command
    assert (tmp_path / "out" / "datasource-properties.json").exists()
    assert not list(empty.iterdir())
