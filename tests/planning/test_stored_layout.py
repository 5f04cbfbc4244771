"""Grid and codec of stored mags, where they are as wkflow stores them."""

import json
from pathlib import Path
from typing import Any

import pytest
from wkflow.model.datasource_properties import ExistingMag
from wkflow.planning.stored_layout import stored_layout

from tests.steps.stacks import grains, laid_out, write_tiffs

OPTIONS = [
    {"compression": "zstd:3"},
    {"compression": "gzip:6"},
    {"compress": False},
    {"chunk_shape": 8, "shard_shape": "16,32,8"},
    {"dtype": "uint16"},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_what_was_written_is_found(tmp_path: Path, options: dict[str, Any]) -> None:
    """Shapes of chunks and shards, codec and level."""
    plan = laid_out(write_tiffs(tmp_path / "em", grains()), **options)
    (one,) = plan.layers
    for grid in one.made:
        mag = ExistingMag(grid.mag, (f"em/{grid.name}",))
        found = stored_layout(Path(plan.dataset), one.layer, mag)
        assert found is not None
        assert found[0] == grid
        assert str(found[1]) == one.codec


@pytest.mark.parametrize(
    "change",
    [
        {"codecs": [{"name": "bytes"}]},
        {"chunk_key_encoding": {"name": "v2", "configuration": {"separator": "."}}},
        {"fill_value": 7},
        {"shape": [1, 9, 9, 9]},
        {"data_type": "int8"},
    ],
)
def test_what_is_stored_in_another_way_is_not(tmp_path: Path, change: dict[str, Any]) -> None:
    """Nor what is not there, or no JSON; attributes say nothing of it."""
    plan = laid_out(write_tiffs(tmp_path / "em", grains()))
    (one,) = plan.layers
    mag = ExistingMag(one.grids[0].mag, ("em/1",))
    path = Path(plan.dataset) / "em/1/zarr.json"
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps(document | {"attributes": {"of": "others"}}))
    assert stored_layout(Path(plan.dataset), one.layer, mag) is not None
    path.write_text(json.dumps(document | change))
    assert stored_layout(Path(plan.dataset), one.layer, mag) is None
    path.write_text("{")
    assert stored_layout(Path(plan.dataset), one.layer, mag) is None
    path.unlink()
    assert stored_layout(Path(plan.dataset), one.layer, mag) is None
