"""Convert real files and say of each whether its voxels are those that other readers gave.

python -m tests.testdata.judge prints the table: file, layers, verdict.
"""

import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from wkflow.errors import WkflowError
from wkflow.model.box import Box
from wkflow.model.plan import Plan
from wkflow.options.settings import Settings
from wkflow.readers import open_images
from wkflow.readers.base.contract import Image

from tests.benchmarks.pipeline import run
from tests.benchmarks.table import show

TESTDATA = Path(__file__).parents[2].parent / "shared" / "testdata"

Array = NDArray[Any]

AS_FLOAT32 = frozenset({"float64", "float16"})
"""What WEBKNOSSOS has not; converted with `--dtype float32`."""

RAW = {
    "phantom_EPI_64x64x27_uint16": ("64,64,27", "uint16"),
    "truncated_uint16": ("64,64,27", "uint16"),
    "ripple_4x3x2_float32": ("4,3,2", "float32"),
    "ripple_4x3x2_float64": ("4,3,2", "float64"),
    "ripple_4x3x2_int32": ("4,3,2", "int32"),
    "ripple_4x3x2_uint16": ("4,3,2", "uint16"),
    "ripple_4x3x2_uint8": ("4,3,2", "uint8"),
}
"""Shape and dtype of the files without a header."""


@dataclass(frozen=True)
class Verdict:
    """What became of one source: its layers, or why it was refused, and what was compared."""

    name: str
    layers: tuple[str, ...]
    verdict: str

    @property
    def is_refused(self) -> bool:
        return self.verdict.startswith("refused")


def expected() -> dict[str, Any]:
    """Read the table of what must come out."""
    table: dict[str, Any] = json.loads((TESTDATA / "expected.json").read_text())
    return table


def options_of(name: str) -> dict[str, object]:
    """Give the options that a person would add for this file."""
    options: dict[str, object] = {"voxel_size": "11,11,25", "downsample": True}
    if name.endswith(".raw"):
        shape, dtype = RAW[Path(name).stem]
        options |= {"raw_shape": shape, "raw_dtype": dtype}
    if name == "tiff/gradient-1c-64b.tiff":
        options["category"] = "segmentation"  # a color layer has no 64 bits
    if name == "sequences/different_shapes":
        options["on_mismatch"] = "pad"
    if name.startswith("sequences/multi_layer"):
        options["missing_slices"] = "close"  # slices 1 and 70
    return options


def convert(source: Path, folder: Path, **options: object) -> Plan:
    """Convert in this process, with all steps that the rules take."""
    given = {"source": str(source), "target": str(folder / "dataset")} | options
    settings = Settings.parse(given, where="judge")
    return run(settings, threads=2)


def digest(array: Array) -> str:
    """Give what `expected.json` has of an array."""
    little = array.astype(array.dtype.newbyteorder("<"))
    return hashlib.sha256(np.ascontiguousarray(little).tobytes()).hexdigest()


def axes_of(image: Image) -> str:
    """Name the axes of an image as the table does: those of length 1 are left out."""
    header = image.probe.header
    further = "".join(name.upper() for name, _ in header.axes)
    return (
        further
        + ("C" if header.channels > 1 else "")
        + ("Z" if header.planes > 1 else "")
        + "YX"
        + ("S" if header.samples > 1 else "")
    )


def array_of(image: Image) -> Array:
    """Read a whole image: (frames, channels, z, y, x, samples)."""
    header = image.probe.header
    x, y, z = header.size
    out = np.empty((header.frames, header.channels, z, y, x, header.samples), header.dtype)
    for frame in range(header.frames):
        for channel in range(header.channels):
            image.read(Box((0, 0, 0), (x, y, z)), out[frame, channel], channel=channel, frame=frame)
    return out


def arrays_of(plan: Plan) -> Iterator[tuple[str, Array, Array]]:
    """Give each layer's name, its voxels in the dataset, and those of its source.

    Both as (frames, z, y, x, samples), in the dtype of the layer.
    """
    for one in plan.layers:
        source, layer = one.source, one.layer
        wanted = _source_voxels(one)
        stored = zarr.open_array(Path(plan.dataset) / layer.name / "1", mode="r")[:]
        found = np.moveaxis(np.asarray(stored), (-4, -3, -2, -1), (-1, -2, -3, -4))
        x, y, z = layer.size
        yield layer.name, found.reshape(-1, z, y, x, len(source.picks)), wanted


