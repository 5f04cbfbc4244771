"""Where the time of the voxels goes, and what decoding, kernel and encoding take at least.

python -m tests.benchmarks.profile [--cases deep wide ...]

The pipeline without an engine runs under py-spy (`pip install py-spy`), which looks at all threads
200 times a second. The ceiling takes the same steps one after the other on arrays in memory, all
cores at work on each: no job is faster than their sum.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from wkflow.formats.chunk_rows import RowEncoder, part_of, rows_of
from wkflow.formats.table import format_of
from wkflow.model.box import Box
from wkflow.model.codec import Codec
from wkflow.model.layer_plan import LayerPlan
from wkflow.options.settings import Settings
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.voxels.kernels import REDUCERS
from wkflow.voxels.layer_reader import LayerReader

from tests.benchmarks.convert import CASES, VOXEL_SIZE, surroundings
from tests.benchmarks.machine import machine
from tests.benchmarks.stacks import write_stack
from tests.benchmarks.table import show

Voxels = NDArray[Any]
RATE = 200

STAGES = {
    "read": ("readers/tiff/stretches.py",),
    "decode": ("readers/",),
    "kernel": ("voxels/kernels/",),
    "value range": ("voxels/value_range.py", "voxels/cast.py"),
    "lay out chunks": ("formats/chunk_rows.py",),
    "encode": ("formats/chunk_codec.py",),
    "checksum": ("formats/shard.py",),
    "write, fsync": ("atomic_files.py",),
    "shortcut": ("voxels/scratch",),
    "read back": ("formats/",),
    "hand over": ("voxels/", "steps/", "countdown.py"),
    "plan": ("planning/", "options/", "model/"),
}
"""The stage of a sample: the first whose path the innermost frame of ours has."""

IMPORT, WAIT, OTHER = "import", "wait", "other"


def stage_of(stack: str) -> str:
    """Name the stage of a stack as py-spy prints it: frames from the outermost one on.

    >>> stage_of("run (a.py:1);encode (wkflow/formats/chunk_codec.py:57)")
    'encode'
    >>> stage_of("_worker (concurrent/futures/thread.py:81)"), stage_of("f (x.py:1)")
    ('wait', 'other')
    """
    frames = stack.split(";")
    if "<frozen importlib" in stack:
        return IMPORT
    if "(threading.py:" in frames[-1] or "_worker (" in frames[-1]:
        return WAIT
    ours = [frame for frame in frames if "wkflow/" in frame]
    if not ours:
        return OTHER
    path = ours[-1].split("wkflow/", 1)[1]
    return next((name for name, parts in STAGES.items() if path.startswith(parts)), OTHER)


def shares(source: Path, target: Path) -> tuple[Counter[str], float]:
    """Run the pipeline under py-spy; count the samples of each stage, and give the busy share."""
    raw = target.with_suffix(".raw")
    command = [sys.executable, "-m", "tests.benchmarks.pipeline", str(source), str(target)]
    sampler = ["py-spy", "record", "--format", "raw", "--rate", str(RATE), "--output", str(raw)]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    subprocess.run(
        [*sampler, "--", *command, VOXEL_SIZE], env=surroundings(), check=True, capture_output=True
    )
    seconds, after = perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    counts: Counter[str] = Counter()
    for line in raw.read_text().splitlines():
        stack, count = line.rsplit(" ", 1)
        counts[stage_of(stack)] += int(count)
    return counts, used / seconds / len(os.sched_getaffinity(0))


def ceiling(source: Path, target: Path) -> dict[str, float]:
    """Give the seconds of decoding, kernel and encoding alone, on arrays in memory."""
    options = {"source": str(source), "target": str(target), "voxel_size": VOXEL_SIZE}
    (one,) = plan_conversion(Settings.parse(options, where="benchmark")).layers
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        decode_s, mags = _decoded(one, pool)
        kernel_s = 0.0
        for finer, coarser in one.steps():
            factor = coarser.mag.over(finer.mag)
            seconds, voxels = _reduced(one, mags[-1], factor, pool)
            kernel_s += seconds
            mags.append(voxels)
        encode_s = sum(_encoded(one, number, voxels, pool) for number, voxels in enumerate(mags))
    return {"decode": decode_s, "kernel": kernel_s, "encode": encode_s}


def _timed(pool: ThreadPoolExecutor, work: Callable[[Any], object], parts: Iterable[Any]) -> float:
    started = perf_counter()
    list(pool.map(work, parts))
    return perf_counter() - started


def _decoded(one: LayerPlan, pool: ThreadPoolExecutor) -> tuple[float, list[Voxels]]:
    with ExitStack() as stack:
        reader = LayerReader(one, 0, stack)
        whole = Box((0, 0, 0), (*one.box.size[:2], one.source.depth))
        out = reader.empty(whole)
        out[...] = 1  # its pages are there
        planes = range(one.source.depth)
        seconds = _timed(pool, lambda z: reader.read(whole.plane(z), out[z : z + 1]), planes)
    return seconds, [out]


def _reduced(
    one: LayerPlan, finer: Voxels, factor: tuple[int, int, int], pool: ThreadPoolExecutor
) -> tuple[float, Voxels]:
    fx, fy, fz = factor
    edges = [(0, -size % f) for size, f in zip(finer.shape[:3], (fz, fy, fx), strict=True)]
    padded = np.pad(finer, [*edges, (0, 0)], mode="edge")
    shape = (padded.shape[0] // fz, padded.shape[1] // fy, padded.shape[2] // fx, finer.shape[3])
    out = np.ones(shape, finer.dtype)

    def work(z: int) -> None:
        out[z : z + 1] = REDUCERS[one.kernel](padded[z * fz : (z + 1) * fz].T, factor).T

    return _timed(pool, work, range(shape[0])), out


def _encoded(one: LayerPlan, number: int, voxels: Voxels, pool: ThreadPoolExecutor) -> float:
    grid, form = one.grids[number], format_of(one.layer.data_format)
    encode = form.encoder(one.layer, Codec.parse(one.codec, one.layer.data_format))
    encoder = RowEncoder(grid.chunk, np.dtype(one.layer.dtype), encode, clips=form.clips)

    depth, height, width, _ = voxels.shape
    whole = Box((0, 0, 0), (width, height, depth))
    region, rows = partial(part_of, voxels.T, whole), list(rows_of(grid, whole))
    return _timed(pool, lambda row: encoder.encode(region, row), rows)


def alone(source: Path, target: Path) -> float:
    """Give the seconds of the pipeline without a sampler, from after its imports on."""
    command = [sys.executable, "-m", "tests.benchmarks.pipeline", str(source), str(target)]
    done = subprocess.run(
        [*command, VOXEL_SIZE, "--seconds"], env=surroundings(), check=True, capture_output=True
    )
    return float(done.stdout)


def main() -> None:
    """Print the shares of each case, and its ceiling."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.profile")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=["deep", "wide", "labels"])
    parser.add_argument("--data", type=Path, help="keep and reuse the sources in this folder")
    options = parser.parse_args()
    if not shutil.which("py-spy"):
        sys.exit("py-spy is not installed: pip install py-spy")
    table, limits = {}, []
    with tempfile.TemporaryDirectory(prefix="wkflow-profile-") as folder:
        for name in options.cases:
            case, own = CASES[name], Path(folder) / name
            source = write_stack(
                (options.data or Path(folder)) / name / "source", case.kind, case.shape
            )
            own.mkdir(exist_ok=True)
            table[name] = shares(source, own / "sampled")
            least = ceiling(source, own / "least")
            seconds = alone(source, own / "alone")
            limits.append([name, *(f"{one:.2f}" for one in least.values()),
                           f"{sum(least.values()):.2f}", f"{seconds:.2f}",
                           f"{100 * sum(least.values()) / seconds:.0f} %"])  # fmt: skip
    stages = [*STAGES, IMPORT, WAIT, OTHER]
    rows = [
        [stage, *(f"{100 * counts[stage] / counts.total():.1f}" for counts, _ in table.values())]
        for stage in stages
    ]
    rows.append(["cores busy", *(f"{100 * busy:.0f}" for _, busy in table.values())])
    print(machine(), show(("% of samples", *table), rows), sep="\n\n")
    head = ("case", "decode s", "kernel s", "encode s", "ceiling s", "pipeline s", "of ceiling")
    print("", show(head, limits), sep="\n")


if __name__ == "__main__":
    main()
