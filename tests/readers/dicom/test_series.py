"""Series of DICOM slices by pydicom, with file names that tell nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from wkflow.errors import SourceError
from wkflow.readers import sort_series
from wkflow.readers.dicom.series import series_notes, series_spacing

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
    ((_, series),) = sort_series(write_at(tmp_path, places, axes))
    assert names(series) == ["b", "c", "a"]
    assert series_spacing(series) == pytest.approx(2.5)
    assert series_notes(series) == ()


def test_a_tilted_gantry_is_a_stack(tmp_path: Path) -> None:
    """Positions lie on a line that is not the normal; the distance is along the normal."""
    places = {name: [0, 0.5 * k, 2.0 * k] for k, name in enumerate("dcba")}
    ((_, series),) = sort_series(write_at(tmp_path, places))
    assert names(series) == ["d", "c", "b", "a"]
    assert series_spacing(series) == pytest.approx(2.0)


def test_where_positions_are_no_stack_numbers_count(tmp_path: Path) -> None:
    """One off the line."""
    places = {"a": [0.0, 0, 1], "b": [9.0, 0, 2], "c": [0.0, 0, 3]}
    ((_, series),) = sort_series(list(reversed(write_at(tmp_path, places))))
    assert names(series) == ["a", "b", "c"]
    assert series_spacing(series) is None
    assert series_notes(series) == ("the slices do not lie on a line",)


def write_repeats(folder: Path, **attributes: list[Any]) -> list[str]:
    """Write a slice per value, two after the other at each place; names tell nothing."""
    count = len(next(iter(attributes.values())))
    return [
        write(
            folder, f"{number * 7 % count}", InstanceNumber=number + 1,
            ImagePositionPatient=[0.0, 0, number // 2], ImageOrientationPatient=FLAT,
            **{name: values[number] for name, values in attributes.items()},
        )
        for number in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("attributes", "labels"),
    [
        ({"EchoNumbers": [1, 2] * 3}, ["echo1", "echo2"]),
        ({"EchoTime": [4.5, 9] * 3}, ["echo4.5", "echo9"]),
        ({"ImageType": [["ORIGINAL", "PRIMARY", kind] for kind in "MP" * 3]}, ["typeM", "typeP"]),
        ({"DiffusionBValue": [0.0, 1000.0] * 3}, ["b0", "b1000"]),
        ({"TemporalPositionIdentifier": [1, 2] * 3}, ["time1", "time2"]),
        ({"AcquisitionTime": ["101500.25", "101600.25"] * 3}, ["time0", "time1"]),
        (
            {"EchoNumbers": [1, 2] * 3, "ContentTime": [f"10150{n}" for n in range(6)]},
            ["echo1", "echo2"],
        ),
    ],
)
def test_slices_at_one_place_are_told_apart(
    tmp_path: Path, attributes: dict[str, list[Any]], labels: list[str]
) -> None:
    """Each volume has every place once, and is named after what differs."""
    files = write_repeats(tmp_path, **attributes)
    found = dict(sort_series(files))
    assert sorted(found) == labels
    assert sorted(found.values()) == sorted([tuple(files[::2]), tuple(files[1::2])])
    assert {series_spacing(series) for series in found.values()} == {1}


def test_two_attributes_tell_what_one_does_not(tmp_path: Path) -> None:
    """Four slices at each place: two echoes, of each the magnitude and the phase."""
    files = [
        write(
            tmp_path, f"{place}{echo}{kind}", EchoNumbers=echo, ImageType=["ORIGINAL", kind],
            ImagePositionPatient=[0.0, 0, place], ImageOrientationPatient=FLAT,
        )
        for place in (0, 2, 4) for echo in (1, 2) for kind in "MP"
    ]  # fmt: skip
    found = dict(sort_series(files))
    assert sorted(found) == ["echo1_typeM", "echo1_typeP", "echo2_typeM", "echo2_typeP"]
    assert names(found["echo2_typeM"]) == ["02M", "22M", "42M"]


def test_an_echo_that_lacks_a_slice_is_still_apart(tmp_path: Path) -> None:
    """Its volume is shorter."""
    files = write_repeats(tmp_path, EchoNumbers=[1, 2] * 3)[:-1]
    assert [len(series) for _, series in sort_series(files)] == [3, 2]


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"EchoNumbers": [1, 1] * 3}, "they differ in InstanceNumber"),
        ({"ContentTime": [f"10150{n}" for n in range(6)]}, "in ContentTime, InstanceNumber"),
    ],
)
def test_slices_that_nothing_tells_apart_are_refused(
    tmp_path: Path, attributes: dict[str, list[Any]], words: str
) -> None:
    """They are never neighbours along z; the error names both, and in what they differ."""
    with pytest.raises(SourceError, match=words) as failure:
        sort_series(write_repeats(tmp_path, **attributes))
    assert failure.value.where.startswith(str(tmp_path))


def test_slice_locations_are_places_too(tmp_path: Path) -> None:
    """Where there is no position, unless all are alike, as a default is."""
    files = [write(tmp_path, f"{n}", SliceLocation=n // 2, EchoNumbers=n % 2) for n in range(4)]
    assert [len(series) for _, series in sort_series(files)] == [2, 2]
    alike = [write(tmp_path, f"a{n}", SliceLocation=0) for n in range(3)]
    assert [len(series) for _, series in sort_series(alike)] == [3]


def test_slices_that_face_another_way_are_apart(tmp_path: Path) -> None:
    """A localizer holds several stacks in one series."""
    flat = write_at(tmp_path, {"a": [0.0, 0, 0], "c": [0.0, 0, 5]})
    tilted = write_at(tmp_path, {"b": [0.0, 0, 0], "d": [0.0, 3, -4]}, TILTED)
    found = sort_series([*flat, *tilted])
    assert [(label, names(series)) for label, series in found] == [
        ("direction0", ["a", "c"]),
        ("direction1", ["d", "b"]),
    ]


def test_without_numbers_names_count(tmp_path: Path) -> None:
    """As people count, not as letters do."""
    files = [write(tmp_path, name) for name in ("IM10", "IM9", "IM1")]
    ((_, series),) = sort_series(files)
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
    found = [names(series) for _, series in sort_series(files)]
    assert found == [["a", "c"], ["b"], ["d"], ["e"], ["f"]]


def test_missing_slices_are_noted(tmp_path: Path) -> None:
    """How many, and where."""
    places = {name: [0.0, 0, z] for name, z in {"a": 0, "b": 2, "c": 8, "d": 10}.items()}
    ((_, series),) = sort_series(write_at(tmp_path, places))
    assert series_spacing(series) is None
    assert series_notes(series) == ("2 slices seem to be missing, 2 of them after b",)


def test_uneven_spacing_is_noted(tmp_path: Path) -> None:
    """The least and the largest distance."""
    places = {name: [0.0, 0, z] for name, z in {"a": 0, "b": 2, "c": 5}.items()}
    ((_, series),) = sort_series(write_at(tmp_path, places))
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
