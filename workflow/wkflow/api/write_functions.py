"""The functions of this package, made from the one declaration of the options.

`python -m wkflow.api.write_functions` writes them into this folder; a test fails when they are not
what it would write.
"""

import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wkflow.api.keyword_types import camel, default_of, kinds_of
from wkflow.cli.command_parser import VARIABLES, choices_of
from wkflow.cli.commands import COMMANDS
from wkflow.options.option_help import description_of
from wkflow.options.settings import Settings

WIDTH = 100

HEAD = "# Made by `python -m wkflow.api.write_functions`. Do not edit.\n"


@dataclass(frozen=True, slots=True)
class Function:
    """One function: `options` are its keywords, of which the `positional` ones come first.

    `required` says that the first of them has no default; `words` are its docstring's first lines.
    """

    name: str
    words: str
    options: frozenset[str]
    positional: tuple[str, ...]
    required: bool
    gives: str

    @property
    def keywords(self) -> list[str]:
        """Give all options in the order of the parameters."""
        rest = [name for name in Settings.model_fields if name in self.options]
        return [*self.positional, *(name for name in rest if name not in self.positional)]


WORDS = {
    "convert": """\
Convert an image stack on disk to a WEBKNOSSOS dataset with its magnifications.

The same call again resumes what was interrupted. With `upload` the dataset is one on a server.""",
    "remote-convert": """\
Convert an image stack and send it to a WEBKNOSSOS server meanwhile.

The server is asked first, and what it has is proven at the end. The same call again resumes.""",
    "upload": """\
Send a dataset on disk, of any tool, to a WEBKNOSSOS server and prove that it has arrived.

`jobs` are parallel connections. The same call again resumes.""",
    "downsample": """\
Compute the missing magnifications of a dataset that exists, on disk or on a server.

It stays as it was until all are there. The same call again resumes.""",
    "add-layer": """\
Convert images to layers of a dataset on disk that exists.

It stays as it was until all of them are there. The same call again resumes.""",
    "plan": """\
Look what a run would make, and what it needs: the dry run. Nothing is written.

`command` names what would be run: a conversion, also one with `upload`, or another command.""",
}
"""What the functions say of themselves, by the name of the command."""

FURTHER = {
    "token": (
        "str | None",
        (
            "Token of your WEBKNOSSOS account; by default WK_TOKEN of the environment. It is "
            "written nowhere, and this process's environment stays as it is."
        ),
    ),
    "progress": (
        "bool | None",
        "Show a bar, or none; by default one in a notebook and in a terminal.",
    ),
    "snakemake": (
        "Sequence[str]",
        (
            "Options for Snakemake itself, as behind `--` on the command line; what it prints is "
            "`output` of the result."
        ),
    ),
}
"""Keywords that are no options of a run, with type and description."""

RAISES = """\
Raises
------
WkflowError
    What went wrong, with `what`, `where` and `remedy`: ConfigError for an option, SourceError
    for an image, ServerError, TransientError, ResourceError, VerificationError.
KeyboardInterrupt
    When it was interrupted; everything is stopped by then, and the same call resumes."""


def functions() -> list[Function]:
    """List the functions: one for each command, and the dry run of all."""
    made = [
        Function(
            one.name.replace("-", "_"),
            WORDS[one.name],
            one.options,
            one.positional,
            required=True,
            gives="RunResult",
        )
        for one in COMMANDS
    ]
    options = frozenset(Settings.model_fields)
    positional = ("source", "target")
    plan = Function("plan", WORDS["plan"], options, positional, required=False, gives="PlannedRun")
    return [*made, plan]


def further_of(one: Function) -> dict[str, tuple[str, str]]:
    """Give the keywords of a function that are no options; a dry run shows and passes nothing."""
    return {"token": FURTHER["token"]} if one.name == "plan" else FURTHER


