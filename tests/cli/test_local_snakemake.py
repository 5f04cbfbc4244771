"""Snakemake without its plugins for clusters."""

import re
import subprocess
import sys
from contextlib import nullcontext
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from snakemake.iocontainers import InputFiles, Log, OutputFiles, Params, ResourceList, Wildcards
from wkflow.cli import local_snakemake
from wkflow.cli.local_snakemake import SMALL, run_script
from wkflow.workflow_files import snakefile

from tests.runs import environment

SCRIPTS = snakefile().parent / "scripts"


def test_plugins_are_not_imported_where_they_are_not_looked_for() -> None:
    """All that Snakemake does otherwise is done as well."""
    code = (
        "import sys, wkflow.cli.local_snakemake as here; sys.argv = ['snakemake', '--version']\n"
        "try: here.main()\n"
        "except SystemExit as end: print(end.code)\n"
        "print([name for name in sys.modules if name.startswith(here.PLUGIN)])"
    )
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    version, status, plugins = told.stdout.split("\n")[:3]
    assert (version, status, plugins) == (metadata.version("snakemake"), "0", "[]")


def job(**settings: object) -> list[Any]:
    """Give what Snakemake hands over with a script, from its input on."""
    known = {"rulename": "r", "conda_env": None, "conda_base": None, "container": None,
             "singularity_args": "", "modules": None, "record": None, "jobid": 1,
             "iteration": None, "cleanup": True, "shadow": None} | settings  # fmt: skip
    files = InputFiles(), OutputFiles(), Params(), Wildcards(), 1, ResourceList(), Log()
    return [*files, {}, *known.values(), "", "", ""]


def test_small_scripts_are_those_of_rules_without_threads_and_token() -> None:
    """They exist, and take no core in the rules."""
    rules = "".join(path.read_text() for path in (SCRIPTS.parent / "workflow/rules").iterdir())
    for name in SMALL:
        rule = re.search(rf"^rule {name}:.*?script:", rules, re.DOTALL | re.MULTILINE)
        assert rule is not None
        assert "threads: 0" in rule[0]
        assert "token" not in (SCRIPTS / f"{name}.py").read_text()


@pytest.mark.parametrize("where", ["conda_env", "container", "modules", "shadow"])
def test_scripts_that_run_elsewhere_are_started(where: str) -> None:
    """In an environment or a container of their own, or in another folder."""
    started: list[tuple[object, ...]] = []
    asked = job(**{where: "x"})
    run_script(lambda *given: started.append(given), "write_report.py", str(SCRIPTS), *asked)
    assert started == [("write_report.py", str(SCRIPTS), *asked)]


def test_other_scripts_are_started(tmp_path: Path) -> None:
    """Those that make voxels, and those of somebody else, whatever their name."""
    started: list[tuple[object, ...]] = []
    for name, folder in (("convert_slab.py", SCRIPTS), ("write_report.py", tmp_path)):
        run_script(lambda *given: started.append(given), name, str(folder), *job())
    assert [given[0] for given in started] == ["convert_slab.py", "write_report.py"]


def test_a_small_script_is_run_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets what Snakemake gives to scripts; that it failed is no end of the thread."""
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts/write_report.py"
    monkeypatch.setattr(local_snakemake, "snakefile", lambda: tmp_path / "Snakefile")
    for end, status in (("", None), ("; raise SystemExit(3)", 3)):
        script.write_text(
            f"snakemake.config['seen'] = snakemake.rule, snakemake.shares_process{end}"
        )
        given = job()
        fails = pytest.raises(RuntimeError, match=f"write_report.py ended with {status}")
        with fails if status else nullcontext():
            run_script(lambda *_: pytest.fail("started"), script.name, str(script.parent), *given)
        assert given[7] == {"seen": ("r", True)}
