"""Where a layer's voxels come from: files, and what their headers say."""

from dataclasses import asdict, dataclass, field, replace
from math import prod
from typing import Any, Self

from wkflow.json_document import LATER
from wkflow.model.box import Box, Triple
from wkflow.model.layer import ITEM_BYTES
from wkflow.model.selection import Selection


@dataclass(frozen=True, slots=True)
class Header:
    """The shape of one image of a file, known before any voxel is read.

    `planes` counts the z-planes. `samples` are stored together in one voxel (3 for RGB; alpha is
    not kept), `channels` one after the other. `axes` are further ones with their sizes, slowest
    first: `(("t", 3),)`; none has the size 1. `dtype` is numpy's name of the native-endian voxel
    type; 1-bit images are uint8.
    """

    width: int
    height: int
    planes: int
    samples: int
    dtype: str
    channels: int = 1
    axes: tuple[tuple[str, int], ...] = ()

    def __str__(self) -> str:
        further = f" x {self.channels} channels" if self.channels > 1 else ""
        further += "".join(f" x {size} {name}" for name, size in self.axes)
        further += f" x {self.samples} samples" if self.samples > 1 else ""
        return f"{self.width} x {self.height}{further} {self.dtype}"

    @property
    def size(self) -> Triple:
        """Extents along x, y and z, in voxels."""
        return self.width, self.height, self.planes

    @property
    def frames(self) -> int:
        """How many volumes (c, x, y, z) the further axes make; the last axis runs fastest."""
        return prod(size for _, size in self.axes)


