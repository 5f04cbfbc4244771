"""Command lines as people type them: any order, and one sentence for each slip."""

from argparse import SUPPRESS, ArgumentParser, BooleanOptionalAction
from itertools import permutations

import pytest
from wkflow.cli.arguments import Flags, flags_of, nearest, usage_of
from wkflow.cli.command_parser import build_parsers
from wkflow.cli.commands import COMMANDS
from wkflow.cli.main import main
from wkflow.errors import ConfigError


def parser() -> ArgumentParser:
    """Give a command with two paths, two options, one of two names, and two flags."""
    made = ArgumentParser()
    made.add_argument("source", metavar="SOURCE")
    made.add_argument("target", metavar="TARGET", nargs="?")
    made.add_argument("--voxel-size", metavar="X,Y,Z")
    made.add_argument("--name", "--dataset-name", dest="name", metavar="NAME")
    made.add_argument("--upload", action=BooleanOptionalAction, default=SUPPRESS)
    made.add_argument("--quiet", action="store_true")
    return made


def flags() -> Flags:
    return Flags("convert", parser()._actions, {"--yes": ["wkflow upload"]})  # noqa: SLF001 -- argparse lists them nowhere else


PIECES = (["a"], ["--voxel-size", "1,1,2"], ["--quiet"], ["--name=x"])


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_any_order_means_the_same(order: tuple[int, ...]) -> None:
    """Flags before, between and behind paths, values behind a blank or an equals sign."""
    words = [word for piece in order for word in PIECES[piece]]
    read = parser().parse_args(flags().in_order([*words, "b"]))
    given = (read.source, read.target, read.voxel_size, read.name, read.quiet)
    assert given == ("a", "b", "1,1,2", "x", True)


@pytest.mark.parametrize("value", ["-1,1,1", "-", "-x", "", "a=b", "--c=d"])
def test_a_value_may_begin_with_a_minus(value: str) -> None:
    """What it means is for the option to say."""
    words = [f"--name={value}"] if value.startswith("--") else ["--name", value]
    assert parser().parse_args(flags().in_order(["a", *words, "b"])).name == value


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("a b --name=--", "--name wants a value: NAME"),
        ("a b --voxel-sizee 1", "there is no option --voxel-sizee (did you mean --voxel-size?)"),
        ("--voxel_size 1,1,1 a b", "there is no option --voxel_size (did you mean --voxel-size?)"),
        ("a b --voxel=1,1,1", "there is no option --voxel (did you mean --voxel-size?)"),
        ("a b -q", "there is no option -q (did you mean --quiet?)"),
        ("a b --zzz 4", "there is no option --zzz"),
        ("a -0b", "there is no option -0b (a path of that name is written ./-0b)"),
        ("a b --foo --bar", "there is no option --foo; there is no option --bar"),
        ("a b --yes", "--yes is an option of wkflow upload only"),
        ("--source a b", "SOURCE is given without --source"),
        ("a b --name x --name x", "--name (also --dataset-name) is given twice"),
        ("a b --name=x --dataset-name y", "--dataset-name (also --name) is given twice"),
        ("--quiet a b --quiet", "--quiet is given twice"),
        ("a b --upload --no-upload", "--no-upload (also --upload) is given twice"),
        ("a b --upload=yes", "--upload takes no value"),
        ("a b --voxel-size", "--voxel-size wants a value: X,Y,Z"),
        ("--voxel-size --quiet a b", "--voxel-size wants a value: X,Y,Z"),
        ("a --name --nme b", "--name wants a value; one with two dashes is given as --name=VALUE"),
        ("a my target", "one path too many: 'target' follows SOURCE and TARGET"),
        ("--quiet", "SOURCE is missing"),
    ],
)  # fmt: skip
def test_a_slip_is_one_sentence(words: str, told: str) -> None:
    """It names what is wrong and nothing else."""
    with pytest.raises(ConfigError) as refused:
        flags().in_order(words.split())
    assert refused.value.what == told
    assert refused.value.where == "wkflow convert"


def test_a_mistyped_choice_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """With the nearest one, as those of the options are."""
    assert main(["convert", "a", "b", "--log-format", "jsno"]) == 2
    assert "none of text, json; did you mean json?" in capsys.readouterr().err


def test_help_is_given_whatever_else_is_wrong() -> None:
    """Who asks for help need not know the options."""
    assert "--help" in flags().in_order(["--help", "--nonsense"])


def test_no_value_is_told() -> None:
    """It may be a token."""
    with pytest.raises(ConfigError) as refused:
        flags().in_order(["a", "--tokn=secret"])
    assert "secret" not in str(refused.value)


def test_the_nearest_word_is_found() -> None:
    """With underscores, cut, or with a slip; not what is far."""
    known = ["convert", "remote-convert", "downsample"]
    assert nearest("remote_convert", known) == "remote-convert"
    assert nearest("down", known) == "downsample"
    assert nearest("convrt", known) == "convert"
    assert nearest("xyzzy", known) is nearest("", known) is None


def test_the_usage_is_one_line() -> None:
    """Paths as they follow one another, those that may be left out in brackets."""
    told = usage_of("convert", parser())
    assert told == "wkflow convert [OPTIONS] SOURCE [TARGET] [-- OPTIONS OF SNAKEMAKE]"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_tells_a_mistyped_flag(
    command: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """Under its own usage, with status 2, in three lines."""
    name = getattr(command, "name", "")
    assert main([name, "a", "--jbos", "3"]) == 2
    usage, what, remedy = capsys.readouterr().err.splitlines()
    assert usage.startswith(f"usage: wkflow {name} [OPTIONS]")
    assert what.endswith("there is no option --jbos (did you mean --jobs?)")
    assert f"`wkflow {name} --help`" in remedy


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("convrt a b", "there is no command convrt (did you mean convert?)"),
        ("xyzzy", "there is no command xyzzy"),
        ("--quiet convert a b", "--quiet stands behind the command"),
        ("--hlep", "there is no option --hlep (did you mean --help?)"),
    ],
)
def test_a_mistyped_command_is_told(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With all that there are."""
    assert main(words.split()) == 2
    usage, what, remedy = capsys.readouterr().err.splitlines()
    assert usage == "usage: wkflow COMMAND [OPTIONS] ..."
    assert what == f"wkflow: wkflow: {told}"
    assert "remote-convert" in remedy


def test_no_command_at_all_shows_the_short_help(capsys: pytest.CaptureFixture[str]) -> None:
    """With a status that no script takes for a success."""
    assert main([]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert all(command.name in told.err for command in COMMANDS)
    assert len(told.err.splitlines()) < 32


def test_options_of_other_commands_are_told_as_such() -> None:
    """`wkflow upload` has no voxel size: that is another command's."""
    _, parsers = build_parsers()
    with pytest.raises(ConfigError, match="an option of wkflow convert and wkflow remote-convert"):
        flags_of("upload", parsers).in_order(["a", "--voxel-size", "1,1,1"])
