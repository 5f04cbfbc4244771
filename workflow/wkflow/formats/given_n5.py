"""A mag stored as N5: a file for each block, the first axis fastest.

https://github.com/saalfeldlab/n5#file-system-specification
"""

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.formats.chunk_files import Loose, Position, damaged
from wkflow.formats.dataset_files import Files
from wkflow.formats.n5_block import compression_of, decode
from wkflow.formats.read_json import document_at
from wkflow.formats.stored_array import StoredArray, own_axes


def n5_array(files: Files, folder: str, axes: tuple[str, ...]) -> StoredArray:
    """Read the attributes of an array; its axes are in N5's own order, the fastest first.

    Raises
    ------
    SourceError
        If they are missing, or describe no array.
    """
    name = f"{folder}/attributes.json"
    attributes = document_at(files, name)
    with damaged(files, name):
        shape = tuple(int(size) for size in attributes["dimensions"])
        chunk = tuple(int(size) for size in attributes["blockSize"])
        dtype = np.dtype(attributes["dataType"]).newbyteorder(">")
        compression = compression_of(attributes)
        axes = axes or own_axes(attributes.get("axes"), len(shape))

    def decode_block(content: bytes, position: Position) -> NDArray[Any]:
        block = decode(content, dtype, compression, prod(chunk)).T
        sides = zip(block.shape, position, chunk, shape, strict=True)
        if any(have < min(edge, whole - at * edge) for have, at, edge, whole in sides):
            raise ValueError("a block is too small")
        return block

    shelf = Loose(files, lambda at: (f"{folder}/{'/'.join(map(str, at))}",))
    native = dtype.newbyteorder("=")
    return StoredArray(files, name, axes, shape, chunk, native, shelf, decode_block)
