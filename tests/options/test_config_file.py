"""A file of options: what it may be, and what is told of a slip in it."""

from pathlib import Path

import pytest
import yaml
from snakemake.common.configfile import load_configfile
from wkflow.errors import ConfigError
from wkflow.options.config_file import read_config

FAULTS = {
    "a list": (b"- source\n- target\n", "a list"),
    "a text": (b"source\n", "a text or number in place of options"),
    "nothing": (b"# source: images\n", "is empty"),
    "no YAML": (b"source: [images\ntarget: out\n", "is no YAML"),
    "a tab": (b"source: images\n\ttarget: out\n", "in line 2"),
    "Latin-1": ("source: größe\n".encode("latin-1"), "is no text in UTF-8: byte 10 is 0xf6"),
    "UTF-16": ("source: images\n".encode("utf-16"), "is no text in UTF-8"),
    "a key twice": (
        b"source: a\n# other\nvoxel_size: 1,1,1\nsource: b\n",
        "source is given twice, in lines 1 and 4",
    ),
    "an unknown key": (
        b"voxel_sise: 1,1,1\n",
        "voxel_sise: no such option, did you mean voxel_size?",
    ),
    "a wrong value": (b"unit: lightyear\n", "unit: 'lightyear'"),
    "a wrong word": (b"category: colour\n", "did you mean color?"),
    "a number as key": (b"7: 8\n", "7: no such option"),
    "a token": (b"token: abc123\n", "the token stands in WK_TOKEN of the environment"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_slip_is_told_with_the_file(tmp_path: Path, name: str) -> None:
    """In one error that names the file, and says what is wrong in it."""
    content, told = FAULTS[name]
    path = tmp_path / "my.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert told in caught.value.what
    assert caught.value.where == str(path)
    assert len(str(caught.value).splitlines()) == 2
    assert "abc123" not in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Nor is a folder a file."""
    with pytest.raises(ConfigError, match="no such file"):
        read_config(tmp_path / "my.yaml")
    with pytest.raises(ConfigError, match="is a folder"):
        read_config(tmp_path)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """So that one look at the file mends them."""
    path = tmp_path / "my.yaml"
    path.write_text("voxel_sise: 1,1,1\nunit: lightyear\njobs: many\n")
    with pytest.raises(ConfigError, match="3 options are wrong") as caught:
        read_config(path)
    for word in ("voxel_size", "lightyear", "many"):
        assert word in caught.value.what


def test_it_means_what_it_means_to_snakemake(tmp_path: Path) -> None:
    """The same keys and values, but for null, which counts as not given; a byte-order mark too."""
    path = tmp_path / "my.yaml"
    text = "source: images\nname:\nvoxel_size: [11.24, 11.24, 25]\nshard_shape: 64,64,32\n"
    text += "folder: größe\nmax_mag: 2-2-1\njobs: 0x10\nreport: no\n"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    theirs = {key: value for key, value in load_configfile(path).items() if value is not None}
    assert read_config(path) == theirs
    assert theirs.keys() == yaml.safe_load(text).keys() - {"name"}


def test_the_defaults_are_such_a_file() -> None:
    """All of `config/config.yaml`, where null stands for what has no default."""
    path = Path(__file__).resolve().parents[2] / "config" / "config.yaml"
    assert read_config(path)["data_format"] == "zarr3"
