"""Voxel sizes and notes of DICOM files by pydicom."""

from pathlib import Path
from typing import Any

import pytest
from wkflow.model.source import ImageMetadata
from wkflow.readers import probe
from wkflow.readers.dicom.metadata import even_step

from tests.readers.dicom.writer import dataset_of, items, noise, save, write_plain


def about(path: Path, frames: int = 1, **attributes: Any) -> ImageMetadata:  # noqa: ANN401
    write_plain(path, noise("uint16", frames, 4, 5, 1), **attributes)
    (found,) = probe(str(path))
    return found.about


def measures(rows: float, columns: float, **more: float) -> dict[str, Any]:
    return {"PixelMeasuresSequence": items({"PixelSpacing": [rows, columns], **more})}


@pytest.mark.parametrize(
    ("attributes", "voxel_nm"),
    [
        ({}, (None, None, None)),
        ({"PixelSpacing": [0.5, 0.25]}, (250_000, 500_000, None)),
        ({"ImagerPixelSpacing": [0.5, 0.25]}, (250_000, 500_000, None)),
        ({"PixelSpacing": [1, 1], "ImagerPixelSpacing": [2, 2]}, (1e6, 1e6, None)),
        ({"PixelSpacing": [0, -1]}, (None, None, None)),
        ({"SliceThickness": 3}, (None, None, 3e6)),
        ({"SliceThickness": 3, "SpacingBetweenSlices": -2}, (None, None, 2e6)),
        ({"SliceThickness": 3, "SpacingBetweenSlices": 0}, (None, None, 3e6)),
    ],
)
def test_sizes_are_in_mm_rows_first(
    tmp_path: Path, attributes: dict[str, Any], voxel_nm: tuple[float | None, ...]
) -> None:
    """The distance of rows is y, that of columns x; of slices the distance before the thickness."""
    assert about(tmp_path / "a.dcm", **attributes).voxel_nm == voxel_nm


@pytest.mark.parametrize(
    "name", ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"]
)
def test_frames_share_their_measures(tmp_path: Path, name: str) -> None:
    """Enhanced files state sizes in their functional groups."""
    groups = items(*[measures(0.5, 0.25, SliceThickness=3, SpacingBetweenSlices=4)] * 2)
    found = about(tmp_path / "a.dcm", 2, **{name: groups})
    assert found.voxel_nm == (250_000, 500_000, 4e6)


@pytest.mark.parametrize(("offsets", "z"), [([0, 5, 10], 5e6), ([0, -5, -10], 5e6), ([0, 5, 9], 0)])
def test_a_dose_tells_where_its_planes_are(tmp_path: Path, offsets: list[float], z: float) -> None:
    """Their distance counts if it is even."""
    found = about(tmp_path / "a.dcm", 3, GridFrameOffsetVector=offsets)
    assert found.voxel_nm[2] == (z or None)


def test_steps_of_nothing_are_none() -> None:
    """One place has no neighbour, and places may not fall together."""
    assert even_step([]) is even_step([1.0]) is even_step([2.0, 2.0]) is None


def test_rescaling_is_noted(tmp_path: Path) -> None:
    """It is not applied; none is needed for a slope of 1."""
    (note,) = about(tmp_path / "a.dcm", RescaleSlope=2.5, RescaleIntercept=-1024).notes
    assert "by 2.5, -1024 is not applied" in note
    assert about(tmp_path / "a.dcm", RescaleSlope=1, RescaleIntercept=0).notes == ()


@pytest.mark.parametrize(
    ("photometric", "words"), [("PALETTE COLOR", "palette is left out"), ("MONOCHROME1", "bright")]
)
def test_what_a_viewer_would_show_otherwise_is_noted(
    tmp_path: Path, photometric: str, words: str
) -> None:
    """Voxels are as stored."""
    (note,) = about(tmp_path / "a.dcm", PhotometricInterpretation=photometric).notes
    assert words in note


def test_an_odd_size_is_none(tmp_path: Path) -> None:
    """One number where two are due."""
    path = tmp_path / "a.dcm"
    voxels = noise("uint8", 1, 4, 5, 1)
    save(path, dataset_of(voxels, PixelSpacing=[0.5]), voxels.tobytes())
    assert probe(str(path))[0].about.voxel_nm == (None, None, None)
