"""A dataset that exists, of any tool, is sent as it is."""

import json
from pathlib import Path
from typing import Any

import pytest
import zarr
from wkflow.model.write_datasource import PROPERTIES

from tests.runs import noise
from tests.standin.server import Standin, standin_in
from tests.upload.runs import (
    append_byte,
    arrived,
    assert_same,
    chunks_of,
    lines,
    only_one,
    proof,
    url_of,
    wkflow,
)

pytestmark = pytest.mark.long(but=["test_a_dataset_of_another_tool", "test_a_dry_run_tells"])


def handmade(folder: Path, count: int = 1) -> Path:
    """Write a dataset of another layout with zarr-python: unsharded, the mag deep in folders."""
    for number in range(count):
        array = zarr.create_array(
            folder / f"deep/er {number}/one",
            shape=(1, 20, 30, 40),
            chunks=(1, 10, 10, 10),
            dtype="uint16",
            fill_value=0,
            dimension_names=("c", "x", "y", "z"),
        )
        array[:] = noise(1, 20, 30, 40, dtype="uint16", seed=number)
    box = {"topLeft": [0, 0, 0], "width": 20, "height": 30, "depth": 40}
    layers: list[dict[str, Any]] = [
        {
            "name": f"layer{number}",
            "category": "color",
            "boundingBox": box,
            "elementClass": "uint16",
            "dataFormat": "zarr3",
            "numChannels": 1,
            "mags": [
                {
                    "mag": [1, 1, 1],
                    "path": f"./deep/er {number}/one",
                    "axisOrder": {"c": 0, "x": 1, "y": 2, "z": 3},
                }
            ],
        }
        for number in range(count)
    ]
    document = {
        "id": {"name": "by_hand", "team": ""},
        "scale": {"factor": [4.0, 4.0, 40.0], "unit": "nanometer"},
        "dataLayers": layers,
        "version": 1,
    }
    (folder / PROPERTIES).write_text(json.dumps(document))
    return folder


@pytest.mark.parametrize("api", [13, 14, 15, 16])
def test_each_version_of_the_interface_is_spoken(
    tmp_path: Path, local: Path, here: Path, api: int
) -> None:
    """The same dataset comes to servers of all of them, under the name in its properties."""
    with standin_in(tmp_path / "server", api=api) as standin:
        found = arrived(standin, url_of(wkflow("upload", local, standin=standin, cwd=here)))
        assert found["name"] == "stack"
        assert_same(found, local)
        assert only_one(standin) == found
    assert proof(here / "stack.upload")["api"] == api


def test_a_dataset_of_another_tool_is_sent_as_it_is(
    standin: Standin, tmp_path: Path, here: Path
) -> None:
    """With all its files, known or not, but for empty ones; and it is only read."""
    dataset = handmade(tmp_path / "by hand", count=2)
    (dataset / "notes").mkdir()
    (dataset / "notes/how it was made.odt").write_bytes(b"with care")
    (dataset / "deep/er 0/one/.stale").write_bytes(b"")
    before = {path: path.stat().st_mtime_ns for path in dataset.rglob("*")}
    run = wkflow("upload", "--name", "tidy", dataset, standin=standin, cwd=here)
    assert {path: path.stat().st_mtime_ns for path in dataset.rglob("*")} == before
    found = arrived(standin, url_of(run))
    assert found["name"] == "tidy"
    sent = {path for path, _ in chunks_of(standin)}
    files = {str(path.relative_to(dataset)) for path in dataset.rglob("*") if path.is_file()}
    assert sent == files - {"deep/er 0/one/.stale"}
    (dataset / "deep/er 0/one/.stale").unlink()
    assert_same(found, dataset)


@pytest.mark.parametrize("jobs", [1, 7])
def test_jobs_are_connections(standin: Standin, local: Path, here: Path, jobs: int) -> None:
    """No more chunks than that are under way at once, and not much fewer."""
    standin.faults(limit={"bytes_per_second": 4e6})
    url_of(wkflow("upload", "--jobs", jobs, local, standin=standin, cwd=here))
    assert max(1, jobs - 2) <= standin.log()["most_chunks_at_once"] <= jobs


def test_jobs_are_connections_of_many_files_too(
    standin: Standin, tmp_path: Path, here: Path
) -> None:
    """A dataset of so many files that several processes send them has no more connections."""
    dataset = handmade(tmp_path / "many")
    (dataset / "more").mkdir()
    for number in range(2100):
        (dataset / "more" / str(number)).write_bytes(b"x")
    url_of(wkflow("upload", "--jobs", 1, dataset, standin=standin, cwd=here))
    assert standin.log()["most_chunks_at_once"] == 1


