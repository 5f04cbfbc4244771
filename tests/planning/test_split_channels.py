"""Channels become layers: which samples, under which name, in which colour."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import ConfigError
from wkflow.model.source import Channel, Header, ImageMetadata, Source
from wkflow.planning.find_volumes import Volume
from wkflow.planning.split_channels import PRIMARIES, split_channels


def volume(
    channels: int = 1, samples: int = 1, dtype: str = "uint8", about: ImageMetadata | None = None
) -> Volume:
    header = Header(90, 80, 7, samples, dtype, channels)
    picks = tuple(range(channels * samples))
    source = Source(("/data/em.tif",), ((1, 1),), header, (1, 1, 1), picks)
    return Volume("em", source, about or ImageMetadata())


def split(one: Volume, choice: str | None = None, dtype: str | None = None) -> dict[str, object]:
    """Give the picks of each layer by its name."""
    parts = split_channels(one, choice, dtype=dtype)
    return {part.name: part.source.picks for part in parts}


@pytest.mark.parametrize("choice", [None, "rgb", "split", "0"])
def test_one_sample_is_one_layer(choice: str | None) -> None:
    """Whatever was chosen for others."""
    assert split(volume(), choice) == {"em": (0,)}


def test_rgb_stays_one_layer() -> None:
    """Each such channel, if there are several."""
    assert split(volume(samples=3)) == {"em": (0, 1, 2)}
    assert split(volume(2, 3)) == {"em__channel0": (0, 1, 2), "em__channel1": (3, 4, 5)}


@pytest.mark.parametrize("one", [volume(3), volume(samples=3, dtype="uint16")], ids=str)
def test_others_are_split(one: Volume) -> None:
    """Channels of any dtype, and samples that are no bytes."""
    assert split(one) == {"em__channel0": (0,), "em__channel1": (1,), "em__channel2": (2,)}
    assert split(one, "split") == split(one)


def test_rgb_of_another_dtype_is_split() -> None:
    """WEBKNOSSOS knows three samples of uint8 only."""
    assert len(split(volume(samples=3), dtype="uint16")) == 3


def test_rgb_may_be_made_of_channels() -> None:
    """The first three, which must be bytes or become bytes."""
    assert split(volume(4), "rgb") == {"em": (0, 1, 2)}
    assert split(volume(3, dtype="uint16"), "rgb", "uint8") == {"em": (0, 1, 2)}
    for wrong in (volume(2), volume(3, dtype="uint16")):
        with pytest.raises(ConfigError, match="rgb needs three channels of uint8") as caught:
            split(wrong, "rgb")
        assert caught.value.where == "channels"
    with pytest.raises(ConfigError, match="rgb needs three"):
        split(volume(3), "rgb", "uint16")


def test_rgb_may_be_split() -> None:
    """By the word, or by numbers of samples."""
    assert list(split(volume(samples=3), "split").values()) == [(0,), (1,), (2,)]
    assert split(volume(samples=3), "2,0") == {"em__channel2": (2,), "em__channel0": (0,)}


@given(channels=st.integers(2, 9), data=st.data())
def test_numbers_choose_channels(channels: int, data: st.DataObject) -> None:
    """In the order in which they were given, each once; the name keeps the number."""
    numbers = data.draw(st.lists(st.integers(0, channels - 1), min_size=1))
    expected = {f"em__channel{n}": (n,) for n in dict.fromkeys(numbers)}
    assert split(volume(channels), ",".join(map(str, numbers))) == expected


def test_numbers_choose_rgb_channels_too() -> None:
    """Where there are several."""
    assert split(volume(3, 3), "1") == {"em__channel1": (3, 4, 5)}


def test_a_channel_that_is_not_there_is_told() -> None:
    """With how many there are, and their names if the file has some."""
    about = ImageMetadata(channels=(Channel("DAPI"), Channel(), Channel("GFP")))
    with pytest.raises(
        ConfigError, match=r"channel 3 was asked for, /data/em.tif has 3 \(DAPI, GFP\)"
    ) as caught:
        split(volume(3, about=about), "0,3")
    assert caught.value.remedy == "Choose from 0 to 2."


def looks(one: Volume, choice: str | None = None) -> list[Channel]:
    return [part.channel for part in split_channels(one, choice)]


def test_a_single_channel_needs_no_colour() -> None:
    """It is grey, unless the file says otherwise."""
    assert looks(volume()) == [Channel()]
    stated = Channel("GFP", (0, 255, 0), (3.0, 9.0))
    assert looks(volume(about=ImageMetadata(channels=(stated,)))) == [stated]


def test_several_channels_are_told_apart_by_colour() -> None:
    """Those of the file; else red, green, blue, and others that differ."""
    colours = [one.colour for one in looks(volume(12))]
    assert colours[:3] == list(PRIMARIES)
    assert len(set(colours)) == 12
    assert all(colour and max(colour) == 255 for colour in colours)
    stated = (Channel("a", (9, 8, 7), (0.0, 1.0)), Channel("b"))
    first, second, third = looks(volume(3, about=ImageMetadata(channels=stated)))
    assert first == stated[0]
    assert (second, third) == (Channel("b", PRIMARIES[1]), Channel("", PRIMARIES[2]))


def test_a_chosen_channel_looks_as_it_would_among_all() -> None:
    """Another selection does not change its colour."""
    stated = tuple(Channel(name) for name in "abc")
    one = volume(3, about=ImageMetadata(channels=stated))
    assert looks(one, "2") == looks(one)[2:]


def test_rgb_shows_its_own_colours() -> None:
    """Neither a colour nor a window of the file is laid over them; samples get primaries."""
    one = volume(
        samples=3, about=ImageMetadata(channels=(Channel("light", (9, 9, 9), (0.0, 9.0)),))
    )
    assert looks(one) == [Channel("light")]
    assert [look.colour for look in looks(one, "split")] == list(PRIMARIES)
