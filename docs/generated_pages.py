"""The parts of the site that are made from the code: a hook of mkdocs, and nothing else imports it.

A page asks for such a part by a line `<!-- made: NAME -->`; on GitHub it is invisible.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import wkflow
from wkflow import errors, run_folder
from wkflow.api import write_functions
from wkflow.api.batch_result import BatchDataset, BatchResult
from wkflow.api.planned_run import PlannedLayer, PlannedMag, PlannedRun
from wkflow.api.run_result import LayerResult, RunResult
from wkflow.api.view import View
from wkflow.cli.option_docs import INTRODUCTION, options_table
from wkflow.inspection.check import Check, Checks
from wkflow.inspection.describe_dataset import (
    DatasetDescription,
    LayerDescription,
    MagDescription,
)
from wkflow.inspection.verification import Fault, Verification

MARKER = re.compile(r"^<!-- made: ([\w-]+) -->$", re.MULTILINE)

FENCE_MARK = re.compile(r"^( *```sh) .*$", re.MULTILINE)
"""What stands behind `sh` tells `tests/test_docs.py` how to judge a block; readers see `sh`."""


def on_page_markdown(markdown: str, **_: Any) -> str:  # noqa: ANN401 -- mkdocs names more, in any order
    """Fill in what a page asks for, before mkdocs looks for links."""
    return FENCE_MARK.sub(r"\1", MARKER.sub(lambda found: PARTS[found[1]](), markdown))


def options() -> str:
    """Give the table that `config/README.md` has, and its introduction, without the title."""
    return options_table().removeprefix(INTRODUCTION.partition("\n\n")[0]).strip()


def error_classes() -> str:
    """Give a table of the errors that are foreseen: class, exit status, what it means."""
    rows = ["| error | exit status | what it means |", "|---|---|---|"]
    for depth, error in _tree(errors.WkflowError):
        sentence = (error.__doc__ or "").partition("\n\n")[0].replace("\n    ", " ")
        indent = "&nbsp;&nbsp;" * depth
        rows.append(f"| {indent}`{error.__name__}` | {error.exit_status} | {sentence} |")
    return "\n".join(rows)


def _tree(
    base: type[errors.WkflowError], depth: int = 0
) -> Iterator[tuple[int, type[errors.WkflowError]]]:
    for error in base.__subclasses__():
        if error.__module__ == errors.__name__:
            yield depth, error
            yield from _tree(error, depth + 1)


def functions() -> str:
    """Give a section for each function of the package: what it does, and a table of keywords."""
    parts = []
    for one in write_functions.functions():
        rows = ["| keyword | takes | what it does |", "|---|---|---|"]
        for name, takes, words in write_functions.explained(one):
            rows.append(f"| `{name}` | {re.sub('[{}]', '', takes)} | {words} |")
        parts += [f"## wkflow.{one.name}", one.words, "\n".join(rows)]
    made = {one.name for one in write_functions.functions()}
    others = [name for name in wkflow.__all__ if name.islower() and name not in made]
    return "\n\n".join([*parts, *map(other_function, others)])


def other_function(name: str) -> str:
    """Give the section of a function that is not made of the options, from its docstring."""
    head, _, rest = (inspect.getdoc(getattr(wkflow, name)) or "").partition("\n\nParameters\n")
    rows = ["| keyword | takes | what it does |", "|---|---|---|"]
    parameters = rest.partition("\n\nReturns\n")[0]
    for found in re.finditer(r"^(\S+) : (.+)\n((?:    .+\n?)+)", parameters, re.MULTILINE):
        keyword, takes, words = found.groups()
        rows.append(f"| `{keyword}` | {takes} | {' '.join(words.split())} |")
    return "\n\n".join([f"## wkflow.{name}", head, "\n".join(rows)])


def results() -> str:
    """Give a section for what functions give."""
    kinds: tuple[type, ...] = (RunResult, LayerResult, PlannedRun, PlannedLayer, PlannedMag)
    kinds += (BatchResult, BatchDataset, DatasetDescription, LayerDescription, MagDescription)
    kinds += (Verification, Fault, Checks, Check, View)
    return "\n\n".join(f"## {kind.__name__}\n\n{inspect.getdoc(kind)}" for kind in kinds)


def run_folder_files() -> str:
    """Give a table of the files of a run folder: constants of its module, with their docstrings."""
    rows = ["| file | what it is |", "|---|---|"]
    for names, words in documented(run_folder):
        files: list[str] = []
        for value in (getattr(run_folder, name) for name in names):
            files += value if isinstance(value, tuple) else [value]
        rows.append(f"| {', '.join(f'`{file}`' for file in files)} | {words} |")
    return "\n".join(rows)


def documented(module: ModuleType) -> Iterator[tuple[list[str], str]]:
    """List the constants of a module with the docstring below them: several, where a line has."""
    lines = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        if isinstance(line, ast.Assign):
            names = [node.id for node in ast.walk(line.targets[0]) if isinstance(node, ast.Name)]
            yield names, " ".join(_text(following).split())


def _text(node: ast.stmt | None) -> str:
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
    return ""


PARTS = {
    "options": options,
    "error-classes": error_classes,
    "functions": functions,
    "results": results,
    "run-folder-files": run_folder_files,
}
