"""Whole runs, as a person starts them: a stack on disk, the command, the dataset that came out."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import tifffile
import zarr
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
VOXEL_SIZE = ("--voxel-size", "11.24,11.24,25")
TIMEOUT_S = 300
"""No run takes so long, not even beside others on two cores; it would hang."""


def environment() -> dict[str, str]:
    """Give the environment of a child: warnings of the libraries are not its business."""
    return os.environ | {"PYTHONPATH": str(ROOT / "workflow"), "PYTHONWARNINGS": "default"}


def wkflow(
    *arguments: object, cwd: Path | None = None, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run the CLI to its end; it never hangs. `variables` are added to its environment."""
    return subprocess.run(
        [sys.executable, "-m", "wkflow.cli.main", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment() | variables,
        timeout=TIMEOUT_S,
    )


def snakemake(*arguments: object, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run plain Snakemake on our Snakefile."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    return subprocess.run(
        [*command, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment(),
        timeout=TIMEOUT_S,
    )


def noise(*shape: int, dtype: str = "uint8", seed: int = 0) -> NDArray[np.generic]:
    """Give random voxels of the whole range of a dtype; floats around zero."""
    random = np.random.default_rng(seed)
    if dtype == "float32":
        return random.normal(0, 100, shape).astype(dtype)
    info = np.iinfo(dtype)
    return random.integers(info.min, info.max, shape, dtype, endpoint=True)


def write_stack(folder: Path, volume: NDArray[np.generic], first: int = 0) -> Path:
    """Write the planes of a volume (z, y, x) as TIFF slices numbered from `first` on."""
    folder.mkdir(parents=True, exist_ok=True)
    for z, plane in enumerate(volume, start=first):
        tifffile.imwrite(folder / f"slice_{z}.tif", plane)
    return folder


def write_bad_voxels(path: Path, plane: NDArray[np.generic]) -> None:
    """Write a TIFF slice whose headers are right; its strip cannot be decoded."""
    tifffile.imwrite(path, plane, compression="zlib")
    with tifffile.TiffFile(path) as tif:
        (begin,), (count,) = tif.pages.first.dataoffsets, tif.pages.first.databytecounts
    with path.open("r+b") as file:
        file.seek(begin)
        file.write(bytes(count))


def voxels(dataset: Path, layer: str, mag: str = "1") -> NDArray[np.generic]:
    """Read a mag with zarr-python, as (z, y, x) or (z, y, x, c)."""
    array = zarr.open_array(dataset / layer / mag, mode="r")
    return np.asarray(array[:]).T.squeeze(axis=3) if array.shape[0] == 1 else np.asarray(array[:]).T


def shard_bytes(dataset: Path) -> dict[str, bytes]:
    """Read every file of a dataset but for what is hidden, by its name."""
    return {
        str(path.relative_to(dataset)): path.read_bytes()
        for path in sorted(dataset.rglob("*"))
        if path.is_file()
    }


DAMAGES = (b"", b'{"half": ', b"\xff\xfe garbage", b"[7]")


def damage_state(run_folder: Path, turn: int = 0) -> None:
    """Damage every file of a run folder, but for what it has of a dataset: each in another way."""
    files = sorted(path for path in run_folder.rglob("*") if path.is_file())
    for number, path in enumerate(files):
        if "dataset" not in path.relative_to(run_folder).parts:
            path.write_bytes(DAMAGES[(number + turn) % len(DAMAGES)])
