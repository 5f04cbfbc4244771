"""Where the workflow's own files are: in a checkout, or inside the installed package."""

from pathlib import Path

from wkflow.errors import ConfigError

_PACKAGE = Path(__file__).resolve().parent


def import_root() -> Path | None:
    """Give the folder that makes the package importable from a checkout; None if it is installed.

    Scripts of jobs need it; an installed package they find by themselves.
    """
    return None if (_PACKAGE / "_workflow").is_dir() else _PACKAGE.parent


def snakefile() -> Path:
    """Find the Snakefile that belongs to this package.

    Raises
    ------
    ConfigError
        If it is neither beside the package nor in it: a broken installation.
    """
    for home in (_PACKAGE / "_workflow", _PACKAGE.parents[1]):
        if (home / "Snakefile").is_file() and (home / "scripts").is_dir():
            return home / "Snakefile"
    raise ConfigError("the workflow's files are missing", str(_PACKAGE), "Install wkflow again.")
