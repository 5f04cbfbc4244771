"""The command of a run and what it ran with: as its run folder's options say, without secrets."""

import json
import platform
import shlex
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from wkflow import __version__
from wkflow.network.urls import is_url, shown
from wkflow.run_folder import CONFIG

POSITIONAL = {
    "convert": ("source", "target"), "add-layer": ("source", "target"), "upload": ("source",),
    "downsample": ("target",),
}  # fmt: skip

LIBRARIES = ("snakemake", "numpy", "zstandard", "imagecodecs", "tifffile", "zarr")


def options_of(run_folder: Path) -> dict[str, Any]:
    """Read the options of a run; of URLs what may be shown."""
    document = yaml.safe_load((run_folder / CONFIG).read_text())
    if not isinstance(document, dict):
        return {}
    return {str(key): _shown(value) for key, value in document.items()}


def _shown(value: Any) -> Any:  # noqa: ANN401 -- YAML
    if isinstance(value, dict):
        return {key: _shown(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_shown(one) for one in value]
    return shown(value) if isinstance(value, str) and is_url(value) else value


def command_of(options: Mapping[str, Any]) -> str:
    """Write the command that means these options, for a shell.

    >>> command_of({"source": "/em stack", "target": "/out", "voxel_size": [4, 4, 40.0]})
    "wkflow convert --voxel-size 4,4,40.0 '/em stack' /out"
    >>> command_of({"command": "upload", "source": "/out", "insecure": True, "compress": False})
    'wkflow upload --insecure --no-compress /out'
    >>> print(command_of({"source": "/em", "target": "/out", "layers": [{"source": "/cells"}]}))
    wkflow convert --layers '[{"source": "/cells"}]' /em /out
    """
    given = dict(options)
    command = str(given.pop("command", "convert"))
    paths = [str(given.pop(name)) for name in POSITIONAL.get(command, ()) if given.get(name)]
    words = ["wkflow", command]
    for key, value in given.items():
        flag = key.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        elif isinstance(value, dict):
            words += [word for pair in value.items() for word in (f"--{flag}", _pair(*pair))]
        elif value is not None:
            words += [f"--{flag}", _spelled(value)]
    return shlex.join([*words, *paths])


def _pair(key: str, value: object) -> str:
    """Write a key and its value; a list is a text there, as no flag holds one."""
    return f"{key}={', '.join(map(str, value)) if isinstance(value, list) else value}"


def _spelled(value: object) -> str:
    """Write the value of a flag; a list of mappings is one of layers."""
    if isinstance(value, list):
        is_plain = not any(isinstance(one, dict) for one in value)
        return ",".join(map(str, value)) if is_plain else json.dumps(value, ensure_ascii=False)
    return str(value)


def config_text(options: Mapping[str, Any]) -> str:
    """Write options as YAML."""
    return str(yaml.safe_dump(dict(options), sort_keys=False, allow_unicode=True))


def versions() -> dict[str, str]:
    """Give the versions of the program and of what its voxels may depend on."""
    found = {"wkflow": __version__, "Python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found | {"system": platform.platform(terse=True)}
