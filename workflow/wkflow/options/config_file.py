"""A run's options as a YAML file: read strictly, so that a slip is told and not passed over.

What Snakemake takes with `--configfile` is taken here as well, but for keys that stand there twice,
of which Snakemake takes the last.
"""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from wkflow.errors import ConfigError
from wkflow.options.settings import Settings

REMEDY = "One `option: value` in a line; `wkflow init` writes a file to begin with."


def read_config(path: Path) -> dict[str, object]:
    """Read a file of options, of which null counts as not given, and check each by itself.

    Relative paths in it are left: they start at the folder in which the command is given, as with
    `snakemake --configfile`.

    Raises
    ------
    ConfigError
        If there is no such file, it is no text in UTF-8, no YAML or no mapping, holds a key twice,
        or an option in it is unknown or has a wrong value. It names the file and the keys.
    """
    where = str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError("there is no such file", where, REMEDY) from None
    except IsADirectoryError:
        raise ConfigError("is a folder, and no file of options", where, REMEDY) from None
    except UnicodeDecodeError as error:
        what = f"is no text in UTF-8: byte {error.start} is {error.object[error.start]:#04x}"
        raise ConfigError(what, where, "Save it as UTF-8.") from None
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 -- a SafeLoader
    except yaml.YAMLError as error:
        raise ConfigError(_fault(error), where, REMEDY) from None
    if not isinstance(document, dict):
        kind = "is empty" if document is None else f"holds {_kind(document)} in place of options"
        raise ConfigError(kind, where, REMEDY)
    if document.get("samples"):
        raise ConfigError(
            "holds samples, which Snakemake itself takes", where,
            "Give the sheet to `wkflow batch`; --config has what is the same in all rows.",
        )  # fmt: skip
    given = {str(key): value for key, value in document.items() if value is not None}
    Settings.check_each(given, where=where)
    return given


class _Loader(yaml.SafeLoader):
    """Reads YAML as Snakemake does, and refuses a key that stands there twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: ANN401, FBT001, FBT002 -- as its base has it
        """Make a mapping of a node."""
        lines: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if (
                isinstance(key, yaml.ScalarNode)
                and (first := lines.setdefault(key.value, line)) != line
            ):
                what = f"{key.value} is given twice, in lines {first} and {line}"
                raise yaml.constructor.ConstructorError(None, None, what, None)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return found


def _fault(error: yaml.YAMLError) -> str:
    """Say in a line what is wrong with YAML, and where."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return "is no YAML: " + " ".join(str(error).split())
    words = " ".join(filter(None, (error.context, error.problem)))
    mark = error.problem_mark
    return f"is no YAML: {words}, in line {mark.line + 1}" if mark else words


def _kind(document: object) -> str:
    return "a list" if isinstance(document, list) else "a text or number"
