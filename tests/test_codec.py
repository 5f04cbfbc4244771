"""How compression is spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.codec import DEFAULT_COLOR, DEFAULT_SEGMENTATION, LEVELS, Codec
from wkflow.errors import ConfigError

codecs = st.sampled_from(sorted(LEVELS)).flatmap(
    lambda name: st.sampled_from(LEVELS[name]).map(lambda level: Codec(name, level))
)


@given(codec=codecs)
def test_text_and_codec_are_the_same(codec: Codec) -> None:
    """What is printed is what is read, negative levels too."""
    assert Codec.parse(str(codec)) == codec


def test_a_codec_without_a_level_has_level_0() -> None:
    """For zstd that is its own default, for none there is no other."""
    assert Codec.parse("none") == Codec("none", 0)
    assert Codec.parse("zstd") == Codec("zstd", 0)


@given(name=st.sampled_from(sorted(LEVELS)), level=st.integers(-200, 200))
def test_levels_beyond_the_codec_are_refused(name: str, level: int) -> None:
    """A level is taken if and only if the codec has it."""
    if level in LEVELS[name]:
        assert Codec.parse(f"{name}:{level}").level == level
    else:
        with pytest.raises(ConfigError):
            Codec.parse(f"{name}:{level}")


@pytest.mark.parametrize(
    "text", ["", "lz4:1", "zstd:high", "zstd:1.5", "zstd 5", "ZSTD:5", "zstd:--3", "zstd:-", ":0"]
)
def test_other_texts_are_no_codecs(text: str) -> None:
    """The error quotes what was written and lists what there is."""
    with pytest.raises(ConfigError, match="is no compression") as caught:
        Codec.parse(text)
    assert repr(text) in caught.value.what
    assert all(name in caught.value.remedy for name in LEVELS)


@pytest.mark.parametrize("default", [DEFAULT_COLOR, DEFAULT_SEGMENTATION])
def test_the_defaults_can_be_typed(default: Codec) -> None:
    """A default is nothing that an option could not say."""
    assert Codec.parse(str(default)) == default
