"""Whether the dataset can say of itself what it is asked to; told before a voxel is read."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from wkflow.errors import ConfigError
from wkflow.model.self_description import CRATE, MANIFEST, is_own_crate, is_own_manifest
from wkflow.options.settings import Settings


def check_provenance(settings: Settings) -> None:
    """Refuse a manifest or a crate that cannot be written.

    Raises
    ------
    ConfigError
        If another program's file is in its place, or the package for it is not installed.
    """
    if settings.ro_crate and find_spec("rocrate") is None:
        raise ConfigError(
            "needs a package that is not installed (rocrate)", "--ro-crate",
            "pip install 'wkflow[rocrate]'",
        )  # fmt: skip
    if settings.describes:
        _require_own(settings.dataset / MANIFEST, is_own_manifest, "--manifest")
    if settings.ro_crate:
        _require_own(settings.dataset / CRATE, is_own_crate, "--ro-crate")


def _require_own(path: Path, is_own: Callable[[Path], bool], flag: str) -> None:
    if path.exists() and not is_own(path):
        raise ConfigError(
            "was written by another program, and is not replaced", str(path),
            f"Move it elsewhere, or leave out {flag}.",
        )  # fmt: skip
