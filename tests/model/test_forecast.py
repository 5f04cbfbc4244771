"""What a run needs, before it begins."""

from dataclasses import replace

from wkflow.model.forecast import IN_FLIGHT, forecast

from tests.strategies import dataset_plan, small_layer_plan

SIZE = (70, 50, 40)
VOXELS = 70 * 50 * 40


def test_all_that_is_made_is_counted() -> None:
    """Jobs, voxels and shards of all mags; bytes of the source, each file once."""
    one = small_layer_plan(SIZE, mags=("2",), job_bytes=1000)
    files, marks = ("/data/a.tif", "/data/b.tif"), ((100, 1), (20, 2))
    one = replace(one, source=replace(one.source, files=files, marks=marks))
    other = replace(one, layer=replace(one.layer, name="other"))
    found = forecast(dataset_plan(one, other), beside=7, compresses=False, passes=False)
    assert found.source == 120
    assert found.jobs == 2 * one.job_count
    assert found.voxels == found.raw == 2 * (VOXELS + VOXELS // 8)
    assert found.disk == found.raw + 7
    assert found.files == dataset_plan(one, other).file_count


def test_what_shrinks_and_what_goes_needs_less_room() -> None:
    """Labels shrink more than images; of what is sent some jobs are on the disk at once."""
    one = small_layer_plan(SIZE, mags=(), job_bytes=1000)
    labels = replace(one, layer=replace(one.layer, category="segmentation"))
    color, few, gone = (
        forecast(dataset_plan(each), beside=0, compresses=compresses, passes=passes).disk
        for each, compresses, passes in (
            (one, True, False),
            (labels, True, False),
            (one, False, True),
        )
    )
    assert few < color < VOXELS
    assert gone == IN_FLIGHT * one.job_bytes
