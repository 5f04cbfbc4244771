"""What a run says of itself at the end, from what it left behind."""

import json
from pathlib import Path
from typing import Any

import pytest
from wkflow.cli.summary import Summary
from wkflow.errors import ResourceError
from wkflow.model.write_datasource import PROPERTIES
from wkflow.options.settings import Settings
from wkflow.run_folder import REPORT

from tests.strategies import dataset_plan, small_layer_plan

KEYS = [
    *("command", "end", "exit_status", "name", "dataset", "url", "layers", "voxels", "bytes"),
    *("seconds", "notes", "report", "run_folder", "log", "error", "version"),
]
"""Programs rely on them: a new one may be added, none may go."""

LAYER = {
    "name": "em", "category": "color", "elementClass": "uint24", "dataFormat": "zarr3",
    "boundingBox": {"topLeft": [1, 2, 3], "width": 10, "height": 20, "depth": 30},
    "mags": [{"mag": [2, 2, 1]}, {"mag": [1, 1, 1]}],
}  # fmt: skip


def settings(folder: Path, **options: object) -> Settings:
    given = {"source": str(folder / "stack"), "target": str(folder / "my data"), **options}
    return Settings.parse(given, where="test")


def write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


@pytest.fixture
def done(tmp_path: Path) -> Settings:
    """Leave what a conversion leaves."""
    made = settings(tmp_path)
    scale = {"factor": [1, 1, 1], "unit": "nanometer"}
    write(made.dataset / PROPERTIES, {"id": {}, "scale": scale, "dataLayers": [LAYER]})
    rules = {"convert_slab": {"voxels": 6000, "bytes": 900}, "rest": {"voxels": 3000, "bytes": 334}}
    write(made.run_folder / REPORT, {"layers": [], "rules": rules, "notes": ["a gap"]})
    return made


def looked(at: Settings, **options: Any) -> Summary:  # noqa: ANN401 -- passed on
    summary = Summary("convert")
    summary.describe(at)
    summary.look_at_results(at, **({"url": None, "notes": []} | options))
    return summary


def test_the_keys_are_those_that_programs_know(done: Settings) -> None:
    """Of any run, ended well or not, before anything is known as well."""
    failed = Summary("convert")
    failed.fail(ResourceError("is full", "/data", "Free space."))
    for summary in (Summary(), looked(done), failed):
        assert list(json.loads(json.dumps(summary.to_dict()))) == KEYS


def test_what_was_made_is_counted_from_the_report(done: Settings) -> None:
    """And described as the properties of the dataset have it."""
    told = looked(done).to_dict()
    assert (told["voxels"], told["bytes"], told["notes"]) == (9000, 1234, ["a gap"])
    assert told["report"] == str(done.run_folder / REPORT)
    assert told["layers"] == [
        {
            "name": "em", "category": "color", "dtype": "uint8", "channels": 3,
            "begin": [1, 2, 3], "size": [10, 20, 30], "mags": ["1", "2-2-1"],
        }
    ]  # fmt: skip


def test_the_last_lines_name_path_size_report_and_the_next_step(done: Settings) -> None:
    """The command can be copied as it stands, with a blank in the path."""
    lines = looked(done).closing_lines()
    assert lines == [
        f"dataset  {done.dataset}, 1.23 kB",
        f"report   {done.run_folder / REPORT}",
        f"look at  wkflow info '{done.dataset}'",
    ]


def test_the_page_for_people_comes_first(done: Settings) -> None:
    """Where the run made one."""
    page = done.run_folder / "report.html"
    page.touch()
    assert looked(done).report == str(page)


def test_a_dataset_on_a_server_is_its_address(done: Settings) -> None:
    """It needs no command to be looked at; notes of the upload stand beside those of the plan."""
    summary = looked(done, url="https://wk/datasets/7", notes=["left out: mesh", "a gap"])
    assert summary.closing_lines()[0] == "dataset  https://wk/datasets/7, 1.23 kB"
    assert not any(line.startswith("look at") for line in summary.closing_lines())
    assert summary.notes == ["a gap", "left out: mesh"]


def test_damaged_papers_are_no_failure_of_a_run_that_ended_well(done: Settings) -> None:
    """What cannot be read is not told."""
    (done.run_folder / REPORT).write_text("{")
    (done.dataset / PROPERTIES).write_text("[]")
    told = looked(done).to_dict()
    assert (told["layers"], told["voxels"], told["bytes"]) == ([], None, None)


def test_a_dry_run_says_what_would_be(tmp_path: Path) -> None:
    """Layers, mags and voxels of the plan; nothing is there yet."""
    plan = dataset_plan(small_layer_plan((80, 50, 40), mags=("2",)))
    summary = Summary("convert")
    summary.describe(settings(tmp_path))
    summary.look_at_plan(plan, settings(tmp_path))
    told = summary.to_dict()
    assert (told["end"], told["voxels"]) == ("planned", 180_000)
    assert [(one["size"], one["mags"]) for one in told["layers"]] == [([80, 50, 40], ["1", "2"])]
    assert told["run_folder"] is told["log"] is told["dataset"] is told["bytes"] is None


def test_a_failure_has_kind_words_and_status() -> None:
    """As a person reads it."""
    summary = Summary("upload")
    summary.fail(ResourceError("is full", "/data", "Free space."))
    told = summary.to_dict()
    assert (told["end"], told["exit_status"]) == ("failed", 6)
    assert told["error"] == {
        "kind": "ResourceError", "what": "is full", "where": "/data", "remedy": "Free space.",
    }  # fmt: skip
