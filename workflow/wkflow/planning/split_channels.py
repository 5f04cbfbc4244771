"""Which samples of a volume become which layer, and in which colour it is first shown."""

from colorsys import hsv_to_rgb
from dataclasses import dataclass, field, replace

from wkflow.errors import ConfigError
from wkflow.model.box import Triple
from wkflow.model.source import Channel, ImageMetadata, Source
from wkflow.planning.find_volumes import Volume
from wkflow.planning.place_layers import Placement

PRIMARIES: tuple[Triple, ...] = ((255, 0, 0), (0, 255, 0), (0, 0, 255))
"""Colours of the first three channels, where the file states none; then come others."""

GOLDEN_RATIO = 0.618033988749895
"""Steps of the hue: each new colour lies far from those before."""


@dataclass(frozen=True, slots=True)
class Part:
    """What becomes one layer: its name, its source with the samples that are picked, its look.

    `about` is what the source says of the volume that it is a part of, `placement` where that lies;
    None stands for the origin, in mag 1.
    """

    name: str
    source: Source
    channel: Channel
    about: ImageMetadata = field(default_factory=ImageMetadata)
    placement: Placement | None = None


def split_channels(volume: Volume, choice: str | None, *, dtype: str | None = None) -> list[Part]:
    """Make layers of the channels of a volume.

    By default three samples of uint8 stay one layer, `NAME`, or `NAME__channel0` where there are
    several such channels; of any others each becomes a layer. `choice` is `rgb`, `split`, or the
    numbers of channels (of samples, where there is one channel). `dtype` is that of the layers.

    Raises
    ------
    ConfigError
        If the choice asks for channels that are not there.
    """
    header = volume.source.header
    total = header.channels * header.samples
    if choice == "rgb" and total > 1:
        return [_part(volume, "", _first_three(volume, dtype or header.dtype))]
    units = [
        tuple(range(c * header.samples, (c + 1) * header.samples)) for c in range(header.channels)
    ]
    is_whole = (header.samples, dtype or header.dtype) == (3, "uint8") and choice != "split"
    if not is_whole or (choice is not None and header.channels == 1):
        units = [(pick,) for pick in range(total)]
    chosen = list(range(len(units)))
    if choice and choice not in {"rgb", "split"}:
        chosen = _chosen(volume, choice, len(units))
    return [_part(volume, f"__channel{n}" if len(units) > 1 else "", units[n]) for n in chosen]


def _first_three(volume: Volume, dtype: str) -> tuple[int, ...]:
    picks = volume.source.picks[:3]
    if len(picks) < 3 or dtype != "uint8":
        raise ConfigError(
            f"rgb needs three channels of uint8; {volume.source.first} holds "
            f"{volume.source.header}", "channels",
            "Leave it out, so that each channel becomes a layer, or add --dtype uint8.",
        )  # fmt: skip
    return picks


def _chosen(volume: Volume, choice: str, count: int) -> list[int]:
    numbers = list(dict.fromkeys(int(number) for number in choice.split(",")))
    missing = [number for number in numbers if number >= count]
    if missing and count > 1:
        names = [channel.name for channel in volume.about.channels if channel.name]
        named = f" ({', '.join(names)})" if names else ""
        raise ConfigError(
            f"channel {missing[0]} was asked for, {volume.source.first} has {count}{named}",
            "channels",
            f"Choose from 0 to {count - 1}.",
        )
    return numbers if count > 1 else [0]


def _part(volume: Volume, suffix: str, picks: tuple[int, ...]) -> Part:
    header = volume.source.header
    source = replace(volume.source, picks=picks)
    number = picks[0] // header.samples
    stated = volume.about.channels
    channel = stated[number] if number < len(stated) else Channel()
    if len(picks) > 1:
        return Part(volume.name + suffix, source, Channel(channel.name), volume.about)
    is_one_of_many = header.channels * header.samples > 1
    if header.samples > 1:
        channel = replace(channel, colour=None)  # the file's colour is that of all samples
    if channel.colour is None and is_one_of_many:
        channel = replace(channel, colour=_colour(picks[0]))
    return Part(volume.name + suffix, source, channel, volume.about)


def _colour(number: int) -> Triple:
    if number < len(PRIMARIES):
        return PRIMARIES[number]
    red, green, blue = hsv_to_rgb(number * GOLDEN_RATIO % 1, 1, 1)
    return round(red * 255), round(green * 255), round(blue * 255)
