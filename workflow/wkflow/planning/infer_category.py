"""Color or segmentation? Decided by the same evidence in every run, and said."""

import re
from collections.abc import Iterator
from itertools import groupby, product
from operator import itemgetter
from pathlib import PurePosixPath
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from wkflow.model.box import Box
from wkflow.model.source import Header, Source
from wkflow.planning.group_slices import Local
from wkflow.readers import Image
from wkflow.voxels.layer_reader import open_image

WINDOW_VX = 64
"""Edge of the squares that are looked at: a label seldom has more than a few in one."""

GRID = 5
"""Squares along x and y of a slice, evenly spread."""

ENOUGH_VOXELS = 1000
VOXELS_PER_VALUE = 200
"""The official tool's thresholds: images have more distinct values, labels fewer."""

COSTLY_BYTES = 2**28
"""Voxels that are decoded only to look at a few: about a second's work."""

_SEGMENTATION = re.compile(r"segmentation|labels", re.IGNORECASE)


def judge_category(
    source: Source, local: Local = str, name: str = "", *, is_alone: bool = False
) -> tuple[str, str]:
    """Give the category of a layer of which the source states none, and the evidence for it.

    `name` is what the file calls the image, if it says so; `is_alone` says that the file was named,
    and not the folder that it lies in. Names decide first: `segmentation` or `labels` in that of
    the file, or of its folder, or at the end of the image's; folders above say something of a
    project, and nothing of a layer. Else samples with
    several channels or fractions are color. Else fixed squares of the first, the middle and the
    last slice are looked at, zeros and the dtype's maximum left out; of what is costly to read,
    of fewer slices.
    """
    source = source.upright
    for own in _own_names(source, name, is_alone=is_alone):
        if match := _SEGMENTATION.search(own):
            return "segmentation", f"its name {own!r} contains {match[0]!r}"
    header = source.header
    if header.channels * header.samples > 1 or header.dtype.startswith("float"):
        return "color", f"it holds {header}"
    values, voxels = 0, 0
    for square in _squares(source, _slices(source), local):
        used = square[(square != 0) & (square != _maximum(square))]
        values, voxels = values + len(np.unique(used)), voxels + used.size
    seen = f"{values} distinct values in squares of {voxels} voxels"
    if voxels < ENOUGH_VOXELS:
        return "color", f"too little to see: {seen}"
    is_color = values * VOXELS_PER_VALUE > voxels
    return ("color" if is_color else "segmentation"), seen


def _own_names(source: Source, name: str, *, is_alone: bool) -> list[str]:
    path = PurePosixPath(unquote(source.first.partition("?")[0]))
    own = [] if source.is_stack else [path.name]
    return [*own, *([] if is_alone else [path.parent.name]), name.rpartition("/")[2]]


def look_at(source: Source, local: Local = str) -> list[NDArray[np.generic]]:
    """Give squares of all samples that become a layer, in its first, middle and last frame.

    Of what can only be read in order, the first frame is enough: others cost a pass over the file.
    """
    source = source.upright
    frames = source.header.frames
    is_one = source.is_stream or source.times  # slices of several times are looked at
    wanted = (0,) if is_one else (0, frames // 2, frames - 1)
    where = dict.fromkeys(product(source.picks, wanted))
    return list(_squares(source, _slices(source), local, tuple(where)))


def _slices(source: Source) -> list[int]:
    """Choose the slices to look at: those that cost no more than `COSTLY_BYTES` to reach."""
    header, depth = source.header, source.depth
    there = [z for z, file in enumerate(source.files) if file] if source.is_stack else range(depth)
    chosen = sorted({there[0], there[len(there) // 2], there[-1]})
    plane = header.width * header.height * np.dtype(header.dtype).itemsize
    if source.is_stream:
        last = min(depth - 1, COSTLY_BYTES // plane)
        return sorted({last // 2, last})
    is_whole = source.grain[1] >= header.height
    return chosen[len(chosen) // 2 :][:1] if is_whole and plane > COSTLY_BYTES else chosen


def _squares(
    source: Source, slices: list[int], local: Local, where: tuple[tuple[int, int], ...] = ((0, 0),)
) -> Iterator[NDArray[np.generic]]:
    """Read the squares; a file stays open as long as slices are taken from it.

    `where` has samples, counted through all channels, and frames.
    """
    for file, planes in groupby((source.plane(z) for z in slices), key=itemgetter(0)):
        with open_image(source, local(file)) as image:
            if source.is_stack and image.probe.header != source.header:
                continue  # told apart and reported when the slab is converted
            for _, plane in planes:
                for pick, frame in where:
                    yield from _read(source, image, plane, pick, frame)


def _read(
    source: Source, image: Image, plane: int, pick: int, frame: int
) -> list[NDArray[np.generic]]:
    """Read the squares of one plane: for themselves, or out of the whole plane."""
    header = source.header
    in_parts = source.grain[1] < header.height
    corners = [
        (x, y)
        for y in np.linspace(0, max(0, header.height - WINDOW_VX), GRID).astype(int).tolist()
        for x in np.linspace(0, max(0, header.width - WINDOW_VX), GRID).astype(int).tolist()
    ]
    if in_parts:
        squares = [_square(header, x, y, plane) for x, y in corners]
        return [_read_box(source, image, square, pick, frame) for square in squares]
    box = Box((0, 0, plane), (header.width, header.height, plane + 1))
    whole = _read_box(source, image, box, pick, frame)
    return [whole[y : y + WINDOW_VX, x : x + WINDOW_VX] for x, y in corners]


def _square(header: Header, x: int, y: int, z: int) -> Box:
    return Box(
        (x, y, z), (min(x + WINDOW_VX, header.width), min(y + WINDOW_VX, header.height), z + 1)
    )


def _read_box(source: Source, image: Image, box: Box, pick: int, frame: int) -> NDArray[np.generic]:
    x, y, z = box.size
    channel, sample = divmod(pick, source.header.samples)
    out = np.empty((z, y, x, source.header.samples), source.header.dtype)
    image.read(box, out, channel=channel, frame=frame)
    return out[0, :, :, sample]


def _maximum(plane: NDArray[np.generic]) -> int:
    bits = plane.dtype.itemsize * 8
    return int(2 ** (bits - 1) - 1 if plane.dtype.kind == "i" else 2**bits - 1)
