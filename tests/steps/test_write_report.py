"""The report adds up what the receipts say, and is drawn by one job alone."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from wkflow import __version__
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.run_folder import PAGE, PICTURES
from wkflow.steps.write_report import write_page, write_report
from wkflow.voxels.layer_histogram import NOT_COUNTED

from tests.runs import environment
from tests.strategies import dataset_plan, small_layer_plan


def test_it_says_what_is_shown_black_and_white(tmp_path: Path) -> None:
    """Of color layers, with the reason; there are no values to choose from for labels."""
    color, labels = small_layer_plan(), small_layer_plan(name="cells")
    labels = replace(labels, layer=replace(labels.layer, category="segmentation"))
    receipt = tmp_path / "receipts" / "convert_slab" / "em" / "z000000000.json"
    Receipt("convert_slab", lowest=3, highest=200).write(receipt)
    for contrast, window, words in (
        ("0,4095", [0.0, 4095.0], "asked for"),
        ("full", [3.0, 200.0], "asked for: the smallest and the largest value"),
        ("auto", None, NOT_COUNTED),
    ):
        plan = dataset_plan(replace(color, contrast=contrast), labels)
        write_report(plan, [str(receipt)], tmp_path / "report.json")
        one, other = json.loads((tmp_path / "report.json").read_text())["layers"]
        assert (one["intensity_range"], one["intensity_range_evidence"]) == (window, words)
        assert "intensity_range" not in other


def test_jobs_are_added_up_by_rule(tmp_path: Path) -> None:
    """Voxels, bytes and seconds, beside the layers with their mags."""
    plan = replace(dataset_plan(small_layer_plan(mags=("2-2-1",))), notes=("a gap",))
    receipts = [
        Receipt("convert_slab", (ShardFile("a", 10, "0"),), 5, seconds=0.25),
        Receipt("convert_slab", (ShardFile("b", 7, "0"), ShardFile("c", 1, "0")), 6, seconds=0.5),
        Receipt("downsample_rest", voxels=3, seconds=1.0),
    ]
    paths = [str(tmp_path / f"{number}.json") for number in range(3)]
    for path, receipt in zip(paths, receipts, strict=True):
        receipt.write(path)
    write_report(plan, paths, tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["rules"] == {
        "convert_slab": {"jobs": 2, "voxels": 11, "bytes": 18, "seconds": 0.75},
        "downsample_rest": {"jobs": 1, "voxels": 3, "bytes": 0, "seconds": 1.0},
    }
    assert report["wkflow"] == __version__
    assert report["dataset"] == plan.dataset
    assert report["notes"] == ["a gap"]
    (layer,) = report["layers"]
    assert (layer["name"], layer["mags"], layer["size"]) == ("em", ["1", "2-2-1"], [70, 50, 40])


def test_no_other_job_imports_what_draws() -> None:
    """All jobs are forks of one process that has imported their steps."""
    program = (
        "import sys\n"
        "from importlib import import_module\n"
        "from wkflow.cli.job_forks import IMPORTED\n"
        "for name in IMPORTED:\n"
        "    import_module(name)\n"
        "print([name for name in sys.modules if name.startswith(('wkflow.report', 'jinja2'))])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env=environment(),
    )
    assert run.stdout == "[]\n"


def test_a_page_that_nobody_wants_goes(tmp_path: Path) -> None:
    """One of an earlier run would show what is not true any more."""
    plan = dataset_plan(small_layer_plan(), dataset=str(tmp_path / "set"))
    write_page(plan, {}, tmp_path, PAGE, PICTURES)
    assert (tmp_path / PAGE).exists()
    assert (tmp_path / PICTURES / "em" / "mags.csv").exists()
    write_page(plan, {}, tmp_path)
    assert list(tmp_path.iterdir()) == []
