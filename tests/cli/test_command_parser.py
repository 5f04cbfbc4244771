"""The parsers hold what the fields of `Settings` say."""

import pytest
from wkflow.cli.command_parser import build_parsers, choices_of, spell
from wkflow.cli.commands import COMMANDS, Command
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
