"""How values are spelled: what is read, and the words for what is not."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.model import layer_names
from wkflow.model.box import Triple
from wkflow.model.units import SHORT, UNITS
from wkflow.options import parsers

from tests.strategies import mags, power_triples, triples

MIB = 2**20


@given(size=st.tuples(*[st.floats(1, 900)] * 3))
def test_a_voxel_size_is_a_list_or_a_text(size: tuple[float, float, float]) -> None:
    """YAML writes a list, the command line a text with commas: the same three numbers."""
    assert parsers.voxel_size(list(size)) == size
    assert parsers.voxel_size(",".join(map(repr, size))) == size
    assert parsers.voxel_size(" , ".join(map(repr, size))) == size


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("11.24", "three numbers"),
        ([1, 2, 3, 4], "three numbers"),
        ("a,b,c", "three numbers"),
        (None, "three numbers"),
        ([True, 1, 1], "three numbers"),
        ([1, [2], 3], "three numbers"),
        ([0, 1, 1], "above zero"),
        ("-1,1,1", "above zero"),
        ("nan,1,1", "finite"),
        ("inf,1,1", "finite"),
        ("1,1,1001", "implausible"),
    ],
)
def test_a_slip_in_the_voxel_size_is_told(value: object, words: str) -> None:
    """The words say what is missing."""
    with pytest.raises(ValueError, match=words):
        parsers.voxel_size(value)


@given(shape=triples(1, 10**6))
def test_a_shape_is_three_numbers_or_one_for_all(shape: Triple) -> None:
    """As a text or a list; `32` is `32,32,32`."""
    x, y, z = shape
    assert parsers.shape(f"{x},{y},{z}") == parsers.shape([x, y, z]) == shape
    assert parsers.shape(x) == parsers.shape(str(x)) == parsers.shape([x]) == (x, x, x)


@pytest.mark.parametrize(
    "value", ["", "0", "1,2", "-4", "1.5", "nan", [1, 2, 3, 4], True, {}, "a", "inf", [1e400, 1, 1]]
)
def test_a_shape_is_whole_and_above_zero(value: object) -> None:
    """The words are ours, not Python's."""
    with pytest.raises(ValueError, match="whole number"):
        parsers.shape(value)


@given(shape=power_triples(256))
def test_chunks_are_powers_of_two(shape: Triple) -> None:
    """WEBKNOSSOS takes no others."""
    assert parsers.powers_of_two(list(shape)) == shape
    with pytest.raises(ValueError, match="powers of two"):
        parsers.powers_of_two([shape[0], 3 * shape[1], shape[2]])


@given(text=st.sampled_from([*SHORT, *UNITS]))
def test_units_are_read_long_or_short(text: str) -> None:
    """What is kept is the long form, as the dataset spells it."""
    assert parsers.unit(text) in UNITS
    assert parsers.unit(parsers.unit(text)) == parsers.unit(text)


@pytest.mark.parametrize("value", ["nanometr", "NM", "", 4, None])
def test_other_units_are_no_units(value: object) -> None:
    """The words list all units."""
    with pytest.raises(ValueError, match="nanometer"):
        parsers.unit(value)


@given(text=mags().map(str))
def test_mags_stay_as_they_are_printed(text: str) -> None:
    """`4-4-4` becomes `4`; a number of YAML is a mag, too."""
    assert parsers.mag(text) == text
    assert parsers.mag("4-4-4") == parsers.mag(4) == "4"


@pytest.mark.parametrize("value", ["3", "two", "4-4", 0])
def test_a_wrong_mag_is_told_with_its_remedy(value: object) -> None:
    """The noun's own words are passed on, so that pydantic can collect them."""
    with pytest.raises(ValueError, match=r"is wrong: .*(4-4-2)"):
        parsers.mag(value)


def test_compression_is_codec_and_level() -> None:
    """A level that is left out is added; what is no codec is told with those that are."""
    assert parsers.compression("zstd:5") == "zstd:5"
    assert parsers.compression("none") == "none:0"
    for wrong in ("brotli", "zstd:23", "lz4:1"):
        with pytest.raises(ValueError, match=r"is wrong: .*zstd:-7\.\.22"):
            parsers.compression(wrong)


@pytest.mark.parametrize(
    ("text", "data_format", "others"),
    [
        ("zstd:5", "wkw", "lz4hc"),
        ("lz4:0", "n5", "gzip"),
        ("gzip:6", "neuroglancerPrecomputed", "none"),
    ],
)
def test_a_format_has_codecs_of_its_own(text: str, data_format: str, others: str) -> None:
    """Those that it has are told."""
    assert parsers.compression(text) == text
    with pytest.raises(ValueError, match=f"no compression in {data_format}.*{others}"):
        parsers.compression_in(text, data_format)
    parsers.compression_in("none:0", data_format)


