"""Where the rules come from: beside the package, from another checkout, or out of git.

Snakemake itself reads rules and scripts that a module names with `github(...)` or `gitlab(...)`,
as deployed workflows do; the package it finds where it runs. The two should be of one version.
"""

import os
import re
import sys
from typing import Any

from snakemake.sourcecache import LocalSourceFile

import wkflow
from wkflow.errors import ConfigError
from wkflow.workflow_files import import_root

VERSION = re.compile(r'^__version__ = "([^"]+)"', re.MULTILINE)
"""How `wkflow/__init__.py` states the version: it does so in one place."""


def require_matching_rules(workflow: Any) -> None:  # noqa: ANN401 -- it has no type
    """Make sure that rules and package belong together, and that Snakemake can read the scripts.

    Raises
    ------
    ConfigError
        If rules of one version are evaluated by a package of another, or if they are read from
        where Snakemake finds no script.
    """
    folder = workflow.current_basedir
    try:
        folder.join(LocalSourceFile("scripts"))
    except TypeError:
        raise ConfigError(
            "Snakemake reads rules from there, but no scripts", str(folder),
            "Give the path of workflow/Snakefile in the checkout.",
        ) from None  # fmt: skip
    module = folder.join("wkflow/__init__.py")
    if not workflow.sourcecache.exists(module):
        return  # these are the rules inside an installed package
    with workflow.sourcecache.open(module) as file:
        version = VERSION.search(file.read())
    if version and version[1] != wkflow.__version__:
        raise ConfigError(
            f"these rules are of wkflow {version[1]}, but {wkflow.__version__} is installed",
            str(folder), f"{sys.executable} -m pip install {origin_of(folder)}",
        )  # fmt: skip


def origin_of(folder: Any) -> str:  # noqa: ANN401 -- it has no type
    """Say what pip installs the package from that belongs to the rules in a folder."""
    if repository := getattr(folder, "repo", None):
        return f"'git+https://{folder.host}/{repository}@{folder.ref}'"
    return f"'{os.path.dirname(folder.get_path_or_uri(secret_free=True))}'"  # noqa: PTH120 -- a URI, it may be


def missing_package(missing: ModuleNotFoundError) -> ConfigError:
    """Give the error for a package of others that wkflow needs, and that is not there.

    Rules of a checkout find wkflow itself beside them, though nothing was installed.
    """
    root = import_root()
    origin = f"-e '{root.parent}'" if root else "wkflow"
    return ConfigError(
        f"the package {missing.name} is missing where Snakemake runs", sys.executable,
        f"{sys.executable} -m pip install {origin}",
    )  # fmt: skip
