"""Every format that we write: the official library reads it, and sees what it wrote itself.

It reads N5 and precomputed volumes but makes none; so all formats are compared with its zarr3.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tifffile
from wkflow.formats.layout import lay_out
from wkflow.formats.mag_writer import MagVoxels
from wkflow.model.box import Box
from wkflow.model.codec import Codec
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.layer import Layer, lay_grid
from wkflow.model.mag_ladder import FINEST
from wkflow.model.receipt import Receipt
from wkflow.model.write_datasource import layer_properties, properties_of, write_properties

from tests.conformance.official import Official
from tests.conformance.pair import (
    SIZE_OPTION,
    VOXEL_SIZE,
    convert_ours,
    convert_theirs,
    properties,
    write_source,
)
from tests.conformance.stacks import Voxels, labels, noise
from tests.conformance.whole import make_whole
from tests.planning.test_place_layers import write_dataset

pytestmark = [pytest.mark.conformance, pytest.mark.long]

SHAPE = (37, 103, 61)
"""z, y, x: more than one chunk, and none whole at the end."""

LAYERS = {
    "grey": noise(SHAPE, "uint8", 1),
    "rgb": noise((*SHAPE, 3), "uint8", 2),
    "signed": noise(SHAPE, "int16", 3),
    "wide": noise(SHAPE, "float32", 4),
}
TIME = noise((2, 9, 40, 50), "uint8", 5)
CODECS = [
    f"{name}:{codec}:{levels[-1]}"
    for name, one in DATA_FORMATS.items()
    for codec, levels in one.levels.items()
]


@pytest.fixture(scope="session")
def theirs(official: Official, session_folder: Path) -> Path:
    """Give what the official tool makes of all layers, once a session."""

    def make(folder: Path) -> None:
        write_source(folder / "source", LAYERS)
        how = ["--no-downsample", "--category", "color"]
        convert_theirs(official, folder / "source", folder / "dataset", *how)

    return make_whole(session_folder / "theirs_in_zarr3", "1", make) / "dataset"


@pytest.fixture(scope="session")
def whole_pyramids(official: Official, session_folder: Path) -> Path:
    """Give a source, and what the official tool makes of it with all mags, once a session."""

    def make(folder: Path) -> None:
        stacks = {"color": noise(SHAPE, "uint8", 6), "segmentation": labels(SHAPE, "uint8", 7)}
        write_source(folder / "source", stacks)
        convert_theirs(official, folder / "source", folder / "dataset")

    return make_whole(session_folder / "whole_pyramids", "1", make)


@pytest.mark.parametrize("data_format", sorted(DATA_FORMATS.keys() - {"zarr3"}))
def test_whole_conversions_have_the_official_voxels(
    official: Official, whole_pyramids: Path, tmp_path: Path, data_format: str
) -> None:
    """In all mags of both layers, by our command line."""
    source, theirs = whole_pyramids / "source", whole_pyramids / "dataset"
    convert_ours(source, tmp_path / "ours", "--data-format", data_format)
    verdict = official.judge(tmp_path / "ours", theirs)
    assert verdict["differences"] == []
    assert len(verdict["voxels"]) > 4
    assert all(verdict["voxels"].values())


def write_ours(dataset: Path, layers: dict[str, Voxels], data_format: str, codec: str = "") -> None:
    """Write layers (t, z, y, x) or (z, y, x) or with samples at the end, in one format."""
    codec = codec or next(iter(DATA_FORMATS[data_format].levels))
    documents = []
    for name, voxels in layers.items():
        frames = voxels if voxels is TIME else voxels[None]
        blocks = [_block(frame) for frame in frames]
        axes = (("t", len(frames)),) if len(frames) > 1 else ()
        shape = blocks[0].shape
        layer = Layer(name, "color", str(voxels.dtype), shape[0], shape[1:], axes, data_format)
        grid = lay_grid(layer, FINEST, chunk=(16, 16, 16), shard=(32, 32, 32))
        parsed = Codec.parse(codec, data_format)
        lay_out(dataset, layer, (grid,), parsed, voxel_size=VOXEL_SIZE, unit="nanometer")
        for number, block in enumerate(blocks):
            _write(MagVoxels(dataset, layer, grid, parsed, number), block)
        extremes = Receipt("convert_slab", lowest=voxels.min(), highest=voxels.max())
        documents.append(layer_properties(layer, (grid,), [extremes]))
    write_properties(dataset, properties_of(dataset.name, VOXEL_SIZE, "nanometer", documents))


def _block(frame: Voxels) -> Voxels:
    """Turn (z, y, x) or (z, y, x, samples) into (c, x, y, z)."""
    return (frame if frame.ndim == 4 else frame[..., None]).T


def _write(mag: MagVoxels, block: Voxels) -> None:
    def region(box: Box) -> Voxels:
        (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
        return block[:, x0:x1, y0:y1, z0:z1]

    width, height, depth = mag.grid.size
    with ThreadPoolExecutor(2) as pool, mag.writing() as sink:
        for z in range(0, depth, 16):
            sink.write(Box((0, 0, z), (width, height, min(z + 16, depth))), region, pool)


@pytest.mark.parametrize("data_format", sorted(DATA_FORMATS))
def test_the_official_library_reads_every_format(
    official: Official, theirs: Path, tmp_path: Path, data_format: str
) -> None:
    """Grey, RGB, signed and fractional: the voxels and what describes them are its own."""
    write_ours(tmp_path / "ours", LAYERS, data_format)
    verdict = official.judge(tmp_path / "ours", theirs)
    assert verdict["differences"] == []
    assert len(verdict["voxels"]) == len(LAYERS)
    assert all(verdict["voxels"].values())


@pytest.mark.parametrize("data_format", sorted(DATA_FORMATS))
@pytest.mark.parametrize("begin", [(36, 20, 4), (33, 41, 7)])
def test_a_layer_lies_where_the_official_library_has_it(
    official: Official, tmp_path: Path, data_format: str, begin: tuple[int, int, int]
) -> None:
    """Not at the origin, and not on a chunk's edge: each voxel of its dataset is ours."""
    voxels = noise((45, 37, 19), "uint16", 8) // 2 + 1
    source = write_dataset(tmp_path / "theirs", begin, voxels, (1, 1, 1))
    convert_ours(
        source, tmp_path / "ours", "--data-format", data_format, "--no-downsample",
        voxel_size="4,4,40",
    )  # fmt: skip
    verdict = official.judge(tmp_path / "ours", source)
    assert verdict["differences"] == []
    assert verdict["voxels"] == {"cells/1": voxels.size}


