"""A layer is laid out: its metadata in any format, and no longer a finished dataset."""

from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.codec import default_codec
from wkflow.datasource import PROPERTIES
from wkflow.layer import lay_grid
from wkflow.steps.create_layer import create_layer
from wkflow.storage import STORAGES
from wkflow.writers.formats import format_of

from ..strategies import dataset_plan, small_layer_plan  # noqa: TID252 -- no fixed root


@pytest.mark.parametrize("data_format", sorted(STORAGES))
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


def test_a_dataset_that_changes_is_not_finished(tmp_path: Path) -> None:
    """It is seen again when it is whole."""
    (tmp_path / PROPERTIES).touch()
    create_layer(dataset_plan(small_layer_plan(), dataset=str(tmp_path)), "em")
    assert not (tmp_path / PROPERTIES).exists()
