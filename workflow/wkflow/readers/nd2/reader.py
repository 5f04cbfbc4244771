"""ND2 of Nikon's NIS-Elements: described by the package nd2, voxels by a map of the file.

A frame is (y, x, channel, sample); frames are numbered along the loops of the experiment: times,
positions, z, in the order in which they were nested. Each position is an image.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod
from typing import Any

import numpy as np
from nd2 import ND2File
from nd2.structures import Attributes, ExpLoop
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.formats.decoders import SLACK_BYTES, inflated
from wkflow.formats.size_limits import DEFLATE, require_held
from wkflow.model.box import Box
from wkflow.model.source import Channel, Gaps, Header, ImageInfo, ImageMetadata
from wkflow.model.units import to_nm
from wkflow.readers.base.file_type import open_as
from wkflow.readers.base.memory_map import Content, mapped
from wkflow.readers.base.missing_planes import find_gaps
from wkflow.readers.base.optional_metadata import besides
from wkflow.readers.base.whole_plane import require_inside
from wkflow.readers.nd2.chunk_map import Run, frames_of
from wkflow.source_errors import REMEDY, translated

LOOPS = {"TimeLoop": "t", "NETimeLoop": "t", "XYPosLoop": "p", "ZStackLoop": "z"}
"""Kinds of loops; others become axes named after their place."""

Loops = tuple[tuple[str, int], ...]
"""Names and counts, the outermost first."""


class Nd2Reader:
    """Uncompressed or losslessly compressed frames, of up to 32 bits."""

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Read attributes, experiment and metadata."""
        with self.open(path) as images:
            return tuple(image.probe for image in images)

    @contextmanager
    def open(self, path: str) -> Iterator[tuple["Nd2Image", ...]]:
        """Map the file; refuse it if a frame is not whole. Those that are not there are gaps."""
        with translated(path):
            open_as("ND2", path).close()
        with mapped(path) as content:
            with translated(path):
                images = _images(path, content)
            yield images


@dataclass(frozen=True, slots=True)
class Frames:
    """How the frames of a file lie: `runs` by number, `row_bytes` from one row to the next."""

    loops: Loops
    runs: dict[int, Run]
    row_bytes: int
    shape: tuple[int, int, int, int]
    dtype: np.dtype[Any]
    is_compressed: bool
    content: Content = field(repr=False)

    @property
    def bytes(self) -> int:
        """Of a frame, with what pads its rows."""
        return self.shape[0] * self.row_bytes

    def frame(self, number: int) -> NDArray[Any] | None:
        """Give a frame (y, x, channel, sample); None if it was never recorded."""
        if number not in self.runs:
            return None
        begin, size = self.runs[number]
        step = self.dtype.itemsize * self.shape[2] * self.shape[3]
        strides = (self.row_bytes, step, self.dtype.itemsize * self.shape[3], self.dtype.itemsize)
        if not self.is_compressed:
            return np.ndarray(self.shape, self.dtype, self.content, begin, strides)
        decoded = inflated(self.content[begin : begin + size].tobytes(), self.bytes + SLACK_BYTES)
        return np.ndarray(self.shape, self.dtype, decoded, 0, strides)

    def number(self, at: dict[str, int]) -> int:
        """Give the number of the frame at a place along the loops; 0 along those not named."""
        number = 0
        for name, count in self.loops:
            number = number * count + at.get(name, 0)
        return number

    def number_of(self, header: Header, position: int, frame: int, z: int) -> int:
        """Give the number of the frame that is a plane of a position's image."""
        axes = [size for _, size in header.axes]
        steps = map(int, np.unravel_index(frame, axes) if axes else ())
        at = dict(zip((name for name, _ in header.axes), steps, strict=True))
        return self.number(at | {"p": position, "z": z})


