"""Options: what is taken, what is refused and in which words, and that YAML keeps them."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from wkflow.errors import ConfigError
from wkflow.model.box import Triple
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.options.settings import Settings

from tests.strategies import power_triples, times, triples

GIVEN: dict[str, object] = {
    "source": "/data/stack",
    "target": "/data/out/target",
    "voxel_size": [11.24, 11.24, 25],
}


def parse(**options: object) -> Settings:
    return Settings.parse(GIVEN | options, where="my.yaml")


def refusal(**options: object) -> str:
    """Give the error that these options make."""
    with pytest.raises(ConfigError) as caught:
        parse(**options)
    assert caught.value.where == "my.yaml"
    return caught.value.what


def test_source_and_target_are_enough() -> None:
    """All others have a default; the voxel size stands in the files, or is asked for later."""
    Settings.parse({"source": "/data/stack", "target": "/data/t"}, where="my.yaml")
    settings = parse()
    assert settings.source == "/data/stack"
    assert settings.voxel_size == (11.24, 11.24, 25.0)
    assert (settings.unit, settings.sampling_mode, settings.compress) == (
        None,
        "anisotropic",
        True,
    )


def test_null_is_not_given() -> None:
    """A key of YAML without a value has its default."""
    assert parse(unit=None, jobs=None) == parse()


def test_every_slip_is_named_at_once() -> None:
    """One run of the editor mends them all."""
    with pytest.raises(ConfigError) as caught:
        Settings.parse(
            {"target": "/t", "voxel_size": "1,2", "unit": "nm2", "jobs": 0, "max_mags": "4"},
            where="my.yaml",
        )
    what = caught.value.what
    assert what.startswith("5 options are wrong: ")
    for word in ("source: required", "voxel_size", "three numbers", "unit: 'nm2'", "jobs: 0"):
        assert word in what
    assert "max_mags: no such option, did you mean max_mag?" in what


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"interpolation_mode": "mdian"}, "did you mean median?"),
        ({"category": "colour"}, "did you mean color?"),
        ({"qqqq": 1}, "qqqq: no such option"),
        ({"data_format": "zip"}, f"is none of {', '.join(DATA_FORMATS)}"),
        ({"data_format": "wkv"}, "did you mean wkw?"),
        ({"data_format": "wkw", "shard_shape": "64,64,32"}, "wkw wants cubes"),
        ({"data_format": "n5", "shard_shape": 64}, "n5 stores each chunk as a file"),
        ({"dtype": "float64"}, "is none of uint8, "),
        ({"dtype": "unit8"}, "did you mean uint8?"),
        ({"channels": "red"}, "channels: 'red' must be rgb, split, or numbers"),
        ({"raw_shape": "4,5,6"}, "raw_shape and raw_dtype go together"),
        ({"chunks_per_shard": 4, "shard_shape": 128}, "give one of them"),
        ({"raw_order": "f"}, "raw_order: 'f' is none of F, C"),
        ({"distribution_strategy": "slrm"}, "did you mean slurm?"),
        ({"job_resources": "mem=a", "distribution_strategy": "slurm"}, "memory such as 32G"),
        ({"target": "/it's", "distribution_strategy": "slurm"}, "with a quote in /it's"),
        (
            {"job_resources": "qos=a", "distribution_strategy": "kubernetes"},
            "must not hold qos on Kubernetes",
        ),
        ({"compression": "lz4:1"}, "is no compression"),
        ({"max_mag": "3"}, "power of two"),
        ({"chunk_shape": 48}, "powers of two"),
        ({"chunk_shape": "64", "shard_shape": "96"}, "64,64,64 does not divide shard_shape 96"),
        ({"batch_size": 33}, "batch_size 33 is no multiple of the shard depth 32"),
        ({"jobs": 2, "distribution_strategy": "sequential"}, "does not go with"),
        ({"name": "a b"}, "'a_b' would do"),
        ({"layer_name": ".x"}, "would do"),
        ({"voxel_size": [1e8, 1e8, 1e8]}, "implausible in nanometer"),
        ({"memory": 8}, "too little"),
        ({"overwrite_existing": "perhaps"}, "overwrite_existing: 'perhaps'"),
    ],
)
def test_a_slip_is_told_in_a_few_words(options: dict[str, object], words: str) -> None:
    """What was written, and what would be right."""
    what = refusal(**options)
    assert words in what
    assert "\n" not in what


def test_a_slip_stands_alone_without_a_count() -> None:
    """And begins with its key."""
    assert refusal(jobs=-1).startswith("jobs: -1 ")


def test_a_size_is_plausible_or_not_in_its_own_unit() -> None:
    """0.01 nanometers are, written in micrometers; 20 parsecs are not."""
    assert "implausible" in refusal(voxel_size="20,20,20", unit="pc")
    assert parse(voxel_size="1e-5,1e-5,1e-5", unit="µm").unit == "micrometer"
    assert "implausible" in refusal(voxel_size="1e-5,1e-5,1e-5")


@given(chunk=power_triples(), shards=triples(1, 9), batches=st.integers(1, 5))
def test_shards_of_whole_chunks_and_batches_of_whole_shards_fit(
    chunk: Triple, shards: Triple, batches: int
) -> None:
    """Whatever fits is taken, and stays as it was written."""
    shard = times(chunk, shards)
    settings = parse(chunk_shape=chunk, shard_shape=shard, batch_size=batches * shard[2])
    assert settings.finest_shard == settings.shard_shape == shard


@given(chunk=power_triples())
def test_default_shards_are_flat(chunk: Triple) -> None:
    """128 x 128 x 1 chunks: whole slices, as few of them as a chunk is deep."""
    assert parse(chunk_shape=chunk).finest_shard == times(chunk, (128, 128, 1))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": "/data/a\nb"}, r"target: '/data/a\nb' holds a control character"),
        ({"source": "/data/a\x00b"}, r"source: '/data/a\x00b' holds a control character"),
        ({"target": "/data/a\udcffb"}, r"'/data/a\udcffb.wkflow' is not in UTF-8"),
        ({"layer_name": "{layer}"}, "'layer' would do"),
        ({"layer_name": "a" * 24}, "ends in 20 repeats"),
        ({"layer_name": "a" * 240}, "is a name that WEBKNOSSOS refuses"),
        ({"layer_name": "é/.."}, "is a name that WEBKNOSSOS refuses"),
    ],
)
def test_names_that_cannot_be_are_told_in_one_line(options: dict[str, str], words: str) -> None:
    """Whatever is in them."""
    assert words in (told := refusal(**options))
    assert told.isprintable()


def test_the_run_folder_is_beside_the_dataset() -> None:
    """Never inside it; the option moves it."""
    assert parse().run_folder == Path("/data/out/target.wkflow")
    assert parse(work_dir="/scratch/run").run_folder == Path("/scratch/run")


@given(
    unit=st.sampled_from(["nanometer", "um"]),
    max_mag=st.sampled_from([None, "8", "8-8-4"]),
    memory=st.sampled_from([None, "8G", "500M"]),
    chunk_shape=st.sampled_from([None, 64, "16,16,8"]),
    channels=st.sampled_from([None, "rgb", "0,2", 1, [2, 0]]),
    dtype=st.sampled_from([None, "uint16"]),
    raw_offset=st.sampled_from([0, 512]),
    raw_order=st.sampled_from(["F", "C"]),
    source=st.sampled_from(["/data/stack", "s3://bucket/stack", "https://h/a.tif?b=c"]),
    downsample=st.booleans(),
    compression=st.sampled_from([None, "gzip:6", "none"]),
)
def test_yaml_keeps_all_options(**options: object) -> None:
    """What the CLI writes and the Snakefile reads is the same run."""
    settings = parse(**options)
    written = yaml.safe_dump(settings.to_dict())
    assert Settings.parse(yaml.safe_load(written), where="config.yaml") == settings
    assert json.loads(json.dumps(settings.to_dict())) == settings.to_dict()


@given(
    upload=st.booleans(),
    webknossos_url=st.sampled_from(
        [None, "https://wk.example/datasets/x", "http://localhost:9000"]
    ),
    folder=st.sampled_from([None, "lab/raw"]),
    transfer_mode=st.sampled_from(["http", "copy", "move+symlink", "symlink"]),
    verify=st.sampled_from(["none", "sample", "full"]),
    keep_local=st.booleans(),
    ca_bundle=st.sampled_from([None, "/etc/ca.pem"]),
)
def test_yaml_keeps_where_it_is_sent_to(**options: object) -> None:
    """As the other options; the local dataset goes only where it is a copy of what was sent."""
    settings = parse(target=None if options["upload"] else "/t", **options)
    written = yaml.safe_dump(settings.to_dict())
    assert Settings.parse(yaml.safe_load(written), where="config.yaml") == settings
    is_copied = options["transfer_mode"] in {"http", "copy"}
    assert settings.kind.uploads == options["upload"]
    assert settings.discards == (settings.kind.uploads and is_copied and not options["keep_local"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"upload": True}, "target does not go with upload"),
        ({"target": None}, "target: required"),
        ({"target": None, "upload": False}, "target: required"),
        ({"command": "upload"}, "target does not go with the command upload"),
        ({"webknossos_url": "wk.example"}, "webknossos_url: 'wk.example' must be an address"),
        ({"verify": "ful"}, "did you mean full?"),
        ({"transfer_mode": "move"}, "is none of http, copy, move+symlink, symlink"),
        ({"follow_link": True}, "did you mean follow_links?"),
        ({"command": "uploads"}, "did you mean upload?"),
    ],
)
def test_a_slip_of_an_upload_is_told_in_a_few_words(options: dict[str, object], words: str) -> None:
    """As those of a conversion are."""
    what = refusal(**options)
    assert words in what
    assert "\n" not in what


def test_no_upload_needs_a_target_however_it_is_spelled() -> None:
    """A YAML text in quotes: the dataset would be left in the folder of the command."""
    assert "target: required" in refusal(target=None, upload="no")


def test_an_upload_needs_a_source_only() -> None:
    """It is the dataset; a voxel size is part of it."""
    settings = Settings.parse({"command": "upload", "source": "/data/e2006"}, where="test")
    assert settings.kind.uploads
    assert not settings.discards
    assert settings.dataset == settings.source_path == Path("/data/e2006")
    with pytest.raises(ConfigError, match="source: required"):
        Settings.parse({"command": "upload"}, where="test")


def test_the_run_folder_of_an_upload_is_where_the_command_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dataset may lie where nobody may write; another folder later changes nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my data").mkdir()
    sent = Settings.parse({"command": "upload", "source": tmp_path / "my data"}, where="test")
    converted = Settings.parse(
        {"source": "/data/em.stack.tif", "voxel_size": "1,1,1", "upload": True}, where="test"
    )
    monkeypatch.chdir("/")
    assert sent.run_folder == tmp_path / "my_data.upload"
    assert converted.run_folder == tmp_path / "em.stack.upload"
    assert converted.dataset == converted.run_folder / "dataset"
    assert converted.model_copy(update={"work_dir": Path("/w")}).dataset == Path("/w/dataset")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "target"),
        ({"target": "/data/my target.zarr"}, "my_target.zarr"),
        ({"name": "e2006"}, "e2006"),
        ({"target": None, "upload": True}, "stack"),
        ({"target": None, "upload": True, "source": "/data/em.tif"}, "em_dataset"),
        ({"target": None, "upload": True, "source": "https://h/d/wing.tif?a=b"}, "wing"),
        ({"target": None, "upload": True, "source": "s3://bucket/e2006/"}, "e2006"),
    ],
)
def test_a_dataset_has_a_name_that_the_server_takes(given: dict[str, object], name: str) -> None:
    """The one that was given; else of the target, else of the source without its suffix."""
    assert parse(**given).dataset_name == name


URL = "https://wk.example/datasets/e2006-59e9cfbdba632ac2ab8b23b3"


def extension(target: str = "/data/e2006", **options: object) -> Settings:
    given: dict[str, object] = {"command": "downsample", "target": target}
    return Settings.parse(given | options, where="my.yaml")


def test_an_extension_needs_a_target_only() -> None:
    """It is the dataset, which stays; all else stands in its properties."""
    settings = extension()
    assert settings.dataset == Path("/data/e2006")
    assert settings.run_folder == Path("/data/e2006.downsample")
    assert not any([settings.kind.uploads, settings.discards, settings.kind.is_remote])
    with pytest.raises(ConfigError, match="target: required"):
        Settings.parse({"command": "downsample"}, where="test")


def test_the_run_folder_of_an_extension_is_its_own() -> None:
    """Of the conversion that made the dataset, everything is kept; the option moves it."""
    assert extension().run_folder != parse(target="/data/e2006").run_folder
    assert extension("/data/e2006/").run_folder == Path("/data/e2006.downsample")
    assert extension(work_dir="/scratch/run").run_folder == Path("/scratch/run")


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        (URL, "e2006-59e9cfbdba632ac2ab8b23b3.downsample"),
        (f"{URL}/view#1,2,3", "e2006-59e9cfbdba632ac2ab8b23b3.downsample"),
        ("https://wk.example/datasets/lab/e2006", "e2006.downsample"),
        ("https://wk.example/links/Ab3-x", "Ab3-x.downsample"),
    ],
)
def test_a_dataset_on_a_server_has_its_run_folder_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, folder: str
) -> None:
    """Where the command was given; new mags are computed into it, and go when they are sent."""
    monkeypatch.chdir(tmp_path)
    settings = extension(url)
    monkeypatch.chdir("/")
    assert settings.kind.is_remote
    assert settings.run_folder == tmp_path / folder
    assert settings.dataset == tmp_path / folder / "dataset"
    assert settings.discards
    assert not extension(url, keep_local=True).discards
    assert not extension(url, transfer_mode="symlink").discards


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"unit": "um"}, "unit does not go with the command downsample"),
        ({"source": "/s"}, "source does not go with the command downsample"),
        ({"webknossos_url": "https://h"}, "webknossos_url does not go with the command"),
        ({"command": "convert", "source": "/s", "from_mag": "2"}, "from_mag does not go with"),
        ({"command": "upload", "source": "/s", "target": None, "overwrite_mags": True},
         "overwrite_mags does not go with the command upload"),
        ({"command": "convert", "source": "/s", "target": URL}, "is no folder; give --upload"),
        ({"from_mag": "3"}, "power of two"),
        ({"missing_shards": "zero"}, "did you mean zeros?"),
        ({"access_mode": "direct"}, "did you mean direct_path?"),
        ({"coarsest_mag": "4-4"}, "is no magnification"),
        ({"job_resources": "mem"}, "must be such as mem=32G"),
        ({"target": URL, "distribution_strategy": "slurm"}, "upload_on_cluster is needed"),
        ({"jobs": 2, "distribution_strategy": "sequential"}, "does not go with"),
        ({"overwrite_mag": True}, "did you mean overwrite_mags?"),
    ],
)  # fmt: skip
def test_a_slip_of_an_extension_is_told_in_a_few_words(
    options: dict[str, object], words: str
) -> None:
    """As those of a conversion are."""
    with pytest.raises(ConfigError) as caught:
        extension(**options)  # type: ignore[arg-type]  # one has no target
    assert words in caught.value.what
    assert "\n" not in caught.value.what


@given(
    target=st.sampled_from(["/data/e2006", URL]),
    layer_name=st.sampled_from([None, "em"]),
    coarsest_mag=st.sampled_from([None, "8", "8-8-4"]),
    from_mag=st.sampled_from([None, 1, "2-2-1"]),
    overwrite_mags=st.booleans(),
    missing_shards=st.sampled_from(["judge", "refuse", "zeros"]),
    access_mode=st.sampled_from([None, "zarr_streaming"]),
    job_resources=st.sampled_from([None, '{"mem": "10M"}', {"mem": "10M"}]),
    shard_shape=st.sampled_from([None, 64]),
)
def test_yaml_keeps_which_mags_are_made(**options: object) -> None:
    """As the other options, and under one name where there are two."""
    settings = extension(**options)  # type: ignore[arg-type]  # as they come from YAML
    written = yaml.safe_dump(settings.to_dict())
    assert Settings.parse(yaml.safe_load(written), where="config.yaml") == settings
    assert settings.max_mag == options["coarsest_mag"]
    assert "coarsest_mag" not in settings.to_dict()


@pytest.mark.parametrize(
    ("data_format", "codec"), [("wkw", "lz4hc:3"), ("wkw", "lz4"), ("n5", "gzip:3")]
)
def test_an_extension_takes_the_codec_of_any_format(data_format: str, codec: str) -> None:
    """Which one the dataset has is not known yet: a conversion knows, and refuses some."""
    assert extension(compression=codec).compression
    assert parse(compression=codec, data_format=data_format).compression


def test_yaml_keeps_nothing_else() -> None:
    """A default that changes later is not frozen into old runs."""
    assert parse(category=None, data_format="zarr3", jobs=3).to_dict().keys() == {*GIVEN, "jobs"}


def test_settings_do_not_change() -> None:
    """All jobs of a run have the same."""
    settings = parse()
    with pytest.raises(ValidationError, match="frozen"):
        settings.unit = "meter"


@pytest.mark.parametrize("key", ["target", "work_dir"])
def test_a_run_folder_that_no_file_can_name_is_refused(key: str) -> None:
    """Snakemake writes it in UTF-8; the source may be named by any bytes."""
    assert "is not in UTF-8" in refusal(**{key: "/data/t\udcff/x"})
    assert parse(source="/data/t\udcff").source == "/data/t\udcff"
