"""Where the frames of an ND2 file lie.

The file ends with a signature and the place of a map of chunks: names that end with "!", each with
offset and size. A chunk has a header of 16 bytes, its name padded, and its data; that of a frame
begins with a time stamp. After https://github.com/tlambert03/nd2/blob/main/src/nd2/_parse.
"""

import struct

from wkflow.readers.base.memory_map import Content

TAIL = struct.Struct("<32sQ")
"""Signature, and offset of the map."""

SIGNATURE = b"ND2 CHUNK MAP SIGNATURE 0000001!"

CHUNK = struct.Struct("<IIQ")
"""Magic number, bytes of the name, bytes of the data."""

MAGIC = 0x0ABECEDA

PLACE = struct.Struct("<QQ")
"""Offset and size of a chunk."""

FRAME = b"ImageDataSeq|"

STAMP_BYTES = 8
"""Before the voxels of a frame: when it was taken."""

Run = tuple[int, int]
"""First byte and number of bytes."""


def frames_of(content: Content) -> dict[int, Run]:
    """Find the voxels of every frame, by its number.

    Raises
    ------
    ValueError, struct.error
        If the map is not there, or leads past the end of the file: it is cut short or damaged.
    """
    signature, at = TAIL.unpack_from(content.data, len(content) - TAIL.size)
    if signature != SIGNATURE:
        raise ValueError("the file is cut short: its end is no map of chunks")
    begin, size = data_of(content, at)
    listed = bytes(content[begin : begin + size])
    found, at = {}, 0
    while not listed.startswith(SIGNATURE, at):
        end = listed.index(b"!", at)
        if listed.startswith(FRAME, at):
            number = int(listed[at + len(FRAME) : end])
            found[number] = _voxels(content, PLACE.unpack_from(listed, end + 1)[0])
        at = end + 1 + PLACE.size
    return found


def _voxels(content: Content, at: int) -> Run:
    begin, size = data_of(content, at)
    return begin + STAMP_BYTES, size - STAMP_BYTES


def data_of(content: Content, at: int) -> Run:
    """Read the header of the chunk at a byte of the file, and give the place of its data."""
    magic, name, size = CHUNK.unpack_from(content.data, at)
    begin = at + CHUNK.size + name
    if magic != MAGIC or begin + size > len(content):
        raise ValueError(f"the file is cut short or damaged: no whole chunk at byte {at}")
    return begin, size
