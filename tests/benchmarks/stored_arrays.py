"""How fast stored arrays are read: by us, and by tensorstore in the same run.

    python -m tests.benchmarks.stored_arrays [--rounds 5] [--threads 1]

A layer of uint8 like an electron micrograph, 512 x 512 x 128 voxels in zarr3 shards of 256^3 and
chunks of 32^3 (zstd 5), is read in boxes of 128^3: as downsampling reads our own shards
(`MagVoxels.reading`), as mags that were there are read (`open_mag`), and by tensorstore without a
cache and with as many threads. Each round reads all boxes with each of them, in turn; the best
round counts. Voxels are compared once, before the first round.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import tensorstore
from numpy.typing import NDArray
from wkflow.formats.dataset_files import LocalFiles
from wkflow.formats.layout import lay_out
from wkflow.formats.mag_reader import open_mag
from wkflow.formats.mag_writer import MagVoxels
from wkflow.model.box import Box
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer
from wkflow.model.mag_ladder import FINEST
from wkflow.model.stored_mag import StoredMag

from tests.benchmarks.stacks import read_stack
from tests.benchmarks.table import show

SIZE, SHARD, CHUNK, BOX = (512, 512, 128), (256, 256, 256), (32, 32, 32), (128, 128, 128)

Voxels = NDArray[Any]
ReadBox = Callable[[Box], Voxels]


def write(dataset: Path, threads: int) -> tuple[Layer, Grid, Codec, Voxels]:
    """Write the layer; give its voxels (c, x, y, z)."""
    x, y, z = SIZE
    voxels = read_stack("color", (z, y, x)).transpose()[None]
    layer = Layer("em", "color", "uint8", 1, SIZE)
    grid, codec = Grid(FINEST, SIZE, CHUNK, SHARD), Codec.parse("zstd:5")
    lay_out(dataset, layer, (grid,), codec, voxel_size=(4.0, 4.0, 35.0), unit="nanometer")
    mag = MagVoxels(dataset, layer, grid, codec)
    with ThreadPoolExecutor(threads) as pool:
        for position in grid.box.cells(grid.shard):
            mag.write(position, partial(cut, voxels), pool)
    return layer, grid, codec, voxels


def cut(voxels: Voxels, box: Box) -> Voxels:
    return voxels[:, *(slice(b, e) for b, e in zip(box.begin, box.end, strict=True))]


def by_tensorstore(folder: Path, threads: int) -> ReadBox:
    """Give what reads boxes with tensorstore, which keeps nothing from one to the next."""
    context = tensorstore.Context({
        "cache_pool": {"total_bytes_limit": 0},
        "data_copy_concurrency": {"limit": threads},
        "file_io_concurrency": {"limit": threads},
    })  # fmt: skip
    store = {"driver": "file", "path": str(folder)}
    array = tensorstore.open({"driver": "zarr3", "kvstore": store}, context=context).result()

    def read(box: Box) -> Voxels:
        place = tuple(slice(b, e) for b, e in zip(box.begin, box.end, strict=True))
        found: Voxels = np.asarray(array[(slice(None), *place)].read(order="F").result())
        return found

    return read


def readers(
    stack: ExitStack, dataset: Path, layer: Layer, grid: Grid, codec: Codec, threads: int
) -> Iterator[tuple[str, ReadBox]]:
    """Give all that read boxes; files stay open as long as the stack."""
    yield "tensorstore", by_tensorstore(dataset / "em" / "1", threads)
    reading = MagVoxels(dataset, layer, grid, codec).reading()
    yield "our own shards", stack.enter_context(reading)
    files = stack.enter_context(closing(LocalFiles(dataset)))
    given = StoredMag(str(dataset), "em/1", "zarr3", ("c", "x", "y", "z"))
    yield "a mag that is there", open_mag(files, given, layer, grid).region(0)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        layer, grid, codec, voxels = write(Path(folder), options.threads)
        found = dict(readers(stack, Path(folder), layer, grid, codec, options.threads))
        boxes = grid.box.cells(BOX)
        cells = [Box.of_cell(position, BOX, SIZE) for position in boxes]
        for name, read in found.items():
            same = all(np.array_equal(read(box), cut(voxels, box)) for box in cells)
            if not same:
                raise SystemExit(f"{name}: voxels differ")
        best = dict.fromkeys(found, float("inf"))
        with ThreadPoolExecutor(options.threads) as pool:
            for _ in range(options.rounds):
                for name, read in found.items():
                    begin = perf_counter()
                    list(pool.map(read, cells))
                    best[name] = min(best[name], perf_counter() - begin)
        count = voxels.nbytes / 1e6
        base = best["tensorstore"]
        rows = [
            [name, f"{count / seconds:.0f}", f"{base / seconds:.2f}"]
            for name, seconds in best.items()
        ]
        print(show(["read by", "MB/s", "of tensorstore"], rows))


if __name__ == "__main__":
    main()
