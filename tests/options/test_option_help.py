"""Every option says in which group of help it stands."""

import json

import pytest
from wkflow.options.option_help import GROUPS, About, group_of, help_of
from wkflow.options.settings import Settings


@pytest.mark.parametrize("name", Settings.model_fields)
def test_an_option_says_its_group(name: str) -> None:
    """In its field, as everything else of it."""
    option = Settings.model_fields[name]
    assert isinstance(option.json_schema_extra, About)
    assert group_of(option) in GROUPS


def test_a_command_may_say_it_in_its_own_words() -> None:
    """Else the brief text stands, else the description."""
    jobs, memory = (Settings.model_fields[name] for name in ("jobs", "memory"))
    assert help_of(jobs, "upload").startswith("Parallel connections")
    assert help_of(jobs, "convert").startswith("Cores to use")
    assert help_of(Settings.model_fields["name"], "remote-convert").endswith("of the source.")
    assert help_of(memory, "convert") == memory.description


def test_help_is_no_part_of_the_schema() -> None:
    """That is for editors of YAML, which show descriptions."""
    assert "Parallel connections, by default 5." not in json.dumps(Settings.model_json_schema())
