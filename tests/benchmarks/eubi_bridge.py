"""EuBI-Bridge beside ours: it reads once, writes all levels in the same pass, and speaks OME-Zarr.

Its package is installed into an environment of its own, and run as its documentation has it
(https://github.com/Euro-BioImaging/EuBI-Bridge).
"""

import subprocess
import sys
import venv
from pathlib import Path

from tests.conformance.whole import make_whole

VERSION = "0.3.2"
REQUIREMENT = f"eubi-bridge-lite=={VERSION}"
CACHE = Path(__file__).parents[2] / ".cache" / f"eubi-bridge-lite-{VERSION}"

SLICES = ("--z_tag=slice_", "--concatenation_axes=z")
"""The slices of `stacks.write_stack` are one image."""

METHODS = {"color": "median", "segmentation": "mode"}
AXES = "zyx"


def environment() -> Path:
    """Give the cached environment, which is made when it is missing."""
    recipe = f"{REQUIREMENT} on Python {sys.version_info.major}.{sys.version_info.minor}\n"
    return make_whole(CACHE, recipe, _install)


def _install(folder: Path) -> None:
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", REQUIREMENT]
    subprocess.run(pip, check=True)


def command(folder: Path, source: Path, target: Path) -> list[str]:
    """Convert as it does by itself: every second voxel of each axis, Blosc with LZ4."""
    program = folder / "bin" / "eubi"
    return [str(program), "to_zarr", str(source), f"--output_path={target}", *SLICES]


def equal_work(category: str, level: int, depth: int) -> list[str]:
    """Give the options of the same kernel, compression, chunks and shards as ours.

    Shards are as deep as the slices are many, up to a power of two. It halves z from the first
    level on, where ours waits for voxels of equal edges: it has less to write.
    """
    chunks = [f"--{axis}_chunk=32" for axis in AXES]
    coefficients = {"z": min(32, 1 << max(0, (depth - 1).bit_length() - 5)), "y": 32, "x": 32}
    shards = [f"--{axis}_shard_coef={coefficient}" for axis, coefficient in coefficients.items()]
    return [
        *(f"--downscale_method={METHODS[category]}", "--min_dimension_size=1"),
        *("--zarr_format=3", "--auto_chunk=False", *chunks, *shards),
        *("--compressor=zstd", f'--compressor_params={{"level":{level}}}'),
    ]
