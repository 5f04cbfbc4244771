"""What was expected, beside what came."""

from dataclasses import replace

from wkflow.model.forecast import Forecast
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.report.forecast_table import compare
from wkflow.report.measured_memory import MeasuredMemory

from tests.strategies import dataset_plan, small_layer_plan

EXPECTED = Forecast(
    source=900, jobs=2, voxels=1000, files=3, raw=1000, disk=700, memory_per_job=2**28
)
READ = {
    "receipts/convert_slab/em/z0.json": Receipt(
        "convert_slab", (ShardFile("a", 300, "0"), ShardFile("b", 50, "0")), 800
    ),
    "receipts/downsample_rest/em.json": Receipt("downsample_rest", (ShardFile("c", 7, "0"),), 200),
}


def test_each_row_has_what_came() -> None:
    """Where they differ, in percent of what was expected."""
    rows = compare(EXPECTED, READ, dataset_plan(small_layer_plan()))
    assert [(row.what, row.forecast, row.result, row.percent) for row in rows] == [
        ("Files of the source", 900, None, None),
        ("Jobs that write voxels", 2, 2, None),
        ("Voxels", 1000, 1000, None),
        ("Shards", 3, 3, None),
        ("Disk", 700, 357, 51),
        ("Memory of the largest job", 2**28, None, None),
    ]


def test_memory_is_that_of_the_largest_job_seen() -> None:
    """With of how many jobs it is known, where it is not of all."""
    for measured, note in ((2, ""), (1, "1 of 2 jobs measured")):
        memory = MeasuredMemory(2, measured, 2**27)
        row = compare(EXPECTED, READ, dataset_plan(small_layer_plan()), memory)[-1]
        assert (row.result, row.percent, row.note) == (2**27, 50, note)


def test_what_left_the_disk_is_not_compared() -> None:
    """It was never there at once; and of a source whose size nobody knows nothing is said."""
    plan = dataset_plan(replace(small_layer_plan(), passing=True))
    rows = {row.what: row for row in compare(replace(EXPECTED, source=0), READ, plan)}
    assert rows["Disk"].result is None
    assert "Files of the source" not in rows


def test_without_voxels_there_is_nothing_to_compare() -> None:
    """As in an upload of a dataset that is there."""
    assert compare(replace(EXPECTED, jobs=0), {}, dataset_plan()) == ()
