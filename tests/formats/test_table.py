"""The table of formats: every name that an option may have, loaded when it is asked for."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from numpy.testing import assert_array_equal
from wkflow import atomic_files
from wkflow.formats.table import format_of
from wkflow.formats.zarr2 import Zarr2
from wkflow.model.box import Triple
from wkflow.model.codec import default_codec
from wkflow.model.data_formats import DATA_FORMATS, DataFormat
from wkflow.model.layer import Grid, Layer, lay_grid
from wkflow.model.mag_ladder import FINEST
from wkflow.model.write_datasource import layer_properties

from tests.formats.stored import SIZE, noise, read, stored, write_shards


@pytest.mark.parametrize("name", sorted(DATA_FORMATS))
def test_a_format_is_one_object(name: str) -> None:
    """It has no state, so that threads and jobs may share it."""
    assert format_of(name) is format_of(name)
    assert not vars(format_of(name))


def test_only_what_is_asked_for_is_loaded() -> None:
    """A dry run of one format does not wait for the libraries of another."""
    program = "import sys; from wkflow.formats.table import format_of; format_of('zarr3');"
    program += "print(*[m for m in ('zarr', 'imagecodecs', 'tensorstore') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(Path(atomic_files.__file__).parents[1])},
        check=True,
        capture_output=True,
        text=True,
    )
    assert not done.stdout.strip()


class Toy(Zarr2):
    """A format that stands for any new one: other names of files."""

    def path(self, layer: Layer, grid: Grid, frame: int, position: Triple) -> str:
        """Give the file of a chunk: `em/1/<t>.0.x.y.z.toy`."""
        group, _, place = super().path(layer, grid, frame, position).partition(f"/{grid.name}/")
        return f"{group}/{grid.name}/{place.replace('/', '.')}.toy"


def test_a_new_format_is_a_row_and_a_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shapes, codecs, metadata and shards follow from them; nothing else names it."""
    row = DataFormat("toy.Toy", {"gzip": range(10), "none": range(1)}, "gzip:1", is_single=True)
    monkeypatch.setitem(DATA_FORMATS, "toy", row)
    monkeypatch.setitem(sys.modules, "wkflow.formats.toy", SimpleNamespace(Toy=Toy))  # type: ignore[arg-type]  # a module has no other face here
    layer = Layer("em", "color", "uint8", 1, SIZE, data_format="toy")
    grid = lay_grid(layer, FINEST, chunk=(8, 8, 8), shard=(16, 16, 16))
    assert grid.shard == (8, 8, 8)
    assert str(default_codec(layer)) == "gzip:1"
    voxels, block = stored(tmp_path, layer, "gzip:1"), noise((1, *layer.size), layer.dtype)
    written = write_shards(voxels, block)
    assert_array_equal(read(voxels), block)
    assert {file.path for file in written} == {
        f"em/1/0.{x}.{y}.{z}.toy" for x in range(6) for y in range(5) for z in range(3)
    }
    properties = layer_properties(layer, (grid,), [])
    assert properties["dataFormat"] == "toy"
