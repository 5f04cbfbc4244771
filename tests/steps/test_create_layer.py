"""A layer is laid out: its metadata in any format, and no longer a finished dataset."""

from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.formats.table import format_of
from wkflow.model.codec import default_codec
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.layer import lay_grid
from wkflow.model.write_datasource import PROPERTIES
from wkflow.steps.create_layer import create_layer, renew_layer

from tests.strategies import dataset_plan, small_layer_plan


@pytest.mark.parametrize("data_format", sorted(DATA_FORMATS))
def test_all_documents_are_written(tmp_path: Path, data_format: str) -> None:
    """Those that the format names, and nothing else."""
    small = small_layer_plan()
    layer = replace(small.layer, data_format=data_format)
    grids = tuple(
        lay_grid(layer, grid.mag, chunk=grid.chunk, shard=grid.shard) for grid in small.grids
    )
    one = replace(small, layer=layer, grids=grids, codec=str(default_codec(layer)))
    receipt = create_layer(dataset_plan(one, dataset=str(tmp_path)), "em")
    assert receipt.rule == "create_layer"
    written = {
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()
    }
    assert written == set(format_of(data_format).document_names(layer, grids))


def test_a_published_dataset_is_described_anew_at_the_end(tmp_path: Path) -> None:
    """Before that only what is missing is written; then it is unpublished, if anything changes."""
    plan = dataset_plan(small_layer_plan(), dataset=str(tmp_path))
    (tmp_path / PROPERTIES).touch()
    create_layer(plan, "em")
    (changed, *_) = sorted(tmp_path.rglob("zarr.json"))
    right = changed.read_bytes()
    renew_layer(plan, plan.layer("em"))
    assert (tmp_path / PROPERTIES).exists()
    changed.write_text("{}")
    create_layer(plan, "em")
    assert changed.read_text() == "{}"
    assert (tmp_path / PROPERTIES).exists()
    renew_layer(plan, plan.layer("em"))
    assert changed.read_bytes() == right
    assert not (tmp_path / PROPERTIES).exists()
