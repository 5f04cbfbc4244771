"""`wkflow add-layer` with the URL of a dataset: whole runs against a server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import zarr
from wkflow.model.write_datasource import PROPERTIES

from tests.datasets import HandLayer, write_dataset
from tests.runs import noise, snakemake, write_stack
from tests.standin.server import Standin, standin_in
from tests.upload.extending import publish
from tests.upload.runs import Run, arrived, lines, url_of, wkflow

COMPOSE = ["catalog.compose_add_layer"]
SHAPES = ("--shard-shape", "64,64,32", "--job-size", "1")
VOLUME = noise(40, 60, 64, seed=5)
NM = {"factor": [11.24, 11.24, 25.0], "unit": "nanometer"}


class Place(NamedTuple):
    """A server that has a dataset of one layer, and a folder with images of another one."""

    standin: Standin
    url: str
    here: Path

    def run(self, *arguments: object, **variables: str | None) -> Run:
        """Add a layer."""
        words = ("add-layer", *SHAPES, *arguments, self.here / "nuclei", self.url)
        return wkflow(*words, standin=self.standin, cwd=self.here, **variables)

    @property
    def layers(self) -> dict[str, dict[str, Any]]:
        """What the dataset has, by the names of layers."""
        found = arrived(self.standin, self.url)["properties"]["dataLayers"]
        return {one["name"]: one for one in found}

    @property
    def folder(self) -> Path:
        """The only run folder."""
        (found,) = self.here.glob("*.add-layer")
        return found


def place_in(folder: Path, standin: Standin, **reserved: object) -> Place:
    mags = {"1": noise(1, 1, 64, 60, 40), "2-2-1": noise(1, 1, 32, 30, 40)}
    dataset = write_dataset(folder / "hand", HandLayer("em", mags))
    document = json.loads((dataset / PROPERTIES).read_bytes()) | {"scale": NM}
    (dataset / PROPERTIES).write_text(json.dumps(document))
    here = folder / "here"
    write_stack(here / "nuclei", VOLUME)
    return Place(standin, publish(standin, dataset, **reserved).url, here)


@pytest.fixture
def place(tmp_path: Path, standin: Standin) -> Place:
    return place_in(tmp_path, standin)


def voxels_of(layer: dict[str, Any]) -> Any:  # noqa: ANN401 -- an array
    """Read the finest mag of a layer from the server's disk, as (z, y, x)."""
    stored = zarr.open_array(layer["mags"][0]["path"], mode="r")
    return np.asarray(stored)[0].transpose(2, 1, 0)


