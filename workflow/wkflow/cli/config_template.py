"""`wkflow init`: a YAML file of options to begin with, made of their one declaration."""

import argparse
import json
import shlex
import sys
import textwrap
from pathlib import Path
from typing import Any

from wkflow.atomic_files import atomic_write
from wkflow.cli.arguments import usage_of
from wkflow.cli.messages import say
from wkflow.errors import ConfigError
from wkflow.options.option_help import GROUPS, group_of
from wkflow.options.settings import Settings
from wkflow.run_folder import CONFIG

INIT = "init"

PLACES: dict[str, object] = {"source": "images", "target": "dataset"}
"""What stands in the file without a `#`, for a person to change."""

OFFERED = {
    *("voxel_size", "unit", "name", "layer_name", "category", "data_format", "max_mag"),
    *("channels", "contrast", "dtype", "on_mismatch", "overwrite_existing"),
    *("command", "upload", "webknossos_url", "folder"),
    *("jobs", "memory", "distribution_strategy"),
}
"""The options that matter to most; `wkflow run --help` has all."""

VALUES: dict[str, object] = {
    "voxel_size": [11.24, 11.24, 25],
    "name": "my_dataset",
    "layer_name": "em",
    "category": "color",
    "dtype": "uint8",
    "unit": "micrometer",
    "max_mag": 8,
    "upload": True,
    "overwrite_existing": True,
    "jobs": 4,
    "memory": "8G",
}
"""What stands behind the `#` of an option whose default says little, or is none."""

WIDTH = 92

HEAD = """\
# Options of wkflow. Relative paths start at the folder in which a command is given:
#   wkflow run {name}
#   snakemake --configfile {name} --cores all      (in a checkout)
# A line with `#` before it is not read: remove the sign and the blank to give the option.
"""


def config_template(name: str = CONFIG) -> str:
    """Give the file: what has to be said, and as comments what may be."""
    lines = [HEAD.format(name=name)]
    fields = Settings.model_fields
    for one, place in PLACES.items():
        lines += [*_explained(one), f"{one}: {place}", ""]
    for group in GROUPS:
        named = [one for one in fields if one in OFFERED and group_of(fields[one]) == group]
        lines += [f"# {group} {'-' * (WIDTH - len(group) - 3)}", ""] if named else []
        for one in named:
            lines += [*_explained(one), f"# {one}: {json.dumps(_value(one))}", ""]
    return "\n".join(lines)


def _explained(name: str) -> list[str]:
    text = str(Settings.model_fields[name].description)
    return textwrap.wrap(
        text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
    )


def _value(name: str) -> object:
    """Give a value to begin with: one that was chosen, the default, or the example of help."""
    option = Settings.model_fields[name]
    examples = option.examples or [option.default]
    return VALUES.get(name, examples[0] if option.default is None else option.default)


def add_init(subparsers: Any) -> argparse.ArgumentParser:  # noqa: ANN401 -- argparse hides its type
    """Add the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        INIT, help="write a YAML file of options to begin with", allow_abbrev=False,
        description="Write FOLDER/config.yaml with the options that matter and what they mean; "
        "`wkflow run` and `snakemake --configfile` take it. What is there already stays.",
    )  # fmt: skip
    parser.add_argument(
        "folder", metavar="FOLDER", nargs="?", default=".", help="By default this folder."
    )
    parser.add_argument("--force", action="store_true", help="Replace a file that is there.")
    parser.set_defaults(command=INIT)
    parser.usage = usage_of(INIT, parser, behind="")
    return parser


def init(options: argparse.Namespace, extra: tuple[str, ...]) -> int:
    """Write the file, and say on standard output where it is.

    Raises
    ------
    ConfigError
        If a file of that name is there, or the folder is none; if something follows `--`.
    """
    if extra:
        raise ConfigError("runs no Snakemake", "what follows `--`", "Leave it out, and the dashes.")
    path = write_template(Path(options.folder), force=options.force)
    say(str(path), sys.stdout)
    say(f"wkflow: edit it, then: wkflow run {shlex.quote(str(path))}", sys.stderr)
    return 0


def write_template(folder: Path, *, force: bool) -> Path:
    """Write the file into a folder, and give its path.

    Raises
    ------
    ConfigError
        If a file of that name is there, unless `force` says to replace it, or the folder is none.
    """
    path = folder / CONFIG
    if (path.exists() or path.is_symlink()) and not force:
        remedy = "Edit it, choose another folder, or give --force to replace it."
        raise ConfigError("is there already", str(path), remedy)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise ConfigError("is no folder", str(folder), "Choose another one.") from None
    with atomic_write(path) as file:
        file.write(config_template().encode())
    return path
