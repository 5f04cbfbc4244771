"""Which mags are made anew in a part, and of which that cannot be."""

from pathlib import Path

import pytest
from wkflow.errors import ConfigError
from wkflow.model.mag import Mag
from wkflow.options.settings import Settings
from wkflow.planning.find_dataset import find_target
from wkflow.planning.mend_mags import mags_to_mend, stored_layouts

from tests.datasets import HandLayer, write_dataset
from tests.runs import noise
from tests.steps.stacks import grains, laid_out, write_tiffs

FINEST = Mag(1, 1, 1)


def asked(dataset: Path, box: str = "0,0,0,9,9,9", **options: object) -> Settings:
    given = {"command": "downsample", "target": dataset, "bounding_box": box, **options}
    return Settings.parse(given, where="test")


def test_mags_above_the_finest_are_mended(tmp_path: Path) -> None:
    """No others come to be; a coarsest one may be named."""
    mags = {"1": noise(1, 1, 40, 40, 9), "2-2-1": noise(1, 1, 20, 20, 9)}
    dataset = write_dataset(tmp_path / "set", HandLayer("em", mags))
    settings = asked(dataset)
    (layer,) = find_target(settings).existing.layers
    assert mags_to_mend(settings, layer, FINEST) == [Mag(2, 2, 1)]
    with pytest.raises(ConfigError, match="has no mag above 1"):
        mags_to_mend(asked(dataset, max_mag="1"), layer, FINEST)
    with pytest.raises(ConfigError, match="lies beside layer em, which spans 0,0,0 to 40,40,9"):
        mags_to_mend(asked(dataset, "40,0,0,5,5,5"), layer, FINEST)
    with pytest.raises(ConfigError, match="not stored in shards as wkflow writes them") as fault:
        stored_layouts(dataset, layer.layer, layer, [Mag(2, 2, 1)])
    assert "--overwrite-mags" in fault.value.remedy


def test_shapes_and_codec_are_those_that_are_there(tmp_path: Path) -> None:
    """Whatever the options of this run say."""
    plan = laid_out(write_tiffs(tmp_path / "em", grains()), compression="gzip:3", max_mag="4")
    (one,) = plan.layers
    written = {f"{grid.mag}": noise(1, 1, *grid.size) for grid in one.grids}
    other = write_dataset(tmp_path / "like", HandLayer("em", written))
    (layer,) = find_target(asked(other)).existing.layers
    mags = [grid.mag for grid in one.made[1:]]
    grids, codec = stored_layouts(Path(plan.dataset), one.layer, layer, mags)
    assert str(codec) == "gzip:3"
    assert grids == list(one.made[1:])
