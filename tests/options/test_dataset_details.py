"""What is said of a dataset on a server, as flags, YAML, sheets and keywords spell it."""

import json
from datetime import date

import pytest
import yaml
from wkflow.errors import ConfigError
from wkflow.options.dataset_details import metadata
from wkflow.options.settings import Settings

UPLOAD = {"command": "upload", "source": "/data/set"}


def parse(**options: object) -> Settings:
    return Settings.parse(UPLOAD | options, where="test")


def refusal(**options: object) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(**options)
    return caught.value.what


@pytest.mark.parametrize("given", ["em, retina,em", ["em", "retina"], ("em", "retina", "em")])
def test_names_are_a_list_or_have_commas(given: object) -> None:
    """Twice the same is once; a number of YAML is a name."""
    assert parse(tags=given).details.tags == ("em", "retina")
    assert parse(teams=[2024, "Lab A, B"]).details.teams == ("2024", "Lab A, B")


@pytest.mark.parametrize(
    "given",
    [
        {"animal": "M1", "age": 12, "dose": 2.5},
        ["animal=M1", "age=12", "dose=2.5"],
        "animal=M1; age=12;dose=2.5",
        "animal = M1\nage=12\ndose=2.5\n",
        json.dumps({"animal": "M1", "age": 12, "dose": 2.5}),
    ],
)
def test_metadata_mean_the_same_by_every_door(given: object) -> None:
    """A mapping of YAML or Python, flags, a cell of a sheet."""
    found = parse(metadata=given).details.metadata
    assert found == {"animal": "M1", "age": 12, "dose": 2.5}
    assert [type(one) for one in dict(found or {}).values()] == [str, int, float]


@pytest.mark.parametrize(
    ("written", "value"),
    [("007", "007"), ("1234567890123456", "1234567890123456"), ("-3", -3), ("1e3", 1000.0),
     ("a=b", "a=b"), ("", ""), ("nan", "nan"), ("1,2", "1,2")],
)  # fmt: skip
def test_text_that_is_no_plain_number_stays_text(written: str, value: object) -> None:
    """Numbers of animals keep their zeros, and long ones their digits."""
    found = metadata([f"key={written}"])["key"]
    assert (found, type(found)) == (value, type(value))


def test_values_of_yaml_become_what_a_server_knows() -> None:
    """A date is its text; a list holds texts."""
    found = metadata(yaml.safe_load("{day: 2026-11-30, dyes: [a, 3], note: yes it is}"))
    assert found == {"day": date(2026, 11, 30).isoformat(), "dyes": ["a", "3"], "note": "yes it is"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tags": "em,,retina"}, "holds an empty name"),
        ({"tags": [["em"]]}, "must be names"),
        ({"teams": ""}, "holds an empty name"),
        ({"metadata": "animal"}, "'animal' has no ="),
        ({"metadata": ["=M1"]}, "a value without a key"),
        ({"metadata": ["a=1", "a=2"]}, "holds a twice"),
        ({"metadata": {"a": True}}, "a text, a number or a list of texts for a"),
        ({"metadata": {"a": {"b": 1}}}, "a text, a number or a list of texts for a"),
        ({"metadata": {"a": float("nan")}}, "a text, a number or a list of texts for a"),
        ({"metadata": "{a: 1}"}, "is no JSON object"),
        ({"metadata": 3}, "must be key=value, or a mapping"),
        ({"public": "perhaps"}, "public"),
    ],
)
def test_slips_are_told_in_a_few_words(options: dict[str, object], words: str) -> None:
    """With the option, and what it wants."""
    told = refusal(**options)
    assert words in told
    assert told.startswith(next(iter(options)))


def test_only_what_is_sent_has_details() -> None:
    """A dataset on disk has no place for them: they would be lost without a word."""
    target = {"command": "convert", "source": "/s", "target": "/t", "tags": "em"}
    with pytest.raises(ConfigError, match="tags is said of a dataset on a server"):
        Settings.parse(target, where="test")
    pyramid = {"command": "downsample", "target": "/t", "public": True}
    with pytest.raises(ConfigError, match="public does not go with the command downsample"):
        Settings.parse(pyramid, where="test")


def test_what_is_written_is_read_again() -> None:
    """config.yaml holds the options as YAML: also that nobody shall see it, and no tags."""
    settings = parse(tags=[], metadata={"a": ["x"], "b": 1.5, "c": "1.5"}, public=False)
    written = yaml.safe_load(yaml.safe_dump(settings.to_dict()))
    assert Settings.parse(written, where="config.yaml") == settings
    assert written["public"] is False
    assert parse().to_dict().keys() == UPLOAD.keys()
