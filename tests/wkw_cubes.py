"""WKW by struct: what lies in the files is spelled here a second time, byte by byte.

https://github.com/scalableminds/webknossos-wrap/blob/master/SPECIFICATION.md
"""

import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

Voxels = NDArray[Any]

KINDS = {"uint8": 1, "uint16": 2, "uint32": 3, "uint64": 4, "float32": 5}
"""Numbers of the kinds of voxel."""


def write_wkw(path: Path, block: Voxels, chunk: int, shard: int) -> None:
    """Write (c, x, y, z) as raw cubes of the edge `shard`, those of zeros only left out."""
    size = block.itemsize * len(block)
    logs = (shard // chunk).bit_length() - 1 << 4 | chunk.bit_length() - 1
    head = struct.pack("<3s5B", b"WKW", 1, logs, 1, KINDS[str(block.dtype)], size)
    path.mkdir()
    (path / "header.wkw").write_bytes(head + struct.pack("<Q", 0))
    counts = [-(-extent // shard) for extent in block.shape[1:]]
    for x, y, z in np.ndindex(*counts):
        cube = np.zeros((len(block), shard, shard, shard), block.dtype)
        part = block[_place((x, y, z), shard)]
        cube[_first(part.shape)] = part
        if cube.any():
            (path / f"z{z}" / f"y{y}").mkdir(parents=True, exist_ok=True)
            places = [_place(at, chunk) for at in _in_morton_order(shard // chunk)]
            content = b"".join(cube[place].T.tobytes() for place in places)
            file = path / f"z{z}" / f"y{y}" / f"x{x}.wkw"
            file.write_bytes(head + struct.pack("<Q", 16) + content)


def read_wkw(path: Path, shape: tuple[int, ...], dtype: str) -> Voxels:
    """Read a mag as (c, x, y, z), raw or compressed; cubes that are not there are zeros."""
    found = np.zeros(shape, dtype)
    for file in path.glob("z*/y*/x*.wkw"):
        z, y, x = (int(part.removesuffix(".wkw")[1:]) for part in file.parts[-3:])
        for (i, j, k), block in _blocks(file.read_bytes(), shape[0], dtype):
            edge, per_edge = block.shape[1], _edges(file.read_bytes())[1]
            part = found[_place((x * per_edge + i, y * per_edge + j, z * per_edge + k), edge)]
            part[...] = block[_first(part.shape)]
    return found


def _edges(content: bytes) -> tuple[int, int]:
    """Give the edge of a block in voxels, and of a cube in blocks."""
    return 1 << (content[4] & 15), 1 << (content[4] >> 4)


def _blocks(content: bytes, channels: int, dtype: str) -> list[tuple[tuple[int, ...], Voxels]]:
    """Give all blocks of a cube, (c, x, y, z), with their places."""
    edge, per_edge = _edges(content)
    kind, size = content[5], content[7] * edge**3
    (begin,) = struct.unpack_from("<Q", content, 8)
    ends = tuple(begin + (n + 1) * size for n in range(per_edge**3))
    if kind > 1:
        ends = struct.unpack_from(f"<{per_edge**3}Q", content, 16)
    blocks = []
    for first, last in zip((begin, *ends), ends, strict=False):
        data = content[first:last]
        voxels = imagecodecs.lz4_decode(data, out=size) if kind > 1 else data
        blocks.append(np.frombuffer(voxels, dtype).reshape(edge, edge, edge, channels).T)
    return list(zip(_in_morton_order(per_edge), blocks, strict=True))


def _in_morton_order(edge: int) -> list[tuple[int, ...]]:
    """List the blocks of a cube as they lie in its file: the bits of x, y and z interleaved."""

    def place(at: tuple[int, ...]) -> int:
        return sum(
            (n >> bit & 1) << 3 * bit + axis for axis, n in enumerate(at) for bit in range(9)
        )

    return sorted(np.ndindex(edge, edge, edge), key=place)


def _place(at: tuple[int, ...], edge: int) -> tuple[slice, ...]:
    return (slice(None), *(slice(n * edge, (n + 1) * edge) for n in at))


def _first(shape: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(slice(0, extent) for extent in shape)
