"""Whole conversions of one volume in each format, beside the official tool where it reads it.

python -m tests.benchmarks.formats --official ENV [--formats tiff-lzw png ...] [--slices 64]
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import mrcfile
import nibabel
import numpy as np
import PIL.Image
import simplejpeg
import tifffile
import zarr
from numpy.typing import NDArray
from pylibCZIrw.czi import create_czi

from tests.benchmarks.convert import VOXEL_SIZE, readied, surroundings
from tests.benchmarks.stacks import Plane, em_planes
from tests.benchmarks.table import show
from tests.benchmarks.watch import watch
from tests.readers.dicom import writer as dicom_writer
from tests.readers.dm.test_reader import document, image_of
from tests.readers.dm.test_tags import Writer
from tests.readers.ims.test_reader import write_ims

WIDTH = HEIGHT = 2048
CORES = 2

Volume = NDArray[Any]

HEAD = ("format", "source MB", "official s", "wkflow s", "ratio", "wanted", "wkflow MB/s a core")

LEGEND = """\
seconds   whole commands, with all magnifications
MB/s      uncompressed voxels of mag 1 / wkflow s / cores
ratio     official s / wkflow s; '-' where the official tool does not read the format"""


def _slices(
    folder: Path, volume: Volume, suffix: str, write: Callable[[Path, Plane], object]
) -> Path:
    folder.mkdir()
    for z, plane in enumerate(volume):
        write(folder / f"slice_{z:04d}{suffix}", plane)
    return folder


def _tiff(**options: object) -> Callable[[Path, Volume], Path]:
    def write(folder: Path, volume: Volume) -> Path:
        return _slices(
            folder, volume, ".tif", lambda path, plane: tifffile.imwrite(path, plane, **options)
        )

    return write


def _png(folder: Path, volume: Volume) -> Path:
    return _slices(
        folder, volume, ".png", lambda path, plane: path.write_bytes(imagecodecs.png_encode(plane))
    )


def _jpeg(folder: Path, volume: Volume) -> Path:
    def write(path: Path, plane: Plane) -> None:
        content = simplejpeg.encode_jpeg(
            np.ascontiguousarray(plane)[..., None], quality=90, colorspace="GRAY"
        )
        path.write_bytes(content)

    return _slices(folder, volume, ".jpg", write)


def _bmp(folder: Path, volume: Volume) -> Path:
    return _slices(
        folder, volume, ".bmp", lambda path, plane: PIL.Image.fromarray(plane).save(path)
    )


def _in(folder: Path, name: str) -> Path:
    folder.mkdir()
    return folder / name


def _mrc(folder: Path, volume: Volume) -> Path:
    path = _in(folder, "volume.mrc")
    with mrcfile.new(path) as file:
        file.set_data((volume // 2).astype("int8"))
    return path


def _dm4(folder: Path, volume: Volume) -> Path:
    path = _in(folder, "volume.dm4")
    image = image_of(volume[np.newaxis, np.newaxis, ..., np.newaxis].astype("uint16"))
    path.write_bytes(Writer(4).file(document(image, image)))
    return path


def _czi(compression: str | None) -> Callable[[Path, Volume], Path]:
    def write(folder: Path, volume: Volume) -> Path:
        path = _in(folder, "volume.czi")
        with create_czi(str(path), True, compression) as writer:  # noqa: FBT003 -- overwrite
            for z, plane in enumerate(volume):
                writer.write(plane[..., None], plane={"T": 0, "C": 0, "Z": z})
        return path

    return write


def _ims(folder: Path, volume: Volume) -> Path:
    path = _in(folder, "volume.ims")
    write_ims(path, volume[np.newaxis, np.newaxis], chunks=(16, 256, 256))
    return path


def _nifti(suffix: str) -> Callable[[Path, Volume], Path]:
    def write(folder: Path, volume: Volume) -> Path:
        path = _in(folder, f"volume{suffix}")
        nibabel.save(nibabel.Nifti1Image(volume.T, np.eye(4)), path)
        return path

    return write


def _dicom(folder: Path, volume: Volume) -> Path:
    def write(path: Path, plane: Plane) -> None:
        z = int(path.stem.rpartition("_")[2])
        dataset = dicom_writer.dataset_of(plane[np.newaxis, ..., np.newaxis], InstanceNumber=z + 1)
        dicom_writer.save(path, dataset, plane.tobytes())

    return _slices(folder, volume, ".dcm", write)


def _zarr(folder: Path, volume: Volume) -> Path:
    path = _in(folder, "volume.zarr")
    array = zarr.create_array(path, shape=volume.shape, chunks=(32, 128, 128), dtype=volume.dtype)
    array[:] = volume
    return path


FORMATS: dict[str, tuple[Callable[[Path, Volume], Path], float | None, bool]] = {
    "tiff": (_tiff(), 1, True),
    "tiff-lzw": (_tiff(compression="lzw"), 4, True),
    "tiff-deflate": (_tiff(compression="zlib"), 4, True),
    "tiff-zstd": (_tiff(compression="zstd"), 4, True),
    "tiff-tiles": (_tiff(compression="zlib", predictor=True, tile=(256, 256)), 1, True),
    "png": (_png, 4, True),
    "jpeg": (_jpeg, 4, True),
    "bmp": (_bmp, 1, True),
    "mrc": (_mrc, 4, True),
    "dm4": (_dm4, 4, True),
    "czi": (_czi(None), 4, True),
    "czi-zstd": (_czi("zstd1:ExplicitLevel=2"), 4, True),
    "ims": (_ims, 1, True),
    "zarr": (_zarr, 1, False),
    "nifti": (_nifti(".nii"), None, False),
    "nifti-gz": (_nifti(".nii.gz"), None, False),
    "dicom": (_dicom, None, False),
}
"""How a volume (z, y, x) of uint8 is written, how many times faster is wanted, and whether the
official tool reads it."""


def seconds(command: list[str]) -> float:
    """Run a command from start to exit."""
    return watch(command, environment=surroundings()).seconds


def measure(name: str, folder: Path, volume: Volume, official: Path) -> list[object]:
    """Convert with both, in turn."""
    write, wanted, is_read = FORMATS[name]
    source = write(folder / "source", volume)
    options = ["convert", "--voxel-size", VOXEL_SIZE, "--category", "color", str(source)]
    programs = {"wkflow": Path(sys.executable).with_name("wkflow"),
                "official": official / "bin" / "webknossos"}  # fmt: skip
    took = {
        player: seconds([str(program), *options, str(folder / player)])
        for player, program in programs.items()
        if player == "wkflow" or is_read
    }
    megabytes = _bytes(name, volume) / 1e6
    ratio = f"{took['official'] / took['wkflow']:.1f} x" if "official" in took else "-"
    return [
        *(name, f"{megabytes:.0f}", f"{took['official']:.1f}" if "official" in took else "-"),
        *(f"{took['wkflow']:.2f}", ratio, f"{wanted:g} x" if wanted and is_read else "-"),
        f"{megabytes / took['wkflow'] / CORES:.0f}",
    ]


def _bytes(name: str, volume: Volume) -> int:
    return volume.nbytes * (2 if name == "dm4" else 1)


def folders(base: Path, names: list[str]) -> Iterator[tuple[str, Path]]:
    """Give a folder for each format, which goes afterwards."""
    for name in names:
        folder = base / name
        folder.mkdir()
        yield name, folder
        shutil.rmtree(folder)


def main() -> None:
    """Measure format by format, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.formats")
    parser.add_argument("--official", type=Path, required=True, help="environment of webknossos")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--slices", type=int, default=64, help="of 2048 x 2048 [64]")
    given = parser.parse_args()
    official = readied(given.official)
    plane = em_planes((given.slices, HEIGHT, WIDTH))
    volume = np.stack([plane(z) for z in range(given.slices)])
    rows = []
    with tempfile.TemporaryDirectory(prefix="wkflow-formats-") as base:
        for name, folder in folders(Path(base), given.formats):
            rows.append(measure(name, folder, volume, official))
            print(show(HEAD, rows[-1:]), file=sys.stderr)
    print(show(HEAD, rows), LEGEND, sep="\n\n")


if __name__ == "__main__":
    main()
