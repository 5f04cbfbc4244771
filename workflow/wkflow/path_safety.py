"""What is written to a dataset, or removed from it, lies in it: also behind links.

Looked at once for each folder of a layer or mag, not for each chunk.
"""

import re
from pathlib import Path
from urllib.parse import unquote

from wkflow.errors import ConfigError


def has_parent(path: str) -> bool:
    """Whether a path, or what stands for it in an URL, holds `..`.

    >>> has_parent("em/1"), has_parent("em/../x"), has_parent("em/%2E%2e/x"), has_parent("a..b")
    (False, True, True, False)
    """
    return ".." in re.split(r"[/\\]", unquote(path))


def leads_out(path: str) -> bool:
    """Whether a path is absolute, or holds `..`.

    >>> leads_out("em/1"), leads_out("em/../../x"), leads_out("/etc")
    (False, True, True)
    """
    return path.startswith(("/", "\\")) or has_parent(path)


def is_inside(dataset: Path, path: str) -> bool:
    """Whether a path leads to below a dataset, through all links."""
    root, real = dataset.resolve(), (dataset / path).resolve()
    return real != root and real.is_relative_to(root)


def require_inside(dataset: Path, path: str) -> None:
    """Refuse a folder of a layer or mag that leads out of the dataset.

    Raises
    ------
    ConfigError
        If it does.
    """
    if not is_inside(dataset, path):
        raise ConfigError(
            f"leads out of the dataset, to {(dataset / path).resolve()}", str(dataset / path),
            "Give the dataset to which it leads, or replace the link by a folder.",
        )  # fmt: skip
