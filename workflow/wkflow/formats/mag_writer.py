"""The voxels of one mag on disk: read any box, write shards one by one or side by side.

All blocks have the shape (c, x, y, z), and their transpose (z, y, x, c) is C-contiguous: that is
how images are decoded, how chunks are stored, and what kernels work on.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from wkflow.atomic_files import Handles, PartialFile
from wkflow.errors import IncompleteError, SourceError, VerificationError
from wkflow.formats.chunk_files import DamagedFileError, MissingFileError
from wkflow.formats.chunk_rows import Block, RowEncoder
from wkflow.formats.contract import ReadBox, ShardSink
from wkflow.formats.dataset_files import LocalFiles
from wkflow.formats.mag_reader import MagReader
from wkflow.formats.shard_writer import Sink
from wkflow.formats.table import format_of
from wkflow.model.box import Box, Triple
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer
from wkflow.model.receipt import ShardFile as Written
from wkflow.path_safety import require_inside

__all__ = ["Block", "MagVoxels", "ReadBox"]


class MagVoxels:
    """One mag of one frame of a layer, below the folder of its dataset.

    `before` is called just before a shard appears, or replaces an older one.
    """

    def __init__(
        self, dataset: Path, layer: Layer, grid: Grid, codec: Codec, frame: int = 0,
        *, before: Callable[[], object] | None = None,
    ) -> None:  # fmt: skip
        self._before = before
        self.dataset, self.layer, self.grid, self.codec = dataset, layer, grid, codec
        self.frame, self.format = frame, format_of(layer.data_format)
        self.dtype = np.dtype(layer.dtype).newbyteorder("<")

    def path(self, position: Triple) -> str:
        """Give the file of the shard at `position`, relative to the dataset."""
        return self.format.path(self.layer, self.grid, self.frame, position)

    def write(self, position: Triple, region: ReadBox, pool: Executor) -> Written:
        """Write one shard out of what `region` gives for each row of its chunks.

        `region(box)` gives the voxels of a box as (c, x, y, z); it is called from the threads of
        `pool`, once for each row: all x of the shard, one chunk of y and of z.
        """
        with self.writing() as sink:
            ((_, written),) = sink.write(self.grid.shard_box(position), region, pool)
        return written

    @contextmanager
    def writing(self) -> Iterator[Sink]:
        """Give what writes the mag box by box; shards that are not whole at the end are removed.

        Boxes need not begin at the array's: they are those of whole shards.
        """
        require_inside(self.dataset, f"{self.layer.path}/{self.grid.name}")
        encode = self.format.encoder(self.layer, self.codec)
        encoder = RowEncoder(self.grid.chunk, self.dtype, encode, clips=self.format.clips)
        sink = Sink(self.grid, encoder, partial(self._begin, Handles()), self.path)
        try:
            yield sink
        finally:
            sink.abandon()

    def _begin(self, handles: Handles, position: Triple) -> ShardSink:
        file = PartialFile(self.dataset / self.path(position), handles, self._before)
        return self.format.sink(file, self.layer, self.grid, self.codec)

    @contextmanager
    def reading(self) -> Iterator[ReadBox]:
        """Give a function that reads boxes, from several threads; files are closed at the end.

        The function raises a VerificationError if a shard is damaged, or missing.
        """
        with closing(LocalFiles(self.dataset)) as files:
            array = self.format.planned_array(files, self.layer, self.grid, self.codec, self.frame)
            mag = MagReader(files, array, self.layer, self.grid, name=self.grid.name, refuses=True)
            yield partial(self._read, mag.region(self.frame))

    def _read(self, region: ReadBox, box: Box) -> Block:
        """Read a box; say of our own shards what of those of others would be a SourceError."""
        try:
            return region(box)
        except MissingFileError as error:
            remedy = "Give the same command again: it is made anew."
            raise IncompleteError("this shard is missing", error.where, remedy) from None
        except DamagedFileError as error:
            fault = f"a chunk of this shard is damaged ({error.cause})"
            raise VerificationError(
                self.format.index_fault if error.is_index else fault, error.where,
                f"Remove {error.where} and give the same command: it is made anew.",
            ) from error  # fmt: skip
        except SourceError as error:
            if isinstance(error.__cause__, OSError):  # a disk or a network that gave up: no source
                raise error.__cause__ from None
            raise