def test_links_that_lead_outside_are_left_out(standin: Standin, tmp_path: Path, here: Path) -> None:
    """What they lead to was not asked for. Links within the dataset are followed."""
    dataset = handmade(tmp_path / "linked")
    (tmp_path / "secret").write_text("of no one's business")
    (dataset / "outside").symlink_to(tmp_path / "secret")
    (dataset / "inside").symlink_to(dataset / "deep")
    run = wkflow("upload", dataset, standin=standin, cwd=here)
    assert_same(arrived(standin, url_of(run)), dataset)
    sent = {path for path, _ in chunks_of(standin)}
    assert "outside" not in sent
    assert "inside/er 0/one/zarr.json" in sent


def test_what_is_left_out_is_named(standin: Standin, tmp_path: Path, here: Path) -> None:
    """A person learns which files the server does not get."""
    dataset = handmade(tmp_path / "own")
    (dataset / "deep/er 0/one/.stale").write_bytes(b"")
    (tmp_path / "secret").write_text("of no one's business")
    (dataset / "outside").symlink_to(tmp_path / "secret")
    run = wkflow("upload", dataset, standin=standin, cwd=here)
    assert arrived(standin, url_of(run))
    assert "empty files are left out (a server takes none): deep/er 0/one/.stale" in run.stderr
    assert "see --follow-links: outside" in run.stderr


def test_a_mag_behind_a_link_is_sent_when_asked_for(
    standin: Standin, tmp_path: Path, here: Path
) -> None:
    """It is missed with exit 3 before anything is asked; --follow-links sends it."""
    dataset = handmade(tmp_path / "linked")
    (dataset / "deep/er 0/one").rename(tmp_path / "elsewhere")
    (dataset / "deep/er 0/one").symlink_to(tmp_path / "elsewhere")
    run = wkflow("upload", dataset, standin=standin, cwd=here)
    assert run.returncode == 3
    assert "--follow-links" in "".join(lines(run))
    assert standin.log()["chunk_requests"] == 0
    run = wkflow("upload", "--follow-links", dataset, standin=standin, cwd=here)
    assert_same(arrived(standin, url_of(run)), dataset)


def test_what_is_no_dataset_is_told(standin: Standin, tmp_path: Path, here: Path) -> None:
    """A folder without properties, or none at all, exits 3 and is no matter for the server."""
    (tmp_path / "images").mkdir()
    for place in ("images", "nowhere"):
        run = wkflow("upload", tmp_path / place, standin=standin, cwd=here)
        assert run.returncode == 3
        assert place in "".join(lines(run))
    assert standin.log()["requests"] == {}


def test_a_second_run_has_nothing_to_do_until_a_file_changes(
    standin: Standin, tmp_path: Path, here: Path
) -> None:
    """Then all of it goes to a new dataset: a finished one is not changed."""
    dataset = handmade(tmp_path / "own")
    first = url_of(wkflow("upload", dataset, standin=standin, cwd=here))
    standin.clear_log()
    again = wkflow("upload", dataset, standin=standin, cwd=here)
    assert "nothing to do" in again.stderr
    assert f"wkflow: dataset  {first}, " in again.stderr
    assert url_of(again) == first
    summary = json.loads(wkflow("upload", dataset, "--json", standin=standin, cwd=here).stdout)
    assert (summary["end"], summary["url"]) == ("nothing_to_do", first)
    assert summary["bytes"] == sum(f.stat().st_size for f in dataset.rglob("*") if f.is_file())
    assert standin.log()["requests"] == {}
    append_byte(dataset / "deep/er 0/one/zarr.json")
    second = url_of(wkflow("upload", dataset, standin=standin, cwd=here))
    assert second != first
    assert_same(arrived(standin, second), dataset)


def test_a_dry_run_tells_and_does_nothing(standin: Standin, local: Path, here: Path) -> None:
    """Files and bytes, name and server; nothing is written, and nobody is asked."""
    run = wkflow("upload", "--dry-run", local, standin=standin, cwd=here)
    assert run.returncode == 0, run.stderr
    files = [path for path in local.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    for word in (f"files      {len(files)}", f"{size / 1e9:.3f} GB", "stack", standin.url):
        assert word in run.stdout
    assert list(here.iterdir()) == []
    assert standin.log()["requests"] == {}