def _source_voxels(one: Any) -> Array:  # noqa: ANN401 -- a LayerPlan
    source, layer = one.source, one.layer
    x, y, z = layer.size
    out = np.zeros((layer.frames, z, y, x, len(source.picks)), layer.dtype)
    for number, file in enumerate(source.files if source.is_stack else source.files[:1]):
        if not file:
            continue
        with open_images(file, source.raw) as images:
            array = array_of(images[source.image])
        samples = array.shape[-1]
        for i, pick in enumerate(source.picks):
            voxels = array[:, pick // samples, ..., pick % samples]
            _, depth, height, width = voxels.shape
            out[:, number : number + depth, :height, :width, i] = voxels
    return out


def judge(name: str, entry: dict[str, Any] | None) -> Verdict:
    """Convert one source and compare: the dataset with the reader, the reader with the table."""
    source = TESTDATA / name
    images = (entry or {}).get("images")
    with tempfile.TemporaryDirectory() as folder:
        options = options_of(name)
        if images and any(image["dtype"] in AS_FLOAT32 for image in images):
            options["dtype"] = "float32"
        try:
            plan = convert(source, Path(folder), **options)
        except WkflowError as error:
            is_left = (Path(folder) / "dataset" / "datasource-properties.json").exists()
            said = "WRONG: left a dataset: " if is_left else "refused: "
            return Verdict(name, (), f"{said}{error.what}")
        stacks = []
        for layer, found, wanted in arrays_of(plan):
            if not np.array_equal(found, wanted, equal_nan=wanted.dtype.kind == "f"):
                return Verdict(name, (layer,), f"WRONG: layer {layer} differs from its source")
            stacks.append(digest(found))
    layers = tuple(one.layer.name for one in plan.layers)
    if entry is None:
        return Verdict(name, layers, "converted")
    if images is None:
        known = {entry["sha256"], entry.get("sha256_by_InstanceNumber")}
        return Verdict(name, layers, "equal" if stacks[0] in known else "WRONG: another stack")
    return Verdict(name, layers, _compare(source, images, options))


def _compare(source: Path, images: list[dict[str, Any]], options: dict[str, object]) -> str:
    """Compare what the reader gives with the table."""
    raw = Settings.parse({"source": source, "target": "x"} | options, where="judge").raw_layout
    with open_images(str(source), raw) as opened:
        if len(opened) != len(images):
            return f"WRONG: {len(opened)} images, {len(images)} expected"
        verdicts = [_compare_image(one, image) for one, image in zip(opened, images, strict=True)]
    return "; ".join(dict.fromkeys(verdicts))


def _compare_image(one: Image, image: dict[str, Any]) -> str:
    array = array_of(one)
    lacks = dict(zip(image["axes"], image["shape"], strict=True)).get("S", 1) - array.shape[-1]
    if lacks:
        return f"equal to the reader's, {lacks} sample{'s' * (lacks > 1)} left out (alpha or ink)"
    if axes_of(one) != image["axes"]:
        return f"WRONG: axes {axes_of(one)}, {image['axes']} expected"
    is_equal = digest(array) == image["sha256"]
    return "equal" if is_equal else "WRONG: other voxels than the table's"


def names() -> list[str]:
    """List all files of the table, and the sequences and the broken ones as a person gives them."""
    listed = {name.rstrip("/") for name in expected() if (TESTDATA / name).exists()}
    broken = {f"broken/{path.name}" for path in (TESTDATA / "broken").iterdir()}
    return sorted(listed | broken | {"sequences/multi_layer"})


def entry_of(name: str) -> dict[str, Any] | None:
    """Give what the table says of a source."""
    table = expected()
    entry: dict[str, Any] | None = table.get(name) or table.get(f"{name}/")
    return entry


def main() -> None:
    """Judge all files and print the table."""
    rows = []
    for name in names():
        found = judge(name, entry_of(name))
        rows.append((found.name, len(found.layers), found.verdict[:90]))
        print(show(("file", "layers", "verdict"), rows[-1:]), file=sys.stderr)
    print(show(("file", "layers", "verdict"), rows))


if __name__ == "__main__":
    main()
