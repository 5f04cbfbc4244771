"""What real images look like at first, with `--contrast auto` and without: docs/how-to/contrast.md.

    python -m tests.benchmarks.contrast docs/pictures/contrast.png

Each is converted by a whole run. On the left is what WEBKNOSSOS shows where no range is given, all
values that the dtype can hold from black to white; on the right the range that the voxels of the
first layer choose. What a file states is told, and comes first in a run.
"""

import argparse
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import PIL.Image
import PIL.ImageDraw
import tifffile
import zarr
from numpy.typing import NDArray
from wkflow.model.intensity_range import IntensityRange
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt
from wkflow.model.source import Channel
from wkflow.run_folder import PLAN, RECEIPTS
from wkflow.voxels.choose_intensity_range import choose_intensity_range
from wkflow.voxels.layer_histogram import add_slabs

from tests.benchmarks.codecs import TESTDATA
from tests.benchmarks.table import show

IMAGES = {
    "EM, 8 bit": "sequences/tiff_em",
    "nuclei, dark, 8 bit": "sequences/multi_layer/color",
    "particles, 8 bit": "sequences/png_T76",
    "nucleus, mostly empty": "tiff/xyz_8bit__nucleus.tif",
    "MRI, 12 of 16 bit": "dicom/MR_small.dcm",
    "CT, 16 bit signed": "dicom/CT_small.dcm",
    "tubulin, 16 bit": "tiff/xyc_16bit__nuclei_tubulin_crop.tif",
    "spots, 16 bit": "tiff/xyz_16bit__spots.tif",
    "photograph, 16 bit": "tiff/minisblack-1c-16b.tiff",
    "fMRI, float": "nifti/big.nii.gz",
    "MRI, padded": "ims/mri_u8.ims",
}
"""Files of the testdata; licences and sources are in its README."""

EDGE, MARGIN, TEXT, COLUMNS = 120, 4, 14, 3
"""Of a picture, in pixels, and how many pairs lie beside each other."""


def main() -> None:
    """Convert all of them, print a table, and draw the pairs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path)
    rows, pairs = [], []
    with TemporaryDirectory() as folder:
        noise = Path(folder, "noise.tif")
        tifffile.imwrite(
            noise, np.random.default_rng(1).normal(130, 25, (8, 256, 256)).astype("u1")
        )
        images = {name: TESTDATA / path for name, path in IMAGES.items()} | {"noise, 8 bit": noise}
        for name, source in images.items():
            plane, one, found = converted(source, Path(folder, name))
            window = found.window or supported(plane.dtype)
            ends = plane.min(), plane.max()
            rows.append((name, plane.dtype, said(ends), said(one.display.window), said(window),
                         found.evidence))  # fmt: skip
            pairs.append((name, grey(plane, supported(plane.dtype)), grey(plane, window)))
    print(show(("image", "dtype", "values", "stated", "chosen", "by"), rows))
    draw(pairs).save(parser.parse_args().picture, optimize=True)


def converted(source: Path, target: Path) -> tuple[NDArray[np.generic], LayerPlan, IntensityRange]:
    """Convert an image; give the middle plane of its first layer, and the range by percentiles."""
    options = ["--voxel-size", "1,1,1", "--category", "color", "--quiet", "--on-mismatch", "pad"]
    options += ["--missing-slices", "close"]
    command = [sys.executable, "-m", "wkflow.cli.main", "convert", *options, source, target]
    subprocess.run(list(map(str, command)), check=True)
    run_folder = target.with_name(f"{target.name}.wkflow")
    one = Plan.read(run_folder / PLAN).layers[0]
    paths = (run_folder / RECEIPTS / "convert_slab" / one.layer.name).iterdir()
    receipts = {str(path): Receipt.read(path) for path in paths}
    found = choose_intensity_range(replace(one, display=Channel()), add_slabs(one, receipts))
    array = np.asarray(zarr.open_array(target / one.layer.name / "1", mode="r")[...])
    return array.reshape(-1, *array.shape[-3:])[0, :, :, array.shape[-1] // 2].T, one, found


def said(window: tuple[float, float] | None) -> str:
    return f"{window[0]:.5g} to {window[1]:.5g}" if window else ""


def supported(dtype: np.dtype[np.generic]) -> tuple[float, float]:
    """Give what WEBKNOSSOS shows by default: all that a dtype can hold."""
    limits = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)  # type: ignore[arg-type,type-var]  # its kind says which
    return float(limits.min), float(limits.max)


def grey(plane: NDArray[np.generic], window: tuple[float, float]) -> PIL.Image.Image:
    """Show a plane as the range says."""
    low, high = window
    shown = (plane.astype(float) - low) / (high - low)
    image = PIL.Image.fromarray((shown.clip(0, 1) * 255).astype(np.uint8))
    scale = EDGE / max(image.size)
    return image.resize((round(image.width * scale), round(image.height * scale)))


def draw(pairs: list[tuple[str, PIL.Image.Image, PIL.Image.Image]]) -> PIL.Image.Image:
    """Lay pairs out, each below its name."""
    width, height = 2 * (EDGE + MARGIN) + 3 * MARGIN, EDGE + TEXT + 2 * MARGIN
    lines = -(-len(pairs) // COLUMNS)
    sheet = PIL.Image.new("L", (COLUMNS * width, lines * height), 255)
    pen = PIL.ImageDraw.Draw(sheet)
    for number, (name, *pictures) in enumerate(pairs):
        x, y = number % COLUMNS * width + MARGIN, number // COLUMNS * height + MARGIN
        pen.text((x, y), name, fill=0)
        for side, picture in enumerate(pictures):
            sheet.paste(picture, (x + side * (EDGE + MARGIN), y + TEXT))
    return sheet


if __name__ == "__main__":
    main()
