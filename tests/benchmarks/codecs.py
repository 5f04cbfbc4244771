"""Size and speed of every compression level, on chunks of real and of made images.

    python -m tests.benchmarks.codecs [--edge 32]

The rule: a category's default is the fastest level whose size is within 2 % of level 5's on every
kind of its images. `auto` is what `--compression auto` takes for each kind: the lowest level within
2 % of the smallest of levels 1 to 5; its size is told as a share of the official level 5.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import PIL.Image
import tifffile
from natsort import natsorted
from numpy.typing import NDArray
from wkflow.formats.chunk_codec import encoder
from wkflow.model.codec import Codec
from wkflow.planning.choose_codec import CANDIDATES, TOLERANCE

from tests.benchmarks.stacks import read_stack
from tests.benchmarks.table import show

TESTDATA = Path(__file__).parents[2].parent / "shared" / "testdata"

CODECS = [*(f"zstd:{level}" for level in range(1, 10)), "gzip:1", "gzip:6"]
REFERENCE = "zstd:5"
ENOUGH_BYTES = 16 * 2**20
"""Chunks of one kind that are encoded: a fair sample of a large image."""

IN_A_ROW = 64
"""Chunks of one call, as in a row of 2048 voxels."""

ROUNDS_S = 0.3
"""Small images are encoded again until the clock can be trusted."""

Voxels = NDArray[Any]

FILES = {
    "color": ["sequences/tiff_em", "sequences/png_T76", "tiff/*spots*", "tiff/*nucleus*",
              "tiff/xyt_8bit_polyp.tif", "png/moon.png", "png/chelsea.png",
              "jpeg/hopper_gray.jpg", "jpeg/cat.jpg"],
    "segmentation": ["tiff/platynereis_gt_int32*", "tiff/mask3d.tif",
                     "tiff/xy_8bit_labels*", "sequences/multi_layer/segmentation"],
}  # fmt: skip
"""Patterns below the test data, of each category."""

MADE = {"color": (64, 512, 512), "segmentation": (64, 512, 512)}


def images() -> Iterator[tuple[str, str, Voxels]]:
    """Give category, name and voxels (z, y, x) or (z, y, x, c) of each kind."""
    for category, shape in MADE.items():
        yield category, "made", read_stack(category, shape)
        for pattern in FILES[category]:
            for path in sorted(TESTDATA.glob(pattern)):
                yield category, path.name[:24], read(path)


def read(path: Path) -> Voxels:
    """Read one file, or the slices of a folder."""
    if path.is_dir():
        return np.concatenate([read(file) for file in natsorted(path.iterdir(), key=str)])
    if path.suffix.startswith(".tif"):
        voxels: Voxels = tifffile.imread(path)
        return voxels.reshape(-1, *voxels.shape[-2:])
    with PIL.Image.open(path) as image:
        return np.asarray(image)[np.newaxis]


def chunks(voxels: Voxels, edge: int) -> list[Voxels]:
    """Cut into chunks as they are stored: filled with zeros at the end, flat for one slice."""
    depth = 1 if len(voxels) == 1 else edge
    cell = (depth, edge, edge, *voxels.shape[3:])
    found = []
    for corner in np.ndindex(*(-(-n // e) for n, e in zip(voxels.shape[:3], cell, strict=False))):
        cut = tuple(slice(c * e, (c + 1) * e) for c, e in zip(corner, cell, strict=False))
        part = voxels[cut]
        if part.any():
            chunk = np.zeros(cell, voxels.dtype)
            chunk[tuple(map(slice, part.shape))] = part
            found.append(chunk)
    step = max(1, sum(chunk.nbytes for chunk in found) // ENOUGH_BYTES)
    return found[::step]


def encode_all(codec: str, pieces: list[Voxels]) -> tuple[int, float]:
    """Give the encoded bytes and the best seconds of at least two rounds."""
    encode = encoder(Codec.parse(codec))
    rows = [np.stack(pieces[first : first + IN_A_ROW]) for first in range(0, len(pieces), IN_A_ROW)]
    best, spent, rounds = float("inf"), 0.0, 0
    size = 0
    while rounds < 2 or spent < ROUNDS_S:
        started = perf_counter()
        size = sum(len(one) for row in rows for one in encode(row))
        seconds = perf_counter() - started
        best, spent, rounds = min(best, seconds), spent + seconds, rounds + 1
    return size, best


def choose(sizes: dict[str, dict[str, float]], speeds: dict[str, dict[str, float]]) -> str:
    """Give the fastest codec (over all kinds) that is nowhere larger than the rule allows."""
    fit = [codec for codec in CODECS if all(kind[codec] <= TOLERANCE for kind in sizes.values())]
    return min(fit, key=lambda codec: sum(1 / kind[codec] for kind in speeds.values()))


def auto(done: dict[str, tuple[int, float]]) -> str:
    """Give what `--compression auto` takes, by encoded bytes."""
    sizes = {str(codec): done[str(codec)][0] for codec in CANDIDATES}
    return next(codec for codec, size in sizes.items() if size <= TOLERANCE * min(sizes.values()))


def main() -> None:
    """Print, for each kind, size relative to the reference and MB/s of voxels."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.codecs")
    parser.add_argument("--edge", type=int, default=32, help="edge of a chunk in voxels [32]")
    edge = parser.parse_args().edge
    sizes: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    speeds: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    rows = []
    chosen: Counter[str] = Counter()
    for category, name, voxels in images():
        pieces = chunks(voxels, edge)
        raw = sum(piece.nbytes for piece in pieces)
        done = {codec: encode_all(codec, pieces) for codec in CODECS}
        sizes[category][name] = {codec: done[codec][0] / done[REFERENCE][0] for codec in CODECS}
        speeds[category][name] = {codec: raw / 1e6 / done[codec][1] for codec in CODECS}
        what = f"{category[:5]} {name} {voxels.dtype} {raw / 1e6:.1f} MB"
        taken = auto(done)
        chosen[taken] += 1
        share = f"{done[REFERENCE][0] / raw:.3f}"
        size, speed = sizes[category][name][taken], speeds[category][name][taken]
        rows.append(
            [
                what,
                share,
                f"{taken} {size:.3f}",
                *(f"{sizes[category][name][codec]:.3f}" for codec in CODECS),
            ]
        )
        rows.append(
            [
                "",
                "MB/s",
                f"{speed:.0f}",
                *(f"{speeds[category][name][codec]:.0f}" for codec in CODECS),
            ]
        )
    print(show(["image", f"{REFERENCE}/raw", "auto", *CODECS], rows))
    print("auto took", ", ".join(f"{codec} {count} times" for codec, count in chosen.most_common()))
    for category, kinds in sizes.items():
        print(f"default of {category}: {choose(kinds, speeds[category])}")


if __name__ == "__main__":
    main()