def test_a_layer_is_added_and_nothing_else_changes(place: Place) -> None:
    """Its files are those of a dataset of its own; the same command again has nothing to do."""
    before = place.layers
    run = place.run()
    assert url_of(run) == place.url
    assert "dataset hand_nuclei holds the files" in run.stderr
    after = place.layers
    assert list(after) == ["em", "nuclei"]
    assert after["em"] == before["em"]
    assert np.array_equal(voxels_of(after["nuclei"]), VOLUME)
    assert [mag["mag"] for mag in after["nuclei"]["mags"]] == [[1, 1, 1], [2, 2, 1], [4, 4, 2]]
    names = sorted(one["name"] for one in place.standin.datasets())
    assert names == ["hand", "hand_nuclei"]
    proof = json.loads((place.folder / "upload.json").read_bytes())
    assert proof["added_to"] == {"url": place.url, "layers": ["nuclei"]}
    assert f'<p class="place"><a href="{place.url}"' in (place.folder / "report.html").read_text()
    again = place.run("--json")
    told = json.loads(again.stdout)
    assert (told["end"], told["url"]) == ("nothing_to_do", place.url)
    assert place.layers == after
    options_changed = place.run("--max-mag", "2")
    assert options_changed.returncode == 2
    assert "has layer nuclei as it was sent before" in lines(options_changed)[-2]
    assert place.layers == after


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--layer-name", "em"), "has a layer em already"),
        (("--voxel-size", "8,8,40"), "8,8,40 nanometer is not that of the dataset, 11.24,11.24,25"),
        (("--replace",), "replace is for a dataset in a folder"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sent(
    place: Place, options: tuple[str, ...], words: str
) -> None:
    """Naming what is there and what to do; the server has no upload of it."""
    before = place.layers
    run = place.run(*options)
    assert run.returncode == 2
    assert words in " ".join(lines(run))
    assert "is kept" not in run.stderr
    assert place.standin.uploads() == []
    assert place.layers == before


def test_without_a_token_nothing_begins(place: Place) -> None:
    """Whoever may not write is told so by the words for tokens."""
    run = place.run(WK_TOKEN=None)
    assert run.returncode != 0
    assert "WK_TOKEN" in " ".join(lines(run))
    assert place.standin.uploads() == []


def test_a_dataset_that_gets_none_is_linked_by_a_new_one(tmp_path: Path, standin: Standin) -> None:
    """It stays as it is; the new one shows all layers, and its address is told."""
    place = place_in(tmp_path, standin, isVirtual=False)
    before = place.layers
    planned = place.run("--dry-run")
    assert "stays as it is" in planned.stdout
    run = place.run()
    url = url_of(run)
    assert url != place.url
    assert place.layers == before
    found = {one["name"]: one for one in arrived(standin, url)["properties"]["dataLayers"]}
    assert sorted(found) == ["em", "nuclei"]
    assert found["em"]["mags"] == before["em"]["mags"]
    assert np.array_equal(voxels_of(found["nuclei"]), VOLUME)
    assert url_of(place.run()) == url


@pytest.mark.long
@pytest.mark.parametrize(
    "faults",
    [
        {"lost": {"routes": COMPOSE, "times": 1}},
        {"lost": {"routes": COMPOSE, "times": 1, "status": 400}},
        {"status": {"routes": COMPOSE, "status": 502, "times": 1}},
    ],
)
def test_an_answer_that_is_lost_is_no_failure(place: Place, faults: dict[str, Any]) -> None:
    """The server is looked at: the layer is there once."""
    place.standin.faults(**faults)
    assert url_of(place.run()) == place.url
    assert list(place.layers) == ["em", "nuclei"]


@pytest.mark.long
def test_a_refusal_at_the_end_loses_nothing(place: Place) -> None:
    """What was sent stays, the dataset is what it was, and the same command goes on."""
    before = place.layers
    place.standin.faults(status={"routes": COMPOSE, "status": 403})
    run = place.run()
    assert run.returncode != 0
    assert place.layers == before
    place.standin.faults()
    place.standin.clear_log()
    assert url_of(place.run()) == place.url
    assert list(place.layers) == ["em", "nuclei"]
    assert place.standin.log()["chunks"] == {}


@pytest.mark.long
def test_plain_snakemake_and_a_sheet_add_layers_too(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The options in YAML, and as a row."""
    config = {"command": "add-layer", "source": str(place.here / "nuclei"), "target": place.url}
    (tmp_path / "my.yaml").write_text(json.dumps(config | {"job_size": 1}))
    monkeypatch.setenv("WK_TOKEN", place.standin.token)
    run = snakemake("--configfile", tmp_path / "my.yaml", "--cores", "2", cwd=place.here)
    assert run.returncode == 0, run.stderr
    assert list(place.layers) == ["em", "nuclei"]
    sheet = place.here / "sheet.csv"
    write_stack(place.here / "axons", VOLUME)
    rows = [f"add-layer,axons,{place.url},axons"]
    sheet.write_text("\n".join(["command,source,target,layer_name", *rows]) + "\n")
    batch = wkflow("batch", sheet, standin=place.standin, cwd=place.here)
    assert batch.returncode == 0, batch.stderr
    assert list(place.layers) == ["em", "nuclei", "axons"]


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Standin]:
    """Run a server of the oldest version that is spoken."""
    with standin_in(tmp_path / "old", api=13, oldest=5) as running:
        yield running


@pytest.mark.long
def test_the_oldest_version_adds_layers(tmp_path: Path, other: Standin) -> None:
    """It has the route as well."""
    mags = {"1": noise(1, 1, 64, 60, 40)}
    dataset = write_dataset(tmp_path / "hand", HandLayer("em", mags))
    url = publish(other, dataset, 13).url
    write_stack(tmp_path / "here/nuclei", VOLUME)
    run = wkflow(
        "add-layer", *SHAPES, tmp_path / "here/nuclei", url, standin=other, cwd=tmp_path / "here"
    )
    assert url_of(run) == url
    found = arrived(other, url)["properties"]["dataLayers"]
    assert [one["name"] for one in found] == ["em", "nuclei"]
