"""Pictures and tables as files, of which Snakemake makes its own report."""

import csv
import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from wkflow.model.datasource_properties import Existing
from wkflow.report.histogram import HEIGHT, WIDTH
from wkflow.report.job_records import JobRecord, sum_by_rule
from wkflow.report.layer_section import mag_rows
from wkflow.report.picture_files import layer_files, run_files

from tests.datasets import properties
from tests.report.test_layer_section import drawn
from tests.report.volumes import CORNERS, dataset
from tests.runs import VOXEL_SIZE, noise, snakemake, wkflow, write_stack


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode())))


def test_a_layer_has_planes_slices_values_and_mags(tmp_path: Path) -> None:
    """The pictures are those of the page; slices are called after their numbers."""
    folder = dataset(tmp_path)
    existing = Existing.parse(properties(folder), "test")
    rows = mag_rows(existing.layers[0], existing.voxel_size, {"em/1": (2, 500)})
    files = layer_files("em", drawn(folder), rows)
    assert len(files) == 3 + 8 + 2
    last = np.asarray(Image.open(io.BytesIO(files["em/slice 19.png"])))
    assert last[-1, -1] == CORNERS[1, 1, 1]
    assert files["em/values.svg"].startswith(b"<svg xmlns")
    assert f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'.encode() in files["em/values.svg"]
    head, row = table(files["em/mags.csv"])
    assert dict(zip(head, row, strict=True)) == {
        "mag": "1", "x": "40", "y": "30", "z": "20", "voxels": "24000", "bytes": "24000",
        "bytes stored": "500", "files": "2",
    }  # fmt: skip


def test_without_pictures_there_are_tables() -> None:
    """Snakemake's report wants at least one file."""
    assert set(layer_files("em", None, [])) == {"em/mags.csv"}
    files = run_files(sum_by_rule([JobRecord("convert_slab", "em", 1, 3, 5, 7)]))
    assert table(files["the run/jobs.csv"])[1] == ["convert_slab", "1", "5", "7", "2.000", "2.000"]


@pytest.mark.long
def test_snakemakes_own_report_shows_them(tmp_path: Path) -> None:
    """By layer, each once, with captions; no cores have to be named."""
    source = write_stack(tmp_path / "stack", noise(4, 30, 40))
    run = wkflow("convert", *VOXEL_SIZE, source, tmp_path / "out")
    assert run.returncode == 0, run.stderr
    folder = tmp_path / "out.wkflow"
    archive = tmp_path / "report.zip"
    run = snakemake("--configfile", folder / "config.yaml", "--report", archive, cwd=folder)
    assert run.returncode == 0, run.stderr
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
        shown = opened.read("report/report.html").decode()
    assert len(names) == len(set(names)) == 1 + 1 + (3 + 4 + 2) + 1
    assert {"XY.png", "values.svg", "jobs.csv"} <= {name.rpartition("/")[2] for name in names}
    assert "plane through the middle of the layer" in shown
    assert "same pictures and tables" in re.sub(r"\s+", " ", shown)