@dataclass(frozen=True, slots=True)
class Nd2Image:
    """One position of an open file."""

    path: str
    probe: ImageInfo
    position: int
    frames: Frames

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Copy the box plane by plane, decoding it where it is compressed."""
        header = self.probe.header
        require_inside(self.path, header, box, channel, frame)
        (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
        with translated(self.path):
            for z in range(z0, z1):
                number = self.frames.number_of(header, self.position, frame, z)
                plane = self.frames.frame(number)
                # colours are stored blue, green, red
                out[z - z0] = 0 if plane is None else plane[y0:y1, x0:x1, channel, ::-1]


def _images(path: str, content: Content) -> tuple[Nd2Image, ...]:
    runs = frames_of(content)
    with ND2File(path) as file:
        attributes, loops = file.attributes, loops_of(file.experiment)
        names = position_names(file.experiment)
        frames = _frames(path, attributes, loops, runs, content)
        about = besides(lambda: _about(file, frames, attributes.sequenceCount))
    recorded = attributes.sequenceCount
    probes = [
        replace(
            ImageInfo(
                _header(frames), _grain(frames), replace(about, name=name * (len(names) > 1))
            ),
            gaps=gaps_of(frames, position, recorded),
        )
        for position, name in enumerate(names)
    ]
    return tuple(Nd2Image(path, probe, at, frames) for at, probe in enumerate(probes))


def loops_of(experiment: list[ExpLoop]) -> Loops:
    """Name the loops of an experiment, the outermost first.

    Two of one kind would be one inside the other: the inner one gets a name of its own.
    """
    loops: list[tuple[str, int]] = []
    for place, loop in enumerate(experiment):
        name = LOOPS.get(loop.type, f"axis{place}")
        taken = {other for other, _ in loops}
        loops.append((f"{name}{place}" if name in taken else name, int(loop.count)))
    return tuple(loops)


def position_names(experiment: list[ExpLoop]) -> list[str]:
    """Name the positions: as the file does, else by their number from 1."""
    for loop in experiment:
        if loop.type == "XYPosLoop":
            points = loop.parameters.points
            stated = [points[n].name if n < len(points) else None for n in range(loop.count)]
            return [name or f"position {n + 1}" for n, name in enumerate(stated)]
    return [""]


def _frames(
    path: str, attributes: Attributes, loops: Loops, runs: dict[int, Run], content: Content
) -> Frames:
    if attributes.compressionType not in {None, "none", "lossless"}:
        raise SourceError(
            f"is compressed ({attributes.compressionType}) in a way that cannot be read",
            path,
            "Save it uncompressed with NIS-Elements.",
        )
    channels = attributes.channelCount or 1
    samples = attributes.componentCount // channels
    if samples != 3:
        channels, samples = attributes.componentCount, 1
    kind = "f" if attributes.pixelDataType == "float" else "u"
    dtype = np.dtype(f"<{kind}{attributes.bitsPerComponentInMemory // 8}")
    shape = (attributes.heightPx, attributes.widthPx or 1, channels, samples)
    row_bytes = attributes.widthBytes or prod(shape[1:]) * dtype.itemsize
    is_compressed = attributes.compressionType == "lossless"
    frames = Frames(loops, runs, row_bytes, shape, dtype, is_compressed, content)
    _require_whole(path, frames, attributes.sequenceCount)
    return frames


def _require_whole(path: str, frames: Frames, recorded: int) -> None:
    """Refuse a file with a frame that is too short or has no place, or without any frame."""
    count = prod(count for _, count in frames.loops)
    most = max([recorded, *(number + 1 for number in frames.runs)])
    if most > count:
        raise SourceError(
            f"is damaged: it has {most} frames, and its description places for {count}",
            path,
            REMEDY,
        )
    count = min(recorded, count)
    needed = (frames.shape[0] - 1) * frames.row_bytes
    needed += prod(frames.shape[1:]) * frames.dtype.itemsize
    if count and not frames.runs:
        raise SourceError(f"is damaged: none of its {count} frames is there", path, REMEDY)
    for number, (_, size) in sorted(frames.runs.items()):
        if number < count and size < (0 if frames.is_compressed else needed):
            raise SourceError(f"is damaged: frame {number + 1} is not whole", path, REMEDY)
        if frames.is_compressed:
            require_held(path, f"frames of {needed} bytes", needed, size, DEFLATE)


def gaps_of(frames: Frames, position: int, recorded: int) -> Gaps:
    """Find planes of a position that were recorded, as the file says, and are not there."""
    header = _header(frames)
    lost = set(range(min(recorded, prod(n for _, n in frames.loops)))) - frames.runs.keys()
    if not lost:
        return Gaps()

    def is_written(frame: int, _: int, z: int) -> bool:
        return frames.number_of(header, position, frame, z) not in lost

    places = product(range(header.frames), range(header.planes))
    count = sum(not is_written(frame, 0, z) for frame, z in places)
    return find_gaps(header, count * header.channels, is_written)


def _header(frames: Frames) -> Header:
    sizes = dict(frames.loops)
    height, width, channels, samples = frames.shape
    axes = tuple((name, n) for name, n in frames.loops if name not in {"p", "z"} and n > 1)
    dtype = frames.dtype.newbyteorder("=").name
    return Header(width, height, sizes.get("z", 1), samples, dtype, channels, axes)


def _grain(frames: Frames) -> tuple[int, int, int]:
    return (frames.shape[1], frames.shape[0], 1) if frames.is_compressed else (1, 1, 1)


def _about(file: ND2File, frames: Frames, recorded: int) -> ImageMetadata:
    """Give what is the same for all positions, to be completed by a name."""
    stated = file.metadata.channels or []
    calibrated = stated[0].volume if stated else None
    sizes = (
        zip(calibrated.axesCalibration, calibrated.axesCalibrated, strict=True)
        if calibrated
        else ()
    )
    lengths = [to_nm(size, "um") if is_known else None for size, is_known in sizes]
    x, y, z = lengths or (None, None, None)
    colours = [channel.channel.color for channel in stated]
    channels = [
        Channel(one.channel.name or "", (c.r, c.g, c.b))
        for one, c in zip(stated, colours, strict=True)
    ]
    missing = prod(count for _, count in frames.loops) - recorded
    words = f"it was ended after {recorded} frames: the last {missing} were never recorded, are 0"
    notes = (words,) if missing > 0 else ()
    is_complete = len(channels) == frames.shape[2]
    return ImageMetadata(
        voxel_nm=(x, y, z), channels=tuple(channels) if is_complete else (), notes=notes
    )
