"""Snakemake without its plugins for clusters."""

import subprocess
import sys
from importlib import metadata

from tests.runs import environment


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
