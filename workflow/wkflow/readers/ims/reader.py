"""IMS files of Imaris: HDF5 with a pyramid, of which the finest level is the image.

https://imaris.oxinst.com/support/imaris-file-format: `DataSet/ResolutionLevel 0/TimePoint t/Channel
c/Data` is (z, y, x), padded to whole chunks; attributes are texts, of old as arrays of letters.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.model.box import Box, Triple
from wkflow.model.source import Channel, Header, ImageInfo, ImageMetadata
from wkflow.model.units import VoxelSize, voxel_size
from wkflow.readers.base.file_type import open_as
from wkflow.readers.base.optional_metadata import besides
from wkflow.readers.base.references import Referring
from wkflow.readers.base.whole_plane import require_inside
from wkflow.readers.ims.chunks import Chunks
from wkflow.readers.ims.links import Links
from wkflow.source_errors import REMEDY, translated

LEVEL = "DataSet/ResolutionLevel 0"

UNNAMED = "(name not specified)"
"""What Imaris writes for no name."""


ABSENT = "{} chunk{} never written: zeros stand there"


class ImsReader(Referring):
    """One image a file: time points, channels, and a volume of each."""

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Read attributes and the layout of the first volume."""
        with self.open(path) as (image,):
            return (image.probe,)

    @contextmanager
    def open(self, path: str) -> Iterator[tuple["ImsImage"]]:
        """Keep the file open; HDF5 itself sees whether it is cut short."""
        with translated(path):
            open_as("HDF5", path).close()
            # no lock: the file is only read, and some network disks know no locks
            file = h5py.File(path, "r", locking=False)
        with file:
            with translated(path):
                links = Links(path, self.references)
                image = ImsImage(path, _probe(file, links), file, links)
            yield (image,)


