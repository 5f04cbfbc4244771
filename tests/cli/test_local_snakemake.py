"""Snakemake without its plugins for clusters, and without what a run of ours never uses."""

import json
import subprocess
import sys
from importlib import metadata

import pytest
import snakemake
from wkflow.cli.local_snakemake import PLUGIN, without_clusters, without_plugins

from tests.runs import environment


def told(code: str) -> str:
    """Run code in an interpreter that has imported nothing; give its output."""
    command = [sys.executable, "-c", code]
    known = environment()
    return subprocess.run(command, env=known, capture_output=True, text=True, check=True).stdout


def test_plugins_are_not_imported_where_they_are_not_looked_for() -> None:
    """All that Snakemake does otherwise is done as well."""
    code = (
        "import sys, wkflow.cli.local_snakemake as here; sys.argv = ['snakemake', '--version']\n"
        "try: here.main()\n"
        "except SystemExit as end: print(end.code)\n"
        "print([name for name in sys.modules if name.startswith(here.PLUGIN)])"
    )
    version, status, plugins = told(code).split("\n")[:3]
    assert (version, status, plugins) == (metadata.version("snakemake"), "0", "[]")


LOOK = """
import json, sys
from wkflow.cli.local_snakemake import prepare
prepare({extra})
from snakemake.cli import get_argument_parser
get_argument_parser()
import smart_open
known = [name for name in ("pandas", "google.cloud.storage", "snakemake.report", "docutils")
         if sys.modules.get(name)]
import nbformat
before = "nbformat.v4" in sys.modules
print(json.dumps([known, before, nbformat.current_nbformat, "nbformat.v4" in sys.modules]))
"""


@pytest.mark.parametrize("extra", [[], ["--report"]])
def test_what_no_run_uses_is_not_imported(extra: list[str]) -> None:
    """A report, if a person tells Snakemake anything; a notebook's format, once it is asked for."""
    known, before, version, after = json.loads(told(LOOK.format(extra=extra)))
    assert known == (["snakemake.report", "docutils"] if extra else [])
    assert (before, version, after) == (False, 4, True)


def test_installed_modules_are_listed_where_a_plugin_may_be_asked_for() -> None:
    """All but those for clusters; those of a package always."""
    listed = [module.name for module in without_clusters()]
    assert "snakemake" in listed
    assert not [name for name in listed if name.startswith(PLUGIN)]
    assert list(without_plugins()) == []
    of_package = [module.name for module in without_plugins(snakemake.__path__, "snakemake.")]
    assert "snakemake.cli" in of_package


def test_hidden_modules_can_be_imported_afterwards() -> None:
    """Sources are read by the same clients later; what was imported before stays."""
    code = (
        "import sys, json\nfrom wkflow.cli.local_snakemake import absent\n"
        "with absent('requests', 'json'):\n"
        "    import json\n"
        "    try: import requests\n"
        "    except ImportError: print('absent')\n"
        "import requests\nprint(requests.__name__)"
    )
    assert told(code).split() == ["absent", "requests"]