@pytest.mark.parametrize("named", CODECS)
def test_the_official_library_reads_every_codec(
    official: Official, theirs: Path, tmp_path: Path, named: str
) -> None:
    """At its highest level."""
    data_format, _, codec = named.partition(":")
    write_ours(tmp_path / "ours", {"grey": LAYERS["grey"]}, data_format, codec)
    verdict = official.judge(tmp_path / "ours", theirs)
    assert [one for one in verdict["differences"] if "layers" not in one] == []
    assert verdict["voxels"]["grey/1"]


@pytest.mark.parametrize("data_format", ["zarr3", "zarr"])
def test_time_is_an_axis_as_the_official_tool_has_it(
    official: Official, tmp_path: Path, data_format: str
) -> None:
    """Of an OME-TIFF: the same order of axes, bounds and voxels."""
    (tmp_path / "source").mkdir()
    tifffile.imwrite(tmp_path / "source" / "time.ome.tif", TIME, metadata={"axes": "TZYX"})
    official.run(
        "convert", *SIZE_OPTION, "--no-downsample", "--layer-name", "time",
        tmp_path / "source", tmp_path / "theirs",
    )  # fmt: skip
    write_ours(tmp_path / "ours", {"time": TIME}, data_format)
    verdict = official.judge(tmp_path / "ours", tmp_path / "theirs")
    assert verdict["differences"] == []
    assert all(verdict["voxels"].values())
    mine, other = (properties(tmp_path / name)["dataLayers"][0] for name in ("ours", "theirs"))
    assert mine | {"dataFormat": "zarr3"} == other


@pytest.mark.parametrize("data_format", ["zarr3", "zarr", "wkw"])
def test_the_official_tool_goes_on_with_every_format_that_it_writes(
    official: Official, tmp_path: Path, data_format: str
) -> None:
    """It adds a mag beside ours, and keeps what describes the first one."""
    ours = tmp_path / "ours"
    write_ours(ours, {"grey": LAYERS["grey"]}, data_format)
    before = properties(ours)["dataLayers"][0]
    official.run("downsample", "--coarsest-mag", "2", ours)
    after = json.loads((ours / "datasource-properties.json").read_text())["dataLayers"][0]
    assert after["mags"][0] == before["mags"][0]
    assert len(after["mags"]) == 2
