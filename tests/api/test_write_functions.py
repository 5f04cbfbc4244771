"""The functions say what the options are, and what the commands take."""

import inspect
from pathlib import Path

import pytest
import wkflow
from wkflow.api import call, write_functions
from wkflow.api.write_functions import FURTHER, functions, main, modules
from wkflow.cli.command_parser import COMPLETION, VARIABLES, build_parsers
from wkflow.cli.commands import COMMANDS, Command
from wkflow.options.settings import Settings

FOLDER = Path(write_functions.__file__).parent

ONLY_AT_A_TERMINAL = {
    "on_finish": "a program has the result, and goes on by itself",
    "help": "`help(wkflow.convert)`",
    "dry_run": "`wkflow.plan`, which gives an object",
    "quiet": "nothing is printed; `progress=False` shows no bar",
    "json": "the result, or the error, is an object",
    "log_format": "the result has notes; a bar shows how far it is",
    "config": "`wkflow.run`, which takes a file",
    "verbose": "an error has what the server said in `detail`",
    "yes": "a function asks nothing",
    "any": "`usable`: `any` is a function of Python's own",
}
"""Flags that are no keywords, and what a program does in their place."""

ONLY_IN_PYTHON = {
    "usable": "--any",
    "progress": "--quiet",
    "snakemake": "what follows `--`",
}
"""Keywords that are no flags, and what a person types in their place."""

CALLED = {"list": "list_datasets", "delete": "delete_dataset"}
"""Functions with other names than their commands: `list` is one of Python's own."""

commands = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)


def function_of(command: Command) -> inspect.Signature:
    """Give the signature of a command's function."""
    return inspect.signature(getattr(wkflow, command.name.replace("-", "_")))


@pytest.mark.parametrize("name", sorted(modules()))
def test_functions_are_not_stale(name: str) -> None:
    """`python -m wkflow.api.write_functions` would change nothing."""
    assert (FOLDER / name).read_text() == modules()[name]


def test_all_modules_are_written(tmp_path: Path) -> None:
    """One for each function, and their choices."""
    main(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"{one.name}.py" for one in functions()} | {"choices.py"}


@commands
def test_every_flag_is_a_keyword(command: Command) -> None:
    """No option is reachable by one door only, but for those that make sense at one only."""
    flags = {action.dest for action in build_parsers()[1][command.name]._actions}  # noqa: SLF001 -- argparse lists its arguments nowhere else
    keywords = set(function_of(command).parameters)
    assert flags - keywords == ONLY_AT_A_TERMINAL.keys() - {"yes", "any"}
    assert keywords - flags == ONLY_IN_PYTHON.keys() - {"usable"}
    assert keywords - FURTHER.keys() == command.options


def test_every_command_has_a_function_with_all_its_options() -> None:
    """But for what makes sense at one door only; a script for a shell is no use to a program."""
    parsers = build_parsers()[1]
    names = {
        CALLED.get(name, name.replace("-", "_")): name for name in parsers if name != COMPLETION
    }
    assert names.keys() | {"plan"} == {name for name in wkflow.__all__ if name.islower()}
    for name, command in names.items():
        flags = {action.dest for action in parsers[command]._actions}  # noqa: SLF001 -- as above
        parameters = inspect.signature(getattr(wkflow, name)).parameters
        keywords = {one.name for one in parameters.values() if one.kind is not one.VAR_KEYWORD}
        if len(keywords) < len(parameters):  # any option by its name
            keywords |= Settings.model_fields.keys()
        assert flags - keywords <= ONLY_AT_A_TERMINAL.keys(), name
        assert name == "batch" or keywords - flags <= {*ONLY_IN_PYTHON, "command"}, name


def test_a_plan_takes_the_options_of_all() -> None:
    """As YAML spells them, the command included."""
    assert set(inspect.signature(wkflow.plan).parameters) == {*Settings.model_fields, "token"}


@pytest.mark.parametrize("name", [one.name for one in functions()])
def test_defaults_are_those_of_the_settings(name: str) -> None:
    """What may be positional stands first, and only the first one may be required."""
    parameters = list(inspect.signature(getattr(wkflow, name)).parameters.values())
    for number, one in enumerate(parameters):
        is_positional = one.kind is one.POSITIONAL_OR_KEYWORD
        assert is_positional == (one.name in {"source", "target"}), one
        if one.default is one.empty:
            assert number == 0
        elif one.name in Settings.model_fields:
            default = Settings.model_fields[one.name].default
            expected = None if one.name in VARIABLES or default == "" else default
            assert one.default == expected, one


@pytest.mark.parametrize("name", [one.name for one in functions()])
def test_every_keyword_is_explained_and_typed(name: str) -> None:
    """For `help`, for completion and for type checkers."""
    function = getattr(wkflow, name)
    words = inspect.getdoc(function) or ""
    assert words.index("Parameters\n") < words.index("Returns\n") < words.index("Raises\n")
    for one in inspect.signature(function).parameters.values():
        assert f"\n{one.name} : " in words
        assert one.annotation is not one.empty


@pytest.mark.parametrize("name", [one.name for one in functions()])
def test_the_defaults_are_taken(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings refuse none of them, and they mean the same as nothing."""
    asked = []

    def ask(request: dict[str, object], *_: object) -> None:
        asked.append(request["options"])
        raise wkflow.ConfigError("asked", "here", "nothing")

    monkeypatch.setattr(call, "_ask", ask)
    monkeypatch.chdir(tmp_path)
    given = {} if name in {"upload", "downsample"} else {"target": None, "upload": True}
    given = {"target": "set"} if name == "add_layer" else given
    given |= {"source": "em"} if name == "plan" else {}
    given = {key: value for key, value in given.items() if key in _parameters(name)}
    paths = () if name == "plan" else ("em",)
    with pytest.raises(wkflow.ConfigError, match="asked"):
        getattr(wkflow, name)(*paths, **given)
    expected = {"source", "upload", "work_dir"} if name != "downsample" else {"command", "target"}
    expected = {"command", "source", "work_dir"} if name == "upload" else expected
    expected = {"command", "source", "target"} if name == "add_layer" else expected
    assert asked[0].keys() == expected


def _parameters(name: str) -> set[str]:
    return set(inspect.signature(getattr(wkflow, name)).parameters)