def function_module(one: Function) -> str:
    """Give the module of a function."""
    further = further_of(one)
    positional = [_parameter(one, name) for name in one.positional]
    rest = [_parameter(one, name) for name in one.keywords[len(one.positional) :]]
    defaults = {"str | None": "None", "bool | None": "None", "Sequence[str]": "()"}
    rest += [f"{name}: {kind} = {defaults[kind]}" for name, (kind, _) in further.items()]
    parameters = "".join(f"    {line},\n" for line in [*positional, "*", *rest])
    body = f"{parameters}) -> {one.gives}:"
    choices = sorted({camel(name) for name in one.keywords if choices_of(name)})
    abstract = [kind for kind in ("Mapping", "Sequence") if re.search(rf"\b{kind}\[", body)]
    module = "planned_run" if one.gives == "PlannedRun" else "run_result"
    call = "plan" if one.gives == "PlannedRun" else "run"
    arguments = "locals()" if call == "plan" else f'"{one.name.replace("_", "-")}", locals()'
    imports = [
        *([f"from collections.abc import {', '.join(abstract)}"] if abstract else []),
        "from pathlib import Path",
        "",
        "from wkflow.api import call",
        _import("wkflow.api.choices", choices),
        f"from wkflow.api.{module} import {one.gives}",
    ]
    return (
        f'"""`wkflow.{one.name}`."""\n\n{HEAD}\n'
        + "\n".join(imports)
        + f"\n\n\ndef {one.name}(\n{body}\n"
        + textwrap.indent(f'"""{_docstring(one)}\n"""', "    ", lambda line: line != "\n")
        + f"\n    return call.{call}({arguments})\n"
    )


def choices_module() -> str:
    """Give the module that names the values of all options which have few."""
    lines = [
        f"{camel(name)} = Literal[\n" + "".join(f'    "{one}",\n' for one in choices) + "]"
        for name in Settings.model_fields
        if (choices := choices_of(name))
    ]
    head = f'"""The values of options that have few."""\n\n{HEAD}\nfrom typing import Literal\n\n'
    return head + "\n".join(lines) + "\n"


def _import(module: str, names: list[str]) -> str:
    """Import names from a module, on as many lines as the formatter would take."""
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def _parameter(one: Function, name: str) -> str:
    option = Settings.model_fields[name]
    kinds = kinds_of(name, option)
    if one.required and name == one.positional[0]:
        return f"{name}: {' | '.join(kind for kind in kinds if kind != 'None')}"
    kind = " | ".join(kinds)
    return f"{name}: {kind} = {default_of(name)!r}".replace("'", '"')


def explained(one: Function) -> Iterator[tuple[str, str, str]]:
    """Give each keyword of a function: what it takes, with its default, and what it does."""
    for name in one.keywords:
        option = Settings.model_fields[name]
        kinds = [kind for kind in kinds_of(name, option) if kind != "None"]
        if choices := choices_of(name):
            kinds = ["{" + ", ".join(f'"{choice}"' for choice in choices) + "}"]
        default = option.default
        told = f"by default $WK_URL, else {default}" if name in VARIABLES else f"default {default}"
        is_told = default not in {None, ""}
        takes = " or ".join(kinds) + (f", {told}" if is_told else "")
        yield name, takes, description_of(option, one.name)
    for name, (kind, words) in further_of(one).items():
        yield name, kind.removesuffix(" | None"), words


def _docstring(one: Function) -> str:
    lines = [one.words, "", "Parameters", "----------"]
    for name, takes, words in explained(one):
        lines += [*_wrapped(f"{name} : {takes}", "", "    "), *_wrapped(words, "    ", "    ")]
    gives = {
        "RunResult": "The dataset, its layers, the report, and where the receipts are.",
        "PlannedRun": "Layers, magnifications, jobs, memory and disk; `print` shows the table.",
    }
    lines += ["", "Returns", "-------", one.gives, f"    {gives[one.gives]}", "", RAISES]
    return "\n".join(lines)


def _wrapped(text: str, first: str, others: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH - 4,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def modules() -> dict[str, str]:
    """Give all modules that are made, by the names of their files."""
    made = {f"{one.name}.py": function_module(one) for one in functions()}
    return made | {"choices.py": choices_module()}


def main(folder: Path) -> None:
    """Write all modules into `folder`."""
    for name, text in modules().items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent)
