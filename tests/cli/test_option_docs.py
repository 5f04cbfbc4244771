"""The papers about options say what the options are."""

import argparse
import json
from pathlib import Path

import pytest
import yaml
from wkflow.cli.command_parser import build_parsers, choices_of, spell
from wkflow.cli.commands import COMMANDS, Command
from wkflow.cli.option_docs import PAPERS, SCHEMAS, main, options_table
from wkflow.options.option_help import GROUPS, help_of
from wkflow.options.settings import Settings

CONFIG = Path(__file__).resolve().parents[2] / "config"
REQUIRED = {name for name, option in Settings.model_fields.items() if option.is_required()}

OF_EVERY_COMMAND = {
    "config",
    "dry_run",
    "quiet",
    "verbose",
    "json",
    "log_format",
    "token",
    "help",
} | {"on_finish"}
"""How a command is carried out and told: of a run's config none of them is a part."""

OFFERED = [
    pytest.param(command, name, id=f"{command.name}-{name}")
    for command in COMMANDS
    for name in Settings.model_fields
    if name in command.options
]
"""Each option of each command."""


def parser_of(command: Command) -> argparse.ArgumentParser:
    """Give the parser of a command."""
    return build_parsers()[1][command.name]


def one_line(text: str) -> str:
    """Undo what argparse does to fit a terminal."""
    return "".join(text.split())


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_papers_are_not_stale(name: str) -> None:
    """`python -m wkflow.cli.option_docs config` would change nothing."""
    assert (CONFIG / name).read_text() == PAPERS[name]()


def test_all_papers_are_written(tmp_path: Path) -> None:
    """Each under its name; the folders in the repository hold no others."""
    folder = tmp_path / "config"
    folder.mkdir()
    main(folder)
    for where in (".", SCHEMAS):
        written, ours = (here.joinpath(where).iterdir() for here in (folder, CONFIG))
        assert {path.name for path in written} == {path.name for path in ours}


@pytest.mark.parametrize(("command", "name"), OFFERED)
def test_help_explains_every_option(
    command: Command, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its flag, its text in this command, its default, and the values it allows."""
    monkeypatch.setenv("COLUMNS", "200")
    option, shown = Settings.model_fields[name], one_line(parser_of(command).format_help())
    text = one_line(help_of(option, command.name))
    assert option.description
    assert text in shown
    if name in command.positional:
        assert name.upper() in shown
        return
    flag = f"--{name.replace('_', '-')}"
    assert flag in shown
    assert one_line("|".join(choices_of(name))) in shown
    told = shown[shown.index(f"{flag}") :].partition(text)[2]
    if option.default not in {None, False}:
        assert told.split("]")[0].endswith(spell(option.default))
        assert told.startswith("[default:")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_flag_is_an_option(command: Command) -> None:
    """But for those that only concern the terminal, help, and the token, which no file may hold."""
    names = {action.dest for action in parser_of(command)._actions}  # noqa: SLF001 -- as above
    assert names & set(Settings.model_fields) == command.options
    assert names - set(Settings.model_fields) == OF_EVERY_COMMAND


def test_defaults_in_yaml_are_those_of_the_settings() -> None:
    """Snakemake merges a person's file over them: the outcome is what that file alone means."""
    defaults = yaml.safe_load((CONFIG / "config.yaml").read_text())
    assert list(defaults) == list(Settings.model_fields)
    given = {"source": "/s", "target": "/data/t", "voxel_size": [1, 1, 1]}
    assert Settings.parse(defaults | given, where="both") == Settings.parse(given, where="one")


def test_the_schema_knows_the_same_options() -> None:
    """An editor underlines what the program would refuse."""
    schema = json.loads((CONFIG / SCHEMAS / "config.schema.json").read_text())
    assert set(schema["properties"]) == {*Settings.model_fields, "samples"}
    assert "required" not in schema
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_values_of_an_option_are_those_of_its_schema(name: str) -> None:
    """They are read from its type, which is quicker."""
    schema = Settings.model_json_schema(by_alias=False)["properties"][name]
    known = [
        choice
        for part in (schema, *schema.get("anyOf", ()))
        for choice in part.get("enum", [part["const"]] if "const" in part else [])
    ]
    assert choices_of(name) == known


def test_the_table_has_a_row_for_each_option() -> None:
    """Of four cells: no description breaks the table."""
    rows = [line for line in options_table().splitlines() if line.startswith("| `")]
    assert sorted(row.split("`")[1] for row in rows) == sorted(Settings.model_fields)
    heads = [line for line in options_table().splitlines() if line.startswith("## ")]
    assert heads == [f"## {group}" for group in GROUPS]
    assert {row.count("|") for row in rows} == {5}
    assert {row.split("`")[1] for row in rows if "| required |" in row} == REQUIRED