Window = tuple[float, float]
"""The values that are shown black and white."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What a file says of one channel: its name, RGB colour, and values shown black and white."""

    name: str = ""
    colour: Triple | None = None
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image lies among others, as its source states it.

    `begin` is the place of its first voxel along x, y and z, counted in the finest voxels that the
    source knows, of which one voxel of the image spans `mag`. `size` is the extent in the same
    voxels where the source states it, else that of the image. Only images of one `frame` lie to
    one another as they say; the origin of a frame without a name is that of the dataset.
    `is_centred` says that `begin` may be that of the middle of the first voxel.
    """

    begin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    mag: Triple = (1, 1, 1)
    size: Triple | None = None
    frame: str = ""
    is_centred: bool = False


NO_CHANNELS: tuple[Channel, ...] = ()
"""Of which nothing is said."""


@dataclass(frozen=True, slots=True)
class ImageMetadata:
    """What a file says of one image besides its shape.

    `voxel_nm` is the size of one voxel along x, y and z in nanometers, None where the file states
    none; a printing resolution is none. `channels` is empty or has an entry for each channel.
    `notes` are what a person should know, such as samples that are left out.

    `layer` is the name of the layer that the image is, where the source knows layers or labels;
    `category` what it is there: `color`, `segmentation`, or nothing where that is not stated.
    `largest_id` is the largest number of a segment that is in use there; `place` where it lies.
    `unit` is the one in which a dataset of WEBKNOSSOS is measured: it is kept.
    """

    name: str = ""
    voxel_nm: tuple[float | None, float | None, float | None] = (None, None, None)
    channels: tuple[Channel, ...] = ()
    notes: tuple[str, ...] = ()
    layer: str = ""
    category: str = ""
    largest_id: int = 0
    place: Place = field(default_factory=Place)
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Gaps:
    """Planes that an image should have and that were never written: zeros are read for them.

    `named` are the places of the first ones, such as `z=1 to 3, channel=0`; a place may be that of
    several planes.
    """

    count: int = 0
    named: tuple[str, ...] = ()
    are_all_named: bool = True

    def __str__(self) -> str:
        more = "" if self.are_all_named else " and more"
        return f"{self.count} plane{'s' * (self.count > 1)} ({'; '.join(self.named)}{more})"


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """One image of a file, from headers only.

    `grain` is the smallest box (x, y, z) that can be read without decoding more: a whole plane,
    a strip, a tile, a chunk; (1, 1, 1) where voxels lie uncompressed. `files` are all files that
    hold the image, if it is more than the one that was opened. `is_stream` says that planes can
    only be read from the first on: any other costs all before it. `gaps` are planes without data.
    """

    header: Header
    grain: Triple
    about: ImageMetadata = field(default_factory=ImageMetadata)
    files: tuple[str, ...] = ()
    is_stream: bool = False
    gaps: Gaps = field(default_factory=Gaps)


@dataclass(frozen=True, slots=True)
class RawLayout:
    """How voxels lie in a file without a header.

    `shape` is (x, y, z) in voxels, `dtype` numpy's name, `order` F (x fastest) or C (z fastest),
    `byte_order` little or big, `offset` the bytes before the first voxel.
    """

    shape: Triple
    dtype: str
    order: str = "F"
    byte_order: str = "little"
    offset: int = 0


@dataclass(frozen=True, slots=True)
class References:
    """Where files may lie that a file of the source names: below `root`, or anywhere.

    Without a `root` it is the folder of the opened file. `is_foreign` says that the source came in
    an archive or over the network: then nothing outside is ever followed. `archive` is what a
    person calls the archive that was unpacked into the root.
    """

    root: str = ""
    follows: bool = False
    is_foreign: bool = False
    archive: str = ""


BLANK, BLANK_MARK = "", (0, 0)
"""In place of the file of a slice that is missing, and of its size and time."""


@dataclass(frozen=True, slots=True)
class Source:
    """The files of one layer, and what of them it is made of.

    A stack has as many `files` as slices, in z order, `BLANK` where one is missing; else the first
    of them is opened and the others belong to it. `marks` holds size and modification time (ns) of
    each: what tells that a file was replaced. `header` is that of image number `image` of each
    file. The layer's samples are the `picks` of its samples, counted through all channels; `raw`
    says how to read files without a header, `references` where files may lie that these name.
    `missing` lists the numbers that the names of slices leave out, as a person reads them. Where
    the names of a stack count `times`, there are all slices of the first, then those of the next.
    `is_across` says that the files are such slices, and those of the layer lie across them.
    """

    files: tuple[str, ...]
    marks: tuple[tuple[int, int], ...]
    header: Header
    grain: Triple
    picks: tuple[int, ...] = (0,)
    image: int = 0
    is_stack: bool = False
    is_stream: bool = False
    raw: RawLayout | None = None
    references: References = field(default_factory=References)
    missing: str = field(default="", metadata=LATER)
    selection: Selection | None = field(default=None, metadata=LATER)
    times: int = field(default=0, metadata=LATER)
    is_across: bool = field(default=False, metadata=LATER)

    @classmethod
    def of_nothing(cls) -> Self:
        """Give the source of a layer that is there already."""
        return cls((), (), Header(0, 0, 0, 0, "uint8"), (1, 1, 1))

    @property
    def first(self) -> str:
        """The first file that is there: what names the source in messages."""
        return next(filter(None, self.files), "")

    @property
    def first_mark(self) -> tuple[int, int]:
        """The mark of the first file that is there."""
        return self.marks[self.files.index(self.first)]

    @property
    def depth(self) -> int:
        """How many z-planes the files hold together."""
        return len(self.files) // (self.times or 1) if self.is_stack else self.header.planes

    @property
    def axes(self) -> tuple[tuple[str, int], ...]:
        """The further axes of the layer: those of its files, or the time that names count."""
        return (("t", self.times),) if self.times else self.header.axes

    def part(self, planes: slice, frames: range) -> list[int]:
        """Give the places in `files` of what some planes of some frames are made of."""
        if not (self.is_stack and self.times):
            return list(range(len(self.files))[planes if self.is_stack else slice(None)])
        places = range(self.depth)[planes]
        return [frame * self.depth + place for frame in frames for place in places]

    @property
    def stored(self) -> Header:
        """The header of each file's image, of which the layer may be a part."""
        if self.selection is None:
            return self.header
        width, height, planes = self.selection.whole
        return replace(self.header, width=width, height=height, planes=planes)

    @property
    def selection_told(self) -> list[dict[str, Any]]:
        """Give what a recipe has of a part of images; nothing where they are taken as they are."""
        return [asdict(self.selection)] if self.selection else []

    @property
    def extra(self) -> int:
        """Bytes that each thread has beside what is wanted; 0 where that is read as it is.

        Where a grain reaches beyond the part it is decoded as a whole; what is turned is read as
        it lies in the file first.
        """
        part = self.selection
        if part is None:
            return 0
        size = (self.header.width, self.header.height, 1 if self.is_stack else self.depth)
        cell = [min(pair) for pair in zip(self.grain, part.arranged(part.whole), strict=True)]
        item = ITEM_BYTES.get(self.header.dtype, 8) * self.header.samples
        if self.is_across:
            return prod(part.whole[:2]) * item
        if part.is_turned:
            cell = [max(cell[0], size[0]), size[1] if self.is_stack else cell[1], cell[2]]
        elif all(c <= s for c, s in zip(cell, size, strict=True)):
            return 0
        return prod(cell) * item

    @property
    def upright(self) -> Self:
        """The stack of which the slices lie across; any other source as it is."""
        part = self.selection
        if not self.is_across or part is None:
            return self
        spans = part.spans(Box((0, 0, 0), self.header.size))
        x, y = ((min(span), max(span) + 1) for span in spans[:2])
        size, whole = (x[1] - x[0], y[1] - y[0], 1), (*part.whole[:2], 1)
        flat = Selection.of_box(Box((x[0], y[0], 0), (x[1], y[1], 1)), whole)
        return replace(
            self,
            is_stack=True,
            is_across=False,
            header=replace(self.header, width=size[0], height=size[1], planes=1),
            grain=size,
            selection=None if size == whole else flat,
        )

    def plane(self, z: int) -> tuple[str, int]:
        """Which file, and which plane of it, is plane `z`."""
        return (self.files[z], 0) if self.is_stack else (self.files[0], z)
