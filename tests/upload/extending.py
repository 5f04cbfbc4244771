"""Datasets that a server has, and the mags that they get: whole runs of `wkflow downsample URL`."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from tests import runs
from tests.dataset_cases import OFFSET
from tests.datasets import HandLayer, mag_name, properties, write_dataset
from tests.runs import noise
from tests.standin.sender import Sender
from tests.standin.server import Standin
from tests.upload.runs import Run, arrived, mag_files, wkflow

EXTENT = (57, 60, 33)

LAYERS = (
    HandLayer("em", {"1": noise(1, 1, 90, 77, 40)}),
    HandLayer("rgb", {"1": noise(1, 3, 90, 77, 40, seed=1)}, OFFSET, EXTENT),
    HandLayer("cubes", {"1": noise(1, 1, 90, 77, 40, seed=2)}, data_format="wkw"),
    HandLayer(
        "ids",
        {
            "1": noise(1, 1, 90, 77, 40, dtype="uint64", seed=3) // np.uint64(2**62)
            + np.uint64(2**53)
        },
        OFFSET,
        EXTENT,
        category="segmentation",
        fields={"largestSegmentId": 2**53 + 3},
    ),
)
"""Formats, channels, boxes and dtypes that differ; shards enough for several pieces and jobs."""

SMALL = ("--chunk-shape", "16", "--shard-shape", "32", "--coarsest-mag", "4")
"""Of every run here: many files, and two new mags of each layer."""

NEW = ("2-2-1", "4-4-2")


@dataclass(frozen=True)
class Found:
    """A dataset of a server: its address, and its properties when it came there."""

    url: str
    before: dict[str, Any]

    @property
    def key(self) -> str:
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Pair:
    """A dataset with one mag of each layer, and what a run on this machine makes of it.

    Neither is to be changed.
    """

    bare: Path
    whole: Path

    @classmethod
    def of(cls, folder: Path, *layers: HandLayer) -> Self:
        bare, whole = (write_dataset(folder / name, *layers) for name in ("bare", "whole"))
        run = runs.wkflow("downsample", *SMALL, whole)
        assert run.returncode == 0, run.stderr
        return cls(bare, whole)


def publish(standin: Standin, dataset: Path, api: int = 16, **reserved: object) -> Found:
    """Upload a dataset as a plain client does; `reserved` are further fields of the reservation."""
    names = [path for path in sorted(dataset.rglob("*")) if path.is_file()]
    sender = Sender(standin, api)
    named = {"name" if api < 14 else "datasetName": "hand"}
    assert sender.reserve(len(names), size=2**30, **named, **reserved).status_code == 200
    for path in names:
        sent = sender.send(path.relative_to(dataset).as_posix(), path.read_bytes())
        assert sent.status_code == 200, sent.text
    finished = sender.finish()
    assert finished.status_code == 200, finished.text
    standin.clear_log()
    url = f"{standin.url}/datasets/{next(iter(finished.json().values()))}"
    return Found(url, arrived(standin, url)["properties"])


def downsample(
    standin: Standin, url: str, *options: object, here: Path, **variables: str | None
) -> Run:
    """Add mags to a dataset of a server."""
    arguments = ("downsample", *SMALL, *options, url)
    return wkflow(*arguments, standin=standin, cwd=here, **variables)


def run_folder(here: Path) -> Path:
    """Give the only run folder."""
    (folder,) = here.glob("*.downsample")
    return folder


def there(standin: Standin, found: Found) -> dict[str, Path]:
    """Give the folders of all mags that a server's dataset has now, by `layer/mag`."""
    return folders(arrived(standin, found.url)["properties"])


def folders(document: dict[str, Any], root: Path = Path("/")) -> dict[str, Path]:
    """Give the folders of all mags of a data source, by `layer/mag`."""
    return {
        f"{layer['name']}/{mag_name(mag)}": root / mag["path"].removeprefix("file://")
        for layer in document["dataLayers"]
        for mag in layer["mags"]
    }


def assert_extended(standin: Standin, found: Found, whole: Path, *layers: str) -> None:
    """Compare with a local run file by file; say that else nothing in the dataset has changed.

    `layers` are those that were to get mags, by default all.

    Nothing is half there: no upload has no end, and beside the listed mags there are no files.
    """
    document = arrived(standin, found.url)["properties"]
    theirs, ours = folders(document), folders(properties(whole), whole)
    new = theirs.keys() - folders(found.before).keys()
    names = layers or [layer["name"] for layer in document["dataLayers"]]
    assert new == {f"{layer}/{mag}" for layer in names for mag in NEW} <= ours.keys()
    expected = mag_files({name: ours[name] for name in new})
    came = mag_files({name: theirs[name] for name in new})
    assert sorted(came.keys() ^ expected.keys()) == []
    assert [name for name in expected if expected[name] != came[name]] == []
    assert _without(document, new) == found.before
    assert [one for one in standin.uploads() if one["dataset"] == found.key] == []
    for name, path in theirs.items():
        beside = {one.name for one in path.parent.iterdir() if one.is_dir()}
        layer = name.partition("/")[0]
        assert beside == {theirs[n].name for n in theirs if n.startswith(f"{layer}/")}


def _without(document: dict[str, Any], names: AbstractSet[str]) -> dict[str, Any]:
    layers = [
        layer | {"mags": [mag for mag in layer["mags"]
                          if f"{layer['name']}/{mag_name(mag)}" not in names]}
        for layer in document["dataLayers"]
    ]  # fmt: skip
    return document | {"dataLayers": layers}
