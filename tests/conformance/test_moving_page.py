"""The page for those who come from the official tool has all of its commands and options."""

import json
import re
from pathlib import Path

import pytest
from wkflow.cli.arguments import flags_of
from wkflow.cli.main import build_parsers
from wkflow.errors import ConfigError
from wkflow.options.settings import Settings

from tests.conformance.official import Official

pytestmark = [pytest.mark.conformance, pytest.mark.long]

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "from-webknossos-cli.md"
LISTER = Path(__file__).with_name("list_options.py")

Options = dict[str, dict[str, list[str]]]
"""Of each command: each spelling of an option, and the values that it may have."""

SAME = ("convert", "downsample", "upload")
"""Commands that are here by the same name."""

NO_OPTIONS = {"--no-overwrite-existing": "--overwrite-existing"}
"""Spellings that need no line of their own."""


@pytest.fixture(scope="module")
def theirs(official: Official) -> Options:
    """Ask the official package."""
    options: Options = json.loads(official.script(LISTER).splitlines()[-1])
    return options


def first_column(title: str) -> set[str]:
    """Give what the first column of the table below a heading names."""
    section = PAGE.read_text().partition(f"## {title}\n")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("command", SAME)
def test_each_option_of_theirs_has_a_line(theirs: Options, command: str) -> None:
    """And the page names none that they do not have."""
    wanted = {NO_OPTIONS.get(one, one) for one in theirs[command]}
    wanted = {one if one.startswith("--") else one.upper() for one in wanted}
    assert first_column(command) == wanted


def test_each_command_of_theirs_is_told(theirs: Options) -> None:
    """Those that are here by the same name have tables, all others a line."""
    assert first_column("Other commands") == set(theirs) - set(SAME)


@pytest.mark.parametrize("command", SAME)
def test_their_options_and_values_are_understood_here(theirs: Options, command: str) -> None:
    """Each flag by its official name, each value of those that have a few."""
    _, parsers = build_parsers()
    known = flags_of(command, parsers)
    paths = ["a", "b"][: len(known.paths)]
    refused = []
    for flag, values in theirs[command].items():
        if flag.startswith("--"):
            refused += [] if flag in known.of_word else [flag]
            for value in values:
                try:
                    options = parsers[command].parse_args(known.in_order([flag, value, *paths]))
                    given = {name: getattr(options, name) for name in options.command.options}
                    Settings.parse(given | options.command.fixed, where=command)
                except ConfigError as error:
                    refused.append(f"{flag} {value}: {error}")
    assert refused == []