@pytest.mark.parametrize(
    ("value", "text"),
    [("auto", "auto"), ("full", "full"), ("-1000, 2500.5", "-1000,2500.5"), ([0, 4095], "0,4095")],
)
def test_contrast_is_a_word_or_two_numbers(value: object, text: str) -> None:
    """As flags and YAML spell them; no digit is lost."""
    assert parsers.contrast(value) == text


@pytest.mark.parametrize("value", ["best", "5", "9,5", "5,5", "0,nan", "-inf,1", "1,2,3", "a,b", 7])
def test_other_contrasts_are_refused(value: object) -> None:
    """In one sentence, with an example."""
    with pytest.raises(ValueError, match=r"auto, full, or two numbers LOW,HIGH.*: 0,4095"):
        parsers.contrast(value)


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("64M", 64 * MIB),
        ("500M", 500 * MIB),
        ("8G", 2**33),
        ("8g", 2**33),
        ("8GB", 2**33),
        ("1.5GiB", 3 * 2**29),
        (" 2 T ", 2**41),
        ("262144K", 256 * MIB),
        (4_000_000_000, 4_000_000_000),
        ("67108864", 64 * MIB),
    ],
)
def test_bytes_are_a_number_and_a_unit(value: object, count: int) -> None:
    """K, M, G, T are powers of 1024, in either case, with or without B and iB."""
    assert parsers.byte_count(value) == count


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("lots", "number of bytes"),
        ("", "number of bytes"),
        ("8 gallons", "number of bytes"),
        ("-8G", "number of bytes"),
        ("1.2.3G", "number of bytes"),
        (".", "number of bytes"),
        (True, "number of bytes"),
        ("9" * 400, "number of bytes"),
    ],
)
def test_a_slip_in_a_number_of_bytes_is_told(value: object, words: str) -> None:
    """The words show two that are right."""
    with pytest.raises(ValueError, match=words):
        parsers.byte_count(value)


@pytest.mark.parametrize("value", ["8", 8, "63M"])
def test_memory_is_enough_to_start(value: object) -> None:
    """`8` is 8 bytes: the unit was forgotten."""
    with pytest.raises(ValueError, match="too little"):
        parsers.memory(value)
    assert parsers.memory("64M") == 64 * MIB


@given(text=st.text(max_size=300))
def test_every_text_has_a_name_that_would_do(text: str) -> None:
    """What is suggested is accepted, whatever it was made of."""
    assert parsers.dataset_name(layer_names.suggest(text)) == layer_names.suggest(text)
    layer = layer_names.suggest(text, least=1)
    assert layer_names.layer_name(layer) == layer


@given(text=st.from_regex(r"[A-Za-z0-9_\-][A-Za-z0-9_\-.]{2,60}", fullmatch=True))
def test_names_that_the_server_takes_are_taken(text: str) -> None:
    """A good name needs no change."""
    assert parsers.dataset_name(text) == layer_names.layer_name(text) == text


@pytest.mark.parametrize(
    "name", ["ab", ".hidden", "my data", "a/b", "", "ä" * 5, "x" * 256, "abc\n"]
)
def test_names_that_the_server_refuses_are_refused(name: str) -> None:
    """And a name that would do is offered."""
    with pytest.raises(ValueError, match="would do"):
        parsers.dataset_name(name)


@pytest.mark.parametrize("name", ["", ".zarr", "a/b", "a b", "x" * 201, "a\n"])
def test_layer_names_are_folders_everywhere(name: str) -> None:
    """No blank, no slash, no dot first."""
    with pytest.raises(ValueError, match="would do"):
        layer_names.layer_name(name)
    assert layer_names.layer_name("a$@-.") == "a$@-."


hosts = st.sampled_from(["webknossos.org", "localhost:9000", "10.0.0.1", "[::1]:9000"])
places = st.sampled_from(["", "/", "/wk", "/wk/sub/", "/mydatasets"])
pages = st.sampled_from([
    *("", "/datasets", "/datasets/", "/datasets/lab/x-65f0/view", "/dashboard/datasets"),
    *("/links/abc", "/datasets/datasets"),
])  # fmt: skip
rests = st.sampled_from(["", "?token=abc", "#1,2,3", "?a=b#c"])


