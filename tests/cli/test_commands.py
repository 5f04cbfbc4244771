"""The commands: what each takes is what the settings take of it."""

import pytest
from wkflow.cli.commands import COMMANDS, Command
from wkflow.errors import ConfigError
from wkflow.options.add_layer import SENDING
from wkflow.options.dataset_details import DetailOptions
from wkflow.options.downsample import DownsampleOptions
from wkflow.options.settings import Settings

VALUES: dict[str, object] = {
    "source": "/data/stack",
    "target": "/data/target",
    "voxel_size": "11.24,11.24,25",
    "unit": "um",
    "name": "e2006",
    "layer_name": "em",
    "layers": [{"source": "/data/cells"}],
    "category": "color",
    "data_format": "wkw",
    "channels": "0,2",
    "dtype": "uint16",
    "raw_order": "C",
    "raw_byte_order": "big",
    "raw_offset": 512,
    "bounding_box": "1,2,3,40,50,60",
    "slices": "2:9:3",
    "transpose": "yxz",
    "flip": "x,z",
    "chunk_shape": 16,
    "shard_shape": 64,
    "chunks_per_shard": 4,
    "compress": False,
    "compression": "gzip:6",
    "batch_size": 64,
    "downsample": False,
    "max_mag": "8",
    "interpolation_mode": "nearest",
    "sampling_mode": "isotropic",
    "contrast": "0,4095",
    "on_mismatch": "pad",
    "slice_order": "names",
    "missing_slices": "close",
    "pattern": "{channel}_z{z}.tif",
    "overwrite_existing": True,
    "assume_yes": True,
    "upload": True,
    "webknossos_url": "https://wk.example",
    "folder": "lab/raw",
    "transfer_mode": "copy",
    "verify": "full",
    "keep_local": True,
    "ca_bundle": "/etc/ca.pem",
    "follow_links": True,
    "insecure": True,
    "tags": "em",
    "teams": "Lab A",
    "description": "A retina",
    "metadata": "animal=M007",
    "public": True,
    "replace": True,
    "from_mag": "1",
    "overwrite_mags": True,
    "missing_shards": "zeros",
    "access_mode": "direct_path",
    "job_resources": '{"mem": "10M"}',
    "jobs": 2,
    "memory": "2G",
    "job_size": "1G",
    "upload_on_cluster": True,
    "work_dir": "/data/run",
    "report": False,
    "window": "100,900",
    "invert": True,
    "source_metadata": False,
}
"""A value for each option that is not its default."""

DIFFERENT = {
    *("command", "distribution_strategy", "raw_shape", "raw_dtype", "manifest", "ro_crate"),
}
"""Options with one good value, or that do not go with others of these."""

commands = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)


def needed(command: Command) -> dict[str, object]:
    """Give what a command cannot do without: what is needed, but for what it stands for."""
    names = {"upload": ["source"], "downsample": ["target"]}.get(command.name, ["source", "target"])
    return {name: VALUES[name] for name in names if name in command.options} | command.fixed


def test_there_are_values_for_all_options() -> None:
    """Else an option could be forgotten below."""
    assert VALUES.keys() | DIFFERENT == set(Settings.model_fields)


@commands
def test_a_command_takes_options_that_exist(command: Command) -> None:
    """What it stands for cannot be given besides, or it would say two things."""
    assert command.options <= set(Settings.model_fields)
    assert set(command.fixed) <= set(Settings.model_fields)
    assert not command.options & set(command.fixed)
    assert set(command.positional) <= command.options
    assert command.positional[0] == ("target" if command.name == "downsample" else "source")


@commands
def test_what_a_command_needs_is_enough(command: Command) -> None:
    """And less is not: each of these is asked for by name."""
    given = needed(command)
    assert Settings.parse(given, where="test").command == command.fixed["command"]
    for name in given.keys() - command.fixed.keys():
        less = {key: value for key, value in given.items() if key != name}
        with pytest.raises(ConfigError, match=f"{name}: required"):
            Settings.parse(less, where="test")


@commands
def test_each_option_of_a_command_is_taken(command: Command) -> None:
    """One by one: no command offers what the settings refuse."""
    for name in command.options & VALUES.keys():
        given = needed(command) | {name: VALUES[name]}
        if name in {"upload", *DetailOptions.model_fields} and command.name == "convert":
            given |= {"target": None, "upload": True}  # the target does not go with it
        if name in SENDING and command.name == "add-layer":
            given |= {"target": "https://wk.example/datasets/5f1d0c6e8b4a2d0017e3c9aa"}
        settings = Settings.parse(given, where="test")
        default = Settings.model_fields[name].default
        assert getattr(settings, name) != default, name


@pytest.mark.parametrize("name", ["upload", "downsample"])
def test_a_command_takes_nothing_of_another(name: str) -> None:
    """Of those that take few, what is offered and what is taken are the same set."""
    (command,) = (command for command in COMMANDS if command.name == name)
    for option in VALUES.keys() - command.options:
        with pytest.raises(ConfigError, match="does not go with") as caught:
            Settings.parse(needed(command) | {option: VALUES[option]}, where="test")
        assert option in caught.value.what


def test_a_conversion_takes_nothing_of_an_extension() -> None:
    """There is no dataset yet whose mags could be chosen."""
    for command in COMMANDS[:2]:
        for option in DownsampleOptions.model_fields:
            with pytest.raises(ConfigError, match=f"{option} does not go with the command convert"):
                Settings.parse(needed(command) | {option: VALUES[option]}, where="test")


def test_every_option_belongs_to_a_command() -> None:
    """But for the command itself."""
    offered = frozenset[str]().union(*(command.options for command in COMMANDS))
    assert set(Settings.model_fields) - offered == {"command"}


def test_what_is_sent_is_what_the_name_says() -> None:
    """Two of them always send, one may."""
    sends = {one.name: Settings.parse(needed(one), where="test").kind.uploads for one in COMMANDS}
    senders = {name for name, is_sent in sends.items() if is_sent}
    assert senders == {"remote-convert", "upload"}


@commands
def test_a_command_says_what_it_does(command: Command) -> None:
    """Help is one line in the list, a paragraph of sentences by itself."""
    assert command.help == command.help.strip()
    assert not command.help.endswith(".")
    assert command.description.endswith(".")
    assert "The same command again resumes." in command.description
