"""The parsers hold what the fields of `Settings` say."""

import re
import shlex

import pytest
from wkflow.cli.arguments import flags_of
from wkflow.cli.command_parser import TERMINAL, build_parsers, choices_of, spell
from wkflow.cli.commands import COMMANDS, Command
from wkflow.options.option_help import GROUPS
from wkflow.options.settings import Settings

commands = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)


@commands
def test_nothing_is_given_unless_somebody_types_it(command: Command) -> None:
    """Defaults are those of the settings: a parser adds none to a config."""
    parser = build_parsers()[1][command.name]
    options = parser.parse_args(["a"])
    given = {name for name in command.options if getattr(options, name) is not None}
    assert given == {command.positional[0]}
    assert options.command is command


def test_values_are_written_as_a_person_types_them() -> None:
    """Shapes with commas, switches as YAML has them."""
    assert [spell(value) for value in ((32, 32, 1), True, "zarr3", 5)] == [
        *("32,32,1", "true", "zarr3", "5"),
    ]


def test_choices_are_those_of_the_type() -> None:
    """Also of one that may be left out; of others there are none."""
    assert choices_of("category") == ["color", "segmentation"]
    assert choices_of("voxel_size") == []
    assert "default" in choices_of("interpolation_mode")
    assert Settings.model_fields["interpolation_mode"].default == "default"


@commands
def test_help_fits_what_a_person_needs(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """On 80 columns: usage, an example, and of each option its flag and at most two lines."""
    monkeypatch.setenv("COLUMNS", "80")
    text = build_parsers()[1][command.name].format_help()
    usage, *rest = text.splitlines()
    assert usage.startswith(f"usage: wkflow {command.name} [OPTIONS]")
    heads = [line.rstrip(":") for line in rest if re.fullmatch("[A-Z][a-z]+:", line)]
    assert heads[:2] == ["Example", "Paths"]
    known = [group for group in GROUPS if group in heads]
    assert heads[2:] == [*known, TERMINAL]
    for block in re.split(r"^  (?=-|[A-Z]+ )", text.partition("\nPaths:")[2], flags=re.MULTILINE)[
        1:
    ]:
        flag, *lines = re.split(r"\n(?! {10})", block)[0].splitlines()
        begins_beside = bool(re.search(r"\S {2,}\S", flag))
        assert 1 <= begins_beside + len(lines) <= 2, block


@commands
def test_the_example_is_a_command(command: Command) -> None:
    """Its flags are known, and its values are options."""
    program, name, *words = shlex.split(command.example)
    assert (program, name) == ("wkflow", command.name)
    parsers = build_parsers()[1]
    options = parsers[name].parse_args(flags_of(name, parsers).in_order(words))
    given = {option: getattr(options, option) for option in command.options} | command.fixed
    assert Settings.parse(given, where="example").dataset_name


@commands
def test_no_command_speaks_of_another(command: Command) -> None:
    """What is sent or downsampled has no slices; a text for several commands suits all of them."""
    text = build_parsers()[1][command.name].format_help()
    assert "`wkflow upload`" not in text
    assert "`wkflow downsample`" not in text
    if command.name in {"upload", "downsample"}:
        assert "slices" not in text.partition("Paths:")[2].replace("slices have then", "")


def test_each_command_has_a_line_in_the_short_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name, and beside it what it does."""
    monkeypatch.setenv("COLUMNS", "100")
    lines = build_parsers()[0].format_help().splitlines()
    for command in COMMANDS:
        assert any(line.split() == [command.name, *command.help.split()] for line in lines)


def test_help_has_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in a pipe, and not with NO_COLOR."""
    monkeypatch.setenv("NO_COLOR", "1")
    parser, parsers = build_parsers()
    assert not any("\x1b" in one.format_help() for one in (parser, *parsers.values()))