@given(scheme=st.sampled_from(["http", "https"]), host=hosts, place=places, page=pages, rest=rests)
def test_an_address_is_taken_from_the_browser(
    scheme: str, host: str, place: str, page: str, rest: str
) -> None:
    """What stands behind host and path is cut off, a token too; what is left stays as it is."""
    plain = f"{scheme}://{host}{place.rstrip('/')}"
    assert parsers.server_url(f" {scheme}://{host}{place.rstrip('/')}{page}{rest} ") == plain
    assert parsers.server_url(f"{scheme}://{host}{place}") == plain
    assert parsers.server_url(plain) == plain


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("webknossos.org", "must be an address"),
        ("localhost:9000", "must be an address"),
        ("ftp://webknossos.org", "must be an address"),
        ("https://", "must be an address"),
        ("https:///datasets", "must be an address"),
        ("", "must be an address"),
        (None, "must be an address"),
        (9000, "must be an address"),
        ("http://[::1", "Invalid IPv6"),
        ("https://ada:secret@webknossos.org", "WK_TOKEN"),
        ("https://ada@webknossos.org", "WK_TOKEN"),
        ("https://:secret@webknossos.org", "WK_TOKEN"),
    ],
)
def test_what_is_no_address_is_told(value: object, words: str) -> None:
    """A password would be written into every config."""
    with pytest.raises(ValueError, match=words):
        parsers.server_url(value)


def test_a_path_means_the_same_from_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made absolute where the command is given; `~` is home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ada")
    assert parsers.place("stack") == parsers.place(Path("stack")) == tmp_path / "stack"
    assert parsers.place("~/stack") == Path("/home/ada/stack")


@pytest.mark.parametrize("value", ["", 3, None, ["a"]])
def test_other_values_are_no_paths(value: object) -> None:
    """An empty text is not the current folder."""
    with pytest.raises(ValueError, match="must be a path"):
        parsers.place(value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (
            "https://wk.example/datasets/e2006-59e9cfbdba632ac2ab8b23b3",
            "e2006-59e9cfbdba632ac2ab8b23b3",
        ),
        ("https://wk.example/datasets/lab/my%20data/view?token=x#1,2", "my_20data"),
        ("https://wk.example/links/Ab3", "Ab3"),
        ("https://wk.example/datasets/a/", "a_dataset"),
        ("https://wk.example", "dataset"),
    ],
)
def test_an_address_has_a_last_part(url: str, name: str) -> None:
    """What names a folder: the dataset or the link, no page, token or position."""
    assert parsers.last_part(url) == name


@pytest.mark.parametrize("value", ['{"mem": "10M", "time": 3}', {"mem": "10M", "time": 3}])
def test_resources_of_a_cluster_are_an_object(value: object) -> None:
    """As JSON in a text, or as YAML has it."""
    assert parsers.job_resources(value) == '{"mem": "10M", "time": 3}'


def test_resources_may_be_pairs() -> None:
    """A comma within a value is no end of it."""
    pairs = parsers.job_resources("mem=10M, time=02:00:00,nodelist=a,b,qos=high")
    assert json.loads(pairs) == {
        "mem": "10M", "time": "02:00:00", "nodelist": "a,b", "qos": "high",
    }  # fmt: skip
    assert parsers.job_resources(pairs) == pairs


@pytest.mark.parametrize("value", ["mem", "", "[1]", "3", None, 3, "{", "{}"])
def test_other_resources_are_refused(value: object) -> None:
    """With an example."""
    with pytest.raises(ValueError, match="must be such as mem=32G"):
        parsers.job_resources(value)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("micron", "micrometer"), ("Microns", "micrometer"), ("nanometers", "nanometer"),
        ("Micrometre", "micrometer"), ("millimetres", "millimeter"), (" um ", "micrometer"),
        ("metre", "meter"),
    ],
)  # fmt: skip
def test_units_are_spelled_in_many_ways(text: str, wanted: str) -> None:
    """All that can mean one thing only; letter case tells milli from mega in short ones."""
    assert parsers.unit(text) == wanted


@pytest.mark.parametrize("text", ["11,24,11,24,25", "11;11;25", "11 11 25", "11,11"])
def test_voxel_sizes_have_points(text: str) -> None:
    """A comma stands between numbers."""
    with pytest.raises(ValueError, match="three numbers x,y,z"):
        parsers.voxel_size(text)


@pytest.mark.parametrize(
    ("size", "unit", "is_plausible"),
    [
        ((11, 11, 25), "nanometer", True),
        ((11, 11, 25), "millimeter", False),
        ((11, 11, 25), "micrometer", True),
        ((1, 1, 5), "millimeter", True),
        ((10, 10, 10), "millimeter", True),
        ((0.1, 0.1, 0.3), "meter", False),
        ((1, 1, 1), "angstrom", True),
        ((1, 1, 1), "femtometer", False),
        ((0.02, 0.02, 0.05), "inch", True),
        ((4, 4, 5000), "nanometer", False),
    ],
)
def test_sizes_are_plausible_in_every_unit(
    size: tuple[float, float, float], unit: str, *, is_plausible: bool
) -> None:
    """From atoms to what a scanner of whole bodies sees."""
    assert parsers.is_plausible(size, unit) == is_plausible
