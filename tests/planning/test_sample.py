"""The sample as it is sketched, against the plan that is drawn of its voxels."""

from pathlib import Path

from wkflow.options.settings import Settings
from wkflow.planning.make_sample import make_sample
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.planning.sample import sample_options, sketch_sample


def test_the_sketch_has_the_jobs_of_the_sample(tmp_path: Path) -> None:
    """And layers and mags; what voxels decide is left out of it."""
    make_sample(tmp_path)
    plan = plan_conversion(Settings.parse(sample_options(tmp_path), where="sample"))
    sketch = sketch_sample(Path(plan.dataset))
    assert list(sketch.jobs()) == list(plan.jobs())
    assert [(one.layer, one.kernel) for one in sketch.layers] == [
        (one.layer, one.kernel) for one in plan.layers
    ]
    for sketched, planned in zip(sketch.layers, plan.layers, strict=True):
        assert [grid.mag for grid in sketched.grids] == [grid.mag for grid in planned.grids]
    assert (sketch.name, sketch.voxel_size) == (plan.name, plan.voxel_size)
