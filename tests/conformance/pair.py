"""One source, converted by both programs."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.official import ROOT, Official
from tests.conformance.stacks import Voxels, write_pngs, write_tiffs

VOXEL_SIZE = (11.24, 11.24, 25.0)
SIZE_OPTION = ("--voxel-size", "11.24,11.24,25")
PROPERTIES = "datasource-properties.json"
VIEW, RANGE = "defaultViewConfiguration", "intensityRange"
CONVERTING = Path(__file__).with_name("converting.py")


@dataclass(frozen=True)
class Pair:
    """Our dataset and theirs, made of the same source in the same folder."""

    folder: Path

    @property
    def source(self) -> Path:
        return self.folder / "source"

    @property
    def ours(self) -> Path:
        return self.folder / "ours"

    @property
    def theirs(self) -> Path:
        return self.folder / "theirs"


def write_source(folder: Path, layers: Mapping[str, Voxels]) -> None:
    """Write a folder for each layer: PNG for RGB, else TIFF."""
    for name, voxels in layers.items():
        write = write_pngs if voxels.ndim == 4 else write_tiffs
        write(folder / name, voxels)


def convert_ours(
    source: Path, target: Path, *options: str, voxel_size: str = SIZE_OPTION[1]
) -> None:
    """Convert with our command line, as a person would."""
    path = os.pathsep.join(filter(None, [str(ROOT / "workflow"), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "wkflow.cli.main", "convert", "--quiet"]
    command += [SIZE_OPTION[0], voxel_size, *options]
    done = subprocess.run(
        [*command, source, target],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr


def convert_both(
    official: Official, folder: Path, layers: Mapping[str, Voxels], *options: str
) -> Pair:
    """Convert the same source twice, with the same options."""
    pair = Pair(folder)
    write_source(pair.source, layers)
    convert_ours(pair.source, pair.ours, *options)
    convert_theirs(official, pair.source, pair.theirs, *options)
    return pair


def convert_theirs(official: Official, source: Path, target: Path, *options: str) -> None:
    """Convert with the official library, in small shards, which its command cannot make."""
    official.script(CONVERTING, source, target, *SIZE_OPTION, *options)


def assert_alike(official: Official, ours: Path, theirs: Path) -> None:
    """Let the official library read both, and compare what describes them."""
    verdict = official.judge(ours, theirs)
    assert verdict["differences"] == []
    assert verdict["voxels"]
    assert all(verdict["voxels"].values())
    found, expected = properties(ours), properties(theirs)
    for layer, other in zip(found["dataLayers"], expected["dataLayers"], strict=True):
        mine, its = (one.get(VIEW, {}) for one in (layer, other))
        assert verdict["ranges"][layer["name"]] == mine.get(RANGE)  # its library reads ours
        if RANGE in mine and RANGE not in its:  # it leaves the range to WEBKNOSSOS
            low, high = mine.pop(RANGE)
            assert mine["min"] <= low < high <= mine["max"]
    assert found == expected


def properties(dataset: Path) -> dict[str, Any]:
    """Read what describes a dataset, without its name and with its layers in order."""
    document: dict[str, Any] = json.loads((dataset / PROPERTIES).read_text())
    del document["id"]["name"]
    document["dataLayers"].sort(key=lambda layer: layer["name"])
    return document


def mags(dataset: Path, layer: str) -> dict[str, list[int]]:
    """List the mags of a layer, finest first: folder and factors along x, y, z."""
    (found,) = (one for one in properties(dataset)["dataLayers"] if one["name"] == layer)
    return {mag["path"].rsplit("/", 1)[1]: mag["mag"] for mag in found["mags"]}
