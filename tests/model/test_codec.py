"""How compression is spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import ConfigError
from wkflow.model.codec import DEFAULT_COLOR, DEFAULT_SEGMENTATION, Codec, default_codec
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.layer import Layer

formats = st.sampled_from(sorted(DATA_FORMATS))


@st.composite
def codecs(draw: st.DrawFn) -> tuple[str, Codec]:
    """Draw a format and a codec that it has."""
    data_format = draw(formats)
    name = draw(st.sampled_from(sorted(DATA_FORMATS[data_format].levels)))
    return data_format, Codec(name, draw(st.sampled_from(DATA_FORMATS[data_format].levels[name])))


@given(codecs())
def test_text_and_codec_are_the_same(drawn: tuple[str, Codec]) -> None:
    """What is printed is what is read, negative levels too."""
    data_format, codec = drawn
    assert Codec.parse(str(codec), data_format) == codec
    assert Codec.parse(str(codec)) == codec


def test_a_codec_without_a_level_has_level_0() -> None:
    """For zstd and lz4hc that is their own default, for none there is no other."""
    assert Codec.parse("none") == Codec("none", 0)
    assert Codec.parse("zstd") == Codec("zstd", 0)
    assert Codec.parse("lz4hc", "wkw") == Codec("lz4hc", 0)


@given(data_format=formats, data=st.data(), level=st.integers(-200, 200))
def test_levels_beyond_the_codec_are_refused(
    data_format: str, data: st.DataObject, level: int
) -> None:
    """A level is taken if and only if the codec has it in that format."""
    name = data.draw(st.sampled_from(["zstd", "gzip", "lz4", "lz4hc", "none"]))
    if level in DATA_FORMATS[data_format].levels.get(name, ()):
        assert Codec.parse(f"{name}:{level}", data_format).level == level
    else:
        with pytest.raises(ConfigError, match=f"no compression in {data_format}"):
            Codec.parse(f"{name}:{level}", data_format)


@pytest.mark.parametrize(
    "text", ["", "lz5:1", "zstd:high", "zstd:1.5", "zstd 5", "ZSTD:5", "zstd:--3", "zstd:-", ":0"]
)
def test_other_texts_are_no_codecs(text: str) -> None:
    """The error quotes what was written and lists what there is."""
    with pytest.raises(ConfigError, match="is no compression") as caught:
        Codec.parse(text)
    assert repr(text) in caught.value.what
    assert all(name in caught.value.remedy for one in DATA_FORMATS.values() for name in one.levels)


def test_a_format_lists_its_own_codecs() -> None:
    """What another format has is no remedy."""
    with pytest.raises(ConfigError) as caught:
        Codec.parse("zstd:3", "wkw")
    assert caught.value.remedy == "Choose one of lz4hc:0..12, lz4, none."
    with pytest.raises(ConfigError) as caught:
        Codec.parse("zstd:3", "neuroglancerPrecomputed")
    assert caught.value.remedy == "Choose none."


@pytest.mark.parametrize("data_format", sorted(DATA_FORMATS))
@pytest.mark.parametrize("category", ["color", "segmentation"])
def test_the_defaults_can_be_typed(data_format: str, category: str) -> None:
    """A default is nothing that an option could not say in that format."""
    layer = Layer("em", category, "uint8", 1, (9, 9, 9), data_format=data_format)
    for compress in (True, False):
        default = default_codec(layer, compress=compress)
        assert Codec.parse(str(default), data_format) == default
        assert compress or default == Codec("none", 0)


def test_labels_are_worth_more_work() -> None:
    """In Zarr, by measurement."""
    color = Layer("em", "color", "uint8", 1, (9, 9, 9))
    labels = Layer("em", "segmentation", "uint8", 1, (9, 9, 9), data_format="zarr")
    assert (default_codec(color), default_codec(labels)) == (DEFAULT_COLOR, DEFAULT_SEGMENTATION)