@dataclass(frozen=True, slots=True)
class ImsImage:
    """The image of an open file."""

    path: str
    probe: ImageInfo
    file: h5py.File = field(repr=False)
    links: Links = field(repr=False)
    volumes: dict[tuple[int, int], Chunks] = field(default_factory=dict, repr=False)
    lock: Lock = field(default_factory=Lock, repr=False)

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Decode the chunks that the box touches."""
        require_inside(self.path, self.probe.header, box, channel, frame)
        spans = tuple(zip(box.begin[::-1], box.end[::-1], strict=True))
        with translated(self.path):
            self._volume(frame, channel).read(spans, out[..., 0])

    def _volume(self, frame: int, channel: int) -> Chunks:
        with self.lock:
            if (frame, channel) not in self.volumes:
                header = self.probe.header
                data = _dataset(self.file, frame, channel, self.links)
                _require_like(data, header, self.path)
                self.volumes[frame, channel] = Chunks.of(data)
            return self.volumes[frame, channel]


def _probe(file: h5py.File, links: Links) -> ImageInfo:
    level = _group(file, LEVEL, links)
    times = _count(level, "TimePoint")
    channels = _count(_group(level, "TimePoint 0", links), "Channel")
    data = _dataset(file, 0, 0, links)
    size = _size(data.parent, data)
    axes = (("t", times),) if times > 1 else ()
    header = Header(*size, 1, data.dtype.newbyteorder("=").name, channels, axes)
    _require_like(data, header, links.path)
    volumes = [(frame, channel) for frame in range(times) for channel in range(channels)]
    for frame, channel in volumes:
        _group(file, f"{LEVEL}/TimePoint {frame}/Channel {channel}", links)
    grain = tuple(map(min, Chunks.of(data).shape[::-1], size))
    about = besides(lambda: _about(file, header, links))
    absent = sum(
        # the first is open: HDF5 opens one whose voxels lie in other files only once
        Chunks.of(_dataset(file, *volume, links) if volume != (0, 0) else data).never_written
        for volume in volumes
    )
    if absent:
        note = ABSENT.format(absent, "s were" if absent > 1 else " was")
        about = replace(about, notes=(*about.notes, note))
    return ImageInfo(header, (grain[0], grain[1], grain[2]), about)


def _group(parent: h5py.Group, name: str, links: Links) -> h5py.Group:
    found = links.group(parent, name)
    if found is None:
        raise SourceError(f"is no whole IMS file: it has no {name}", links.path, REMEDY)
    return found


def _dataset(file: h5py.File, frame: int, channel: int, links: Links) -> h5py.Dataset:
    group = _group(file, f"{LEVEL}/TimePoint {frame}/Channel {channel}", links)
    data = links.dataset(group, "Data")
    if data is None or data.ndim != 3:
        raise SourceError(f"is no whole IMS file: {group.name} has no volume", links.path, REMEDY)
    return data


def _count(group: h5py.Group, kind: str) -> int:
    """Count the groups "kind 0", "kind 1" ... up to the highest number."""
    numbers = [name.removeprefix(f"{kind} ") for name in group if name.startswith(f"{kind} ")]
    return max((int(number) + 1 for number in numbers if number.isdigit()), default=0)


def _size(group: h5py.Group, data: h5py.Dataset) -> Triple:
    """Give the size without padding (x, y, z); files of old have none and no padding."""
    x, y, z = (
        int(_text(group.attrs.get(f"ImageSize{axis}")) or padded)
        for axis, padded in zip("XYZ", data.shape[::-1], strict=True)
    )
    return x, y, z


def _require_like(data: h5py.Dataset, header: Header, path: str) -> None:
    """Refuse a volume that is smaller or of another type than the first, or of none."""
    size = _size(data.parent, data)
    is_inside = all(0 < s <= p for s, p in zip(size, data.shape[::-1], strict=True))
    name = data.dtype.newbyteorder("=").name
    if data.dtype.kind not in "iuf" or not is_inside or (size, name) != (header.size, header.dtype):
        raise SourceError(
            f"is damaged: {data.parent.name} is {size} of {data.dtype} in {data.shape[::-1]}, the "
            f"first volume is {header.size} of {header.dtype}",
            path,
            REMEDY,
        )


def _about(file: h5py.File, header: Header, links: Links) -> ImageMetadata:
    info = links.group(file, "DataSetInfo")
    if info is None:
        return ImageMetadata()
    group = links.group(info, "Image")
    image = {} if group is None else group.attrs
    groups = [links.group(info, f"Channel {number}") for number in range(header.channels)]
    name = _text(image.get("Name"))
    size, dropped = _voxel_size(image, header.size)
    return ImageMetadata(
        "" if name == UNNAMED else name,
        size,
        tuple(channel_of(dict(one.attrs)) for one in groups if one) if all(groups) else (),
        (*dropped, *_missing(info, header, links)),
    )


def _missing(info: h5py.Group, header: Header, links: Links) -> Iterator[str]:
    """Name the channels, and count the times, that are declared and not there."""
    numbers = [name.removeprefix("Channel ") for name in info if name.startswith("Channel ")]
    further = sorted(int(n) for n in numbers if n.isdecimal() and int(n) >= header.channels)
    declared = [f"Channel {number}" for number in further]
    found = [(name, links.group(info, name)) for name in declared]
    named = [
        f"{name} ({_text(group.attrs.get('Name'))})" if group and "Name" in group.attrs else name
        for name, group in found
    ]
    if named:
        yield f"declared, and not in the file: {', '.join(named)}"
    times = links.group(info, "TimeInfo")
    stated = "" if times is None else _text(times.attrs.get("DatasetTimePoints"))
    if stated.isdecimal() and int(stated) > header.frames:
        yield f"{stated} time points are declared, {header.frames} are in the file"


def _voxel_size(image: Any, size: Triple) -> tuple[VoxelSize, tuple[str, ...]]:  # noqa: ANN401 -- h5py's attributes
    extents = [
        _extent(_text(image.get(f"ExtMin{axis}")), _text(image.get(f"ExtMax{axis}")), count)
        for axis, count in enumerate(size)
    ]
    return voxel_size(extents, [_text(image.get("Unit"))] * 3)


def _extent(least: str, most: str, count: int) -> float | None:
    try:
        return (float(most) - float(least)) / count
    except ValueError:
        return None


def channel_of(attributes: dict[str, Any]) -> Channel:
    """Read name, colour and window of a channel from its attributes.

    >>> channel_of({"Name": "DNA", "Color": "1.000 0.500 0.000", "ColorRange": "2.0 9.0"})
    Channel(name='DNA', colour=(255, 128, 0), window=(2.0, 9.0))
    """
    name = _text(attributes.get("Name"))
    colour = _numbers(_text(attributes.get("Color")), 3)
    window = _numbers(_text(attributes.get("ColorRange")), 2)
    return Channel(
        "" if name == UNNAMED else name,
        (_byte(colour[0]), _byte(colour[1]), _byte(colour[2])) if colour else None,
        (window[0], window[1]) if window else None,
    )


def _byte(share: float) -> int:
    return round(min(max(share, 0.0), 1.0) * 255)


def _numbers(text: str, count: int) -> list[float]:
    """Give the numbers of a text, none if they are not as many as they should be."""
    try:
        found = [float(word) for word in text.split()]
    except ValueError:
        return []
    return found if len(found) == count and np.isfinite(found).all() else []


def _text(attribute: object) -> str:
    """Give an attribute as text, whether it is one, a number, or an array of letters.

    >>> _text(np.array([b"u", b"m"])), _text("um"), _text(np.array([7])), _text(None)
    ('um', 'um', '7', '')
    """
    if isinstance(attribute, np.ndarray) and attribute.dtype.kind == "S":
        return b"".join(attribute.ravel().tolist()).decode("utf-8", "replace").strip("\0 ")
    if isinstance(attribute, np.ndarray):
        return " ".join(map(str, attribute.ravel().tolist()))
    if isinstance(attribute, bytes):
        return attribute.decode("utf-8", "replace").strip("\0 ")
    return "" if attribute is None else str(attribute)
