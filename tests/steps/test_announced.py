"""What the server is told before: as many files as a conversion makes, and no fewer bytes."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from wkflow.formats.mag_writer import MagVoxels
from wkflow.formats.table import format_of
from wkflow.model.box import Box, Triple
from wkflow.model.codec import Codec
from wkflow.model.layer import Layer, lay_grid
from wkflow.model.mag_ladder import FINEST
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt
from wkflow.model.write_datasource import PROPERTIES
from wkflow.options.settings import Settings
from wkflow.planning import plan_upload as module
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.planning.plan_upload import (
    plan_layers_upload,
)
from wkflow.steps.convert_slab import convert_slab
from wkflow.steps.create_layer import create_layer
from wkflow.steps.downsample_rest import downsample_rest
from wkflow.steps.write_properties import write_properties

from tests.steps.stacks import grains, settings_of, write_tiffs
from tests.strategies import (
    dataset_plan,
    plan_of,
    shapes,
    triples,
)


def conversion(source: Path = Path("/data/em"), **options: object) -> Settings:
    place = {"target": None, "upload": True, "work_dir": source.parent / "run"}
    return settings_of(source, **place | options)


def files_of(dataset: Path) -> set[str]:
    return {path.relative_to(dataset).as_posix() for path in dataset.rglob("*") if path.is_file()}


CODECS = {
    "zarr3": ["none:0", "zstd:-7", "zstd:19", "gzip:0", "gzip:9"],
    "zarr": ["none:0", "zstd:-7", "gzip:0"],
    "wkw": ["none:0", "lz4:0", "lz4hc:9"],
    "n5": ["none:0", "gzip:0", "zstd:-7"],
    "neuroglancerPrecomputed": ["none:0"],
}
"""The least codecs of each format, which make most of noise."""

SHARDS = {"wkw": 16, "zarr3": "16,16,8"}
STORED = [(name, codec) for name, codecs in CODECS.items() for codec in codecs]


@pytest.mark.parametrize(("data_format", "compression"), STORED)
def test_what_is_announced_is_what_a_conversion_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_format: str, compression: str
) -> None:
    """Each file is in one batch or comes last; their number is exact, their size a bound.

    Of noise too, which no codec makes smaller.
    """
    monkeypatch.setattr(module, "METADATA_BYTES", 0)  # else it would hide what shards take
    monkeypatch.chdir(tmp_path)
    source = write_tiffs(tmp_path / "em", grains(20, 37, 45, "uint16"))
    settings = conversion(
        source, compression=compression, job_size=10_000, max_mag="2", data_format=data_format,
        shard_shape=SHARDS.get(data_format),
    )  # fmt: skip
    plan = plan_conversion(settings)
    delivery = plan_layers_upload(settings, plan)
    receipts = []
    create_layer(plan, "em")
    for batch in delivery.batches:
        made = _make(plan, batch)
        receipts.append(f"receipts/{batch}.json")
        made.write(receipts[-1])
    write_properties(plan, receipts)
    sent = [file.path for path in receipts for file in Receipt.read(path).files]
    assert len(receipts) > 2
    assert sorted([*sent, *delivery.extras]) == sorted(files_of(Path(plan.dataset)))
    assert len(sent) + len(delivery.extras) == delivery.file_count
    assert delivery.extras[-1] == PROPERTIES
    assert sum(Receipt.read(path).bytes_written for path in receipts) <= delivery.byte_bound


def _make(plan: Plan, batch: str) -> Receipt:
    slab = batch.rpartition("/")[2]
    if batch.startswith("convert_slab"):
        return convert_slab(
            plan, "em", slab, threads=2, tick=lambda _: None, scratch=Path("scratch")
        )
    return downsample_rest(plan, "em", threads=2, tick=lambda _: None)


@given(
    stored=st.sampled_from(STORED),
    size=triples(1, 20),
    kind=st.sampled_from([("uint8", 1), ("uint8", 3), ("float32", 1)]),
    data=st.data(),
)
def test_no_shard_is_larger_than_announced(
    tmp_path_factory: pytest.TempPathFactory,
    stored: tuple[str, str],
    size: Triple,
    kind: tuple[str, int],
    data: st.DataObject,
) -> None:
    """Of the smallest chunks as well, in which frames and index are more than voxels."""
    data_format, codec = stored
    layer = Layer("em", "color", *kind, size, (), data_format)
    assume(format_of(data_format).refuse(layer) is None)
    chunk, shard, _ = data.draw(shapes(data_format))
    grid = lay_grid(layer, FINEST, chunk=chunk, shard=shard)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "METADATA_BYTES", 0)
        bound = plan_layers_upload(conversion(), dataset_plan(plan_of(layer, (grid,)))).byte_bound
    mag = MagVoxels(tmp_path_factory.getbasetemp(), layer, grid, Codec.parse(codec, data_format))
    with ThreadPoolExecutor(1) as pool:
        written = [mag.write(p, partial(noise, layer), pool) for p in grid.box.cells(grid.shard)]
    assert sum(file.bytes for file in written) <= bound


def noise(layer: Layer, box: Box) -> NDArray[np.generic]:
    """Give voxels (c, x, y, z) that no codec makes smaller."""
    x, y, z = box.size
    count = x * y * z * layer.voxel_bytes
    voxels = np.random.default_rng(box.begin).integers(1, 256, count, np.uint8)
    return voxels.view(layer.dtype).reshape(z, y, x, layer.channels).T
