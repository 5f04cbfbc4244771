"""Leica files written by hand, after "LIF File Format" and "LOF File Format" of LAS X."""

import struct
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

AXES = {"x": 1, "y": 2, "z": 3, "t": 4, "l": 5, "e": 9, "m": 10}
"""DimID of the axes."""

LENGTH_M = 1e-6
"""From one voxel to the next."""


def channel_xml(number: int, dtype: np.dtype[Any], step: int, *, is_rgb: bool) -> str:
    """Describe a channel; of RGB the last comes first, as Leica has it."""
    kind, bits = int(dtype.kind == "f"), dtype.itemsize * 8
    tag = 3 - number % 3 if is_rgb else 0
    table = ("Blue", "Green", "Red")[number % 3]
    return (
        f'<ChannelDescription DataType="{kind}" ChannelTag="{tag}" Resolution="{bits}" '
        f'NameOfMeasuredQuantity="" Min="0" Max="255" Unit="" LUTName="{table}" '
        f'IsLUTInverted="0" BytesInc="{number * step}" BitInc="0"/>'
    )


def image_xml(
    name: str, array: NDArray[Any], axes: str, memory: str = "", *, is_rgb: bool = False
) -> str:
    """Describe an image that lies in C order; `c` among the axes counts its channels."""
    strides = dict(zip(axes, array.strides, strict=True))
    count, step = (array.shape[axes.index("c")], strides["c"]) if "c" in axes else (1, 0)
    channels = [channel_xml(i, array.dtype, step, is_rgb=is_rgb) for i in range(count)]
    dimensions = [
        f'<DimensionDescription DimID="{AXES[axis]}" NumberOfElements="{size}" Origin="0" '
        f'Length="{(size - 1) * LENGTH_M}" Unit="m" BytesInc="{strides[axis]}" BitInc="0"/>'
        for axis, size in zip(axes, array.shape, strict=True)
        if axis != "c"
    ]
    return (
        f"<Element Name={quoteattr(name)}><Data><Image><ImageDescription>"
        f"<Channels>{''.join(channels)}</Channels>"
        f"<Dimensions>{''.join(reversed(dimensions))}</Dimensions>"
        f"</ImageDescription></Image></Data>{memory}</Element>"
    )


def memory_xml(number: int, size: int, frames: str = "") -> str:
    return f'<Memory Size="{size}" MemoryBlockID="MemBlock_{number}">{frames}</Memory>'


def text_block(text: str) -> bytes:
    """Write the block that begins a LIF file, or a part of a LOF file."""
    encoded = text.encode("utf-16-le")
    return struct.pack("<IIBI", 0x70, len(encoded) + 5, 0x2A, len(text)) + encoded


def lif(images: Sequence[tuple[str, NDArray[Any], str]], *, is_rgb: bool = False) -> bytes:
    """Write a LIF file of images (name, array, axes)."""
    elements = "".join(
        image_xml(name, array, axes, memory_xml(i, array.nbytes), is_rgb=is_rgb)
        for i, (name, array, axes) in enumerate(images)
    )
    whole = (
        '<LMSDataContainerHeader Version="2"><Element Name="file"><Data/>'
        f"<Children>{elements}</Children></Element></LMSDataContainerHeader>"
    )
    blocks = [text_block(whole)]
    for i, (_, array, _) in enumerate(images):
        name = f"MemBlock_{i}".encode("utf-16-le")
        head = struct.pack("<BQBI", 0x2A, array.nbytes, 0x2A, len(name) // 2) + name
        blocks += [struct.pack("<II", 0x70, len(head)), head, array.tobytes()]
    return b"".join(blocks)


def lof(array: NDArray[Any], axes: str) -> bytes:
    """Write a LOF file: its kind, the voxels, their description."""
    element = image_xml("single", array, axes, memory_xml(0, array.nbytes))
    whole = f'<LMSDataContainerHeader Version="2">{element}</LMSDataContainerHeader>'
    versions = struct.pack("<BIBI", 0x2A, 2, 0x2A, 0)
    memory = struct.pack("<BQ", 0x2A, array.nbytes) + array.tobytes()
    return text_block("LMS_Object_File") + versions + memory + text_block(whole)


def xlif(array: NDArray[Any], axes: str, files: Sequence[tuple[str, int]]) -> bytes:
    """Write an XLIF file whose memory lies in files of so many bytes each."""
    ends = np.cumsum([size for _, size in files])
    frames = "".join(
        f'<Frame File="{name}" Offset="{end - size}" Size="{size}" UUID=""/>'
        for (name, size), end in zip(files, ends, strict=True)
    )
    element = image_xml("outside", array, axes, memory_xml(0, array.nbytes, frames))
    whole = f'<LMSDataContainerHeader Version="2">{element}</LMSDataContainerHeader>'
    return f'<?xml version="1.0" encoding="utf-8"?>{whole}'.encode()
