"""Color or segmentation, by the same evidence in every run."""

from pathlib import Path

import numpy as np
import pytest
from wkflow.model.box import Box, Triple
from wkflow.model.source import Source
from wkflow.planning.infer_category import judge_category
from wkflow.readers import probe

from tests.steps.arrays import ArrayImage, noise, opener
from tests.steps.stacks import Volume, grains, write_pngs, write_tiffs


def judged(folder: Path) -> tuple[str, str]:
    """Judge a folder of slices."""
    files = tuple(str(path) for path in sorted(folder.iterdir()))
    (found,) = probe(files[0])
    header, marks = found.header, ((1, 1),) * len(files)
    return judge_category(Source(files, marks, header, found.grain, is_stack=True))


def labels(dtype: str = "uint16") -> Volume:
    """Make cells of 40 voxels an edge, each with a number."""
    coarse = np.arange(1, 65).reshape(1, 8, 8)
    return coarse.repeat(3, 0).repeat(40, 1).repeat(40, 2).astype(dtype)


@pytest.mark.parametrize("name", ["segmentation", "my_Labels_2"])
def test_the_name_decides_first(tmp_path: Path, name: str) -> None:
    """Whatever the voxels look like."""
    category, evidence = judged(write_tiffs(tmp_path / name, grains(3)))
    assert category == "segmentation"
    assert evidence.startswith(f"its name {name!r} contains")


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32"])
def test_few_values_are_cells(tmp_path: Path, dtype: str) -> None:
    """A square of 64 voxels an edge seldom holds more than a few cells."""
    category, evidence = judged(write_tiffs(tmp_path / "a", labels(dtype)))
    assert category == "segmentation"
    assert "distinct values" in evidence


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_many_values_are_an_image(tmp_path: Path, dtype: str) -> None:
    """Noise has them everywhere."""
    assert judged(write_tiffs(tmp_path / "a", grains(3, 300, 300, dtype)))[0] == "color"


@pytest.mark.parametrize("background", ["zero", "most"])
def test_background_is_no_evidence(tmp_path: Path, background: str) -> None:
    """Neither zeros nor the largest value count: a small bright image is one."""
    volume = grains(3, 300, 300)
    volume[:, 90:] = 0 if background == "zero" else 255
    assert judged(write_tiffs(tmp_path / "a", volume))[0] == "color"
    volume[:] = 0 if background == "zero" else 255
    category, evidence = judged(write_tiffs(tmp_path / "a", volume))
    assert category == "color"
    assert "too little to see" in evidence


def test_fractions_and_rgb_are_images(tmp_path: Path) -> None:
    """No voxel needs to be looked at."""
    floats = np.ones((2, 200, 200), np.float32)
    assert judged(write_tiffs(tmp_path / "a", floats)) == ("color", "it holds 200 x 200 float32")
    rgb = np.ones((2, 200, 200, 3), np.uint8)
    category, evidence = judged(write_pngs(tmp_path / "b", rgb))
    assert category == "color"
    assert "3 samples" in evidence


def test_a_slice_of_another_size_is_no_reason_to_stop(tmp_path: Path) -> None:
    """It is told when it is converted, with all others."""
    folder = write_tiffs(tmp_path / "a", labels()[:2])
    write_tiffs(folder, labels()[:1, :99], begin=2)
    assert judged(folder)[0] == "segmentation"


def test_the_same_files_are_judged_the_same(tmp_path: Path) -> None:
    """No dice."""
    folder = write_tiffs(tmp_path / "a", grains(9, 200, 200))
    assert judged(folder) == judged(folder)


def asked(monkeypatch: pytest.MonkeyPatch, source: Source, image: ArrayImage) -> list[Box]:
    """Judge a source that is one image; give what was read of it."""
    monkeypatch.setattr("wkflow.voxels.layer_reader.open_images", opener({source.files[0]: image}))
    judge_category(source)
    return image.asked


def one_image(grain: Triple, *, is_stream: bool = False) -> tuple[Source, ArrayImage]:
    image = ArrayImage(noise(1, 1, 9, 300, 400, 1), grain, is_stream)
    header = image.probe.header
    return Source(("/em.tif",), ((1, 1),), header, grain, is_stream=is_stream), image


def test_squares_are_read_for_themselves_where_that_is_cheap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the first, the middle and the last slice; whole slices are read once each."""
    boxes = asked(monkeypatch, *one_image((1, 1, 1)))
    assert {box.size for box in boxes} == {(64, 64, 1)}
    assert sorted({box.begin[2] for box in boxes}) == [0, 4, 8]
    boxes = asked(monkeypatch, *one_image((400, 300, 1)))
    assert [(box.size, box.begin[2]) for box in boxes] == [((400, 300, 1), z) for z in (0, 4, 8)]


def test_of_what_is_costly_little_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """One whole slice from the middle; of a stream what comes soon, in its order."""
    monkeypatch.setattr("wkflow.planning.infer_category.COSTLY_BYTES", 3 * 300 * 400)
    stream = asked(monkeypatch, *one_image((400, 300, 1), is_stream=True))
    assert [box.begin[2] for box in stream] == [1, 3]
    monkeypatch.setattr("wkflow.planning.infer_category.COSTLY_BYTES", 1)
    assert [box.begin[2] for box in asked(monkeypatch, *one_image((400, 300, 1)))] == [4]
    assert len(asked(monkeypatch, *one_image((1, 1, 1)))) == 75
    stream = asked(monkeypatch, *one_image((400, 300, 1), is_stream=True))
    assert [box.begin[2] for box in stream] == [0]


def test_remote_slices_are_looked_at_on_this_machine(tmp_path: Path) -> None:
    """Only those that are judged are fetched."""
    folder = write_tiffs(tmp_path / "a", grains(9, 100, 100))
    (found,) = probe(str(folder / "slice_0.tif"))
    files = tuple(f"s3://b/slice_{z}.tif" for z in range(9))
    source = Source(files, ((1, 1),) * 9, found.header, found.grain, is_stack=True)
    fetched: list[str] = []

    def local(file: str) -> str:
        fetched.append(file)
        return file.replace("s3://b", str(folder))

    assert judge_category(source, local)[0] == "color"
    assert fetched == [files[0], files[4], files[8]]
