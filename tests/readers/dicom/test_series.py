"""Series of DICOM slices by pydicom, with file names that tell nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from wkflow.errors import SourceError
from wkflow.readers.dicom.series import series_notes, series_spacing, sort_series

from tests.readers.dicom.writer import SERIES, noise, write_plain

FLAT = [1.0, 0, 0, 0, 1, 0]
TILTED = [1.0, 0, 0, 0, 0.8, 0.6]
"""Directions of rows and columns."""


def write(folder: Path, name: str, **attributes: Any) -> str:  # noqa: ANN401
    return write_plain(folder / name, noise("uint8", 1, 4, 5, 1), **attributes)


def write_at(folder: Path, places: dict[str, list[float]], axes: list[float] = FLAT) -> list[str]:
    """Write a slice per name and position; numbers count in the order of the names."""
    return [
        write(
            folder, name, ImagePositionPatient=place, ImageOrientationPatient=axes,
            InstanceNumber=number,
        )
        for number, (name, place) in enumerate(places.items())
    ]  # fmt: skip


def names(series: tuple[str, ...]) -> list[str]:
    return [Path(path).name for path in series]


@pytest.mark.parametrize("axes", [FLAT, TILTED])
def test_positions_come_before_numbers_and_names(tmp_path: Path, axes: list[float]) -> None:
    """Slices go along their normal, with steps of its length."""
    normal = np.cross(axes[:3], axes[3:])
    places = {name: (normal * 2.5 * k - 7).tolist() for name, k in {"a": 2, "b": 0, "c": 1}.items()}
    (series,) = sort_series(write_at(tmp_path, places, axes))
    assert names(series) == ["b", "c", "a"]
    assert series_spacing(series) == pytest.approx(2.5)
    assert series_notes(series) == ()


def test_a_tilted_gantry_is_a_stack(tmp_path: Path) -> None:
    """Positions lie on a line that is not the normal; the distance is along the normal."""
    places = {name: [0, 0.5 * k, 2.0 * k] for k, name in enumerate("dcba")}
    (series,) = sort_series(write_at(tmp_path, places))
    assert names(series) == ["d", "c", "b", "a"]
    assert series_spacing(series) == pytest.approx(2.0)


@pytest.mark.parametrize(
    "places",
    [
        {"a": [0.0, 0, 1], "b": [0.0, 0, 1], "c": [0.0, 0, 0]},
        {"a": [0.0, 0, 1], "b": [9.0, 0, 2], "c": [0.0, 0, 3]},
    ],
)
def test_where_positions_are_no_stack_numbers_count(
    tmp_path: Path, places: dict[str, list[float]]
) -> None:
    """Two at one place, or one off the line."""
    (series,) = sort_series(list(reversed(write_at(tmp_path, places))))
    assert names(series) == ["a", "b", "c"]
    assert series_spacing(series) is None
    assert series_notes(series) == ("the slices do not lie on a line",)


def test_without_numbers_names_count(tmp_path: Path) -> None:
    """As people count, not as letters do."""
    files = [write(tmp_path, name) for name in ("IM10", "IM9", "IM1")]
    (series,) = sort_series(files)
    assert names(series) == ["IM1", "IM9", "IM10"]
    assert (series_spacing(series), series_notes(series)) == (None, ())


def test_series_and_shapes_are_told_apart(tmp_path: Path) -> None:
    """A scout of another shape is not among the slices, nor is a file of many frames."""
    files = [
        write(tmp_path, "a"),
        write(tmp_path, "b", SeriesInstanceUID=SERIES + ".2"),
        write(tmp_path, "c"),
        write_plain(tmp_path / "d", noise("uint8", 1, 6, 5, 1)),
        write_plain(tmp_path / "e", noise("uint8", 3, 4, 5, 1)),
        write_plain(tmp_path / "f", noise("uint8", 3, 4, 5, 1)),
    ]
    found = [names(series) for series in sort_series(files)]
    assert found == [["a", "c"], ["b"], ["d"], ["e"], ["f"]]


def test_missing_slices_are_noted(tmp_path: Path) -> None:
    """How many, and where."""
    places = {name: [0.0, 0, z] for name, z in {"a": 0, "b": 2, "c": 8, "d": 10}.items()}
    (series,) = sort_series(write_at(tmp_path, places))
    assert series_spacing(series) is None
    assert series_notes(series) == ("2 slices seem to be missing, 2 of them after b",)


def test_uneven_spacing_is_noted(tmp_path: Path) -> None:
    """The least and the largest distance."""
    places = {name: [0.0, 0, z] for name, z in {"a": 0, "b": 2, "c": 5}.items()}
    (series,) = sort_series(write_at(tmp_path, places))
    assert series_notes(series) == ("slices are unevenly spaced: 2 to 3 mm apart",)


def test_slopes_that_differ_are_noted(tmp_path: Path) -> None:
    """Stored values of PET do not compare from slice to slice."""
    files = [write(tmp_path, f"s{k}", RescaleSlope=k + 1, RescaleIntercept=0) for k in range(2)]
    (note,) = series_notes(files)
    assert "rescaled differently" in note


def test_a_slice_that_changed_is_read_again(tmp_path: Path) -> None:
    """What was read of a file holds as long as the file does."""
    files = write_at(tmp_path, {"a": [0.0, 0, 0], "b": [0.0, 0, 3]})
    assert series_spacing(files) == 3
    write_at(tmp_path, {"a": [0.0, 0, 0], "b": [0.0, 0, 3.25]})
    assert series_spacing(files) == 3.25


def test_what_is_no_slice_is_refused(tmp_path: Path) -> None:
    """The file is named."""
    path = tmp_path / "notes.dcm"
    path.write_text("no slice at all")
    with pytest.raises(SourceError, match="no DICOM") as failure:
        sort_series([str(path)])
    assert failure.value.where == str(path)
