"""Frames of files that hold several volumes, times or segments, by pydicom."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from pydicom.uid import SegmentationStorage
from wkflow.errors import SourceError
from wkflow.readers import probe

from tests.readers.contract import read_all
from tests.readers.dicom.writer import dataset_of, items, noise, save, write_plain

FLAT = [1.0, 0, 0, 0, 1, 0]


def content(time: int, number: int | None = None, stack: str = "1") -> dict[str, Any]:
    """Say when a frame was taken, and which of its stack it is."""
    stated = {} if number is None else {"InStackPositionNumber": number, "StackID": stack}
    return group(FrameContentSequence={"TemporalPositionIndex": time, **stated})


def at(z: float, **more: dict[str, Any]) -> dict[str, Any]:
    """Say where a frame lies, and what else holds for it."""
    return group(
        PlanePositionSequence={"ImagePositionPatient": [0, 0, z]},
        PlaneOrientationSequence={"ImageOrientationPatient": FLAT},
        **more,
    )


def group(**sequences: dict[str, Any]) -> dict[str, Any]:
    return {name: items(attributes) for name, attributes in sequences.items()}


def echo(z: float, milliseconds: float) -> dict[str, Any]:
    return at(z, MREchoSequence={"EffectiveEchoTime": milliseconds})


def write(folder: Path, groups: list[dict[str, Any]], frames: int = 0, **more: Any) -> str:  # noqa: ANN401
    """Write frames whose voxels are their numbers."""
    voxels = np.arange(frames or len(groups), dtype="uint8")[:, None, None, None]
    return write_plain(
        folder / "frames.dcm", np.broadcast_to(voxels, (len(voxels), 2, 3, 1)),
        PerFrameFunctionalGroupsSequence=items(*groups), **more,
    )  # fmt: skip


def order_of(path: str) -> list[list[list[int]]]:
    """Give, of each image, the frames at each time."""
    return [
        read_all(path, image=number)[:, 0, :, 0, 0, 0].tolist()
        for number in range(len(probe(path)))
    ]


@pytest.mark.parametrize(
    ("groups", "order"),
    [
        ([content(1, 1), content(2, 1), content(1, 2), content(2, 2)], [[[0, 2], [1, 3]]]),
        ([content(2, 2), content(2, 1), content(1, 2), content(1, 1)], [[[3, 2], [1, 0]]]),
        ([content(1), content(2), content(1), content(2)], [[[0, 2], [1, 3]]]),
        ([content(1, 2), content(1, 1)], [[[1, 0]]]),
        ([content(1, 1, "1"), content(1, 1, "2")], [[[0]], [[1]]]),
        ([at(0), at(5), at(2.5)], [[[0, 2, 1]]]),
        ([at(5), at(2.5), at(0)], [[[0, 1, 2]]]),
        ([echo(0, 10), echo(0, 20), echo(3, 10), echo(3, 20)], [[[0, 2]], [[1, 3]]]),
        ([{}, {}], [[[0, 1]]]),
    ],
)
def test_frames_are_put_where_they_say(
    tmp_path: Path, groups: list[dict[str, Any]], order: list[list[list[int]]]
) -> None:
    """By time, number or position; those at one place are images of their own."""
    assert order_of(write(tmp_path, groups)) == order


def test_volumes_are_named_after_what_differs(tmp_path: Path) -> None:
    """Two echoes at the same places."""
    path = write(tmp_path, [echo(z, time) for time in (10, 20) for z in (0, 3)])
    assert [one.about.name for one in probe(path)] == ["echo10", "echo20"]


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([at(0), at(0)], "frames 1 and 2 at the same place; they differ in nothing"),
        ([content(1, 1), content(1, 1)], "frames 1 and 2 at the same place"),
        ([content(1), content(2), content(2)], "1 at time 1, 2 at time 2"),
    ],
)
def test_frames_at_one_place_are_never_neighbours(
    tmp_path: Path, groups: list[dict[str, Any]], words: str
) -> None:
    """What nothing tells apart is refused, as is a time that lacks planes."""
    with pytest.raises(SourceError, match=words):
        probe(write(tmp_path, groups))


@pytest.mark.parametrize(
    ("groups", "order", "named"),
    [
        ([content(1, 1), content(2, 1), content(2, 2)], [[0, 255], [1, 2]], ("z=1, t=0",)),
        ([at(z) for z in (0, 2, 4, 8, 10)], [[0, 1, 2, 255, 3, 4]], ("z=3",)),
        ([at(z) for z in (10, 8, 2, 0)], [[0, 1, 255, 255, 2, 3]], ("z=2 to 3",)),
        ([content(1, n) | at(n) for n in (1, 2, 3)] + [content(2, n) | at(n) for n in (1, 3)],
         [[0, 1, 2], [3, 255, 4]], ("z=1, t=1",)),
        ([content(1, n) | at(n) for n in (1, 2, 4, 5)]
         + [content(2, n) | at(n) for n in (1, 2, 3, 5)],
         [[0, 1, 255, 2, 3], [4, 5, 6, 255, 7]], ("z=2, t=0", "z=3, t=1")),
        ([content(1, n) for n in (3, 5, 9)], [[0, 1, 255, 2]], ("z=2",)),
    ],
)  # fmt: skip
def test_planes_that_were_never_written_are_gaps(
    tmp_path: Path, groups: list[dict[str, Any]], order: list[list[int]], named: tuple[str, ...]
) -> None:
    """At some of the times, or holes in an even grid: named by place, zeros where that is asked."""
    path = write(tmp_path, groups)
    (found,) = probe(path)
    assert found.gaps.named == named
    expected = np.where(np.array(order) == 255, 0, np.array(order))
    assert order_of(path) == [expected.tolist()]


def test_planes_at_uneven_distances_are_no_gaps(tmp_path: Path) -> None:
    """Nor a shift between times, nor three planes of which one lies farther away."""
    for depths in ((0, 1, 3.4, 5), (0, 1, 3), (0, 1, 2, 3)):
        assert not probe(write(tmp_path, [at(z) for z in depths]))[0].gaps.count
    shifted = [content(t, n) | at(n + t / 3) for t in (1, 2) for n in (1, 2, 3, 4)]
    assert not probe(write(tmp_path, shifted))[0].gaps.count


def test_plain_frames_are_planes(tmp_path: Path) -> None:
    """Also if the file describes another number of frames than it has."""
    assert order_of(write(tmp_path, [content(1), content(2)], frames=3)) == [[[0, 1, 2]]]


def test_a_cine_says_that_its_planes_are_times(tmp_path: Path) -> None:
    """It states no place; the note says what its planes are."""
    path = write_plain(tmp_path / "cine.dcm", noise("uint8", 3, 4, 5, 1), FrameTime=33.3)
    (note,) = probe(path)[0].about.notes
    assert note.startswith("its frames are times")


def test_vectors_of_nuclear_medicine_tell_detectors_and_times_apart(tmp_path: Path) -> None:
    """Two detectors at two times: an image for each detector (PS3.3, C.8.4.8)."""
    path = write_plain(
        tmp_path / "nm.dcm", np.arange(4, dtype="uint8").reshape(4, 1, 1, 1),
        DetectorVector=[1, 1, 2, 2], TimeSliceVector=[1, 2, 1, 2],
    )  # fmt: skip
    assert order_of(path) == [[[0], [1]], [[2], [3]]]
    assert [one.about.name for one in probe(path)] == ["detector1", "detector2"]


def write_segments(path: Path, frames: list[tuple[int, float]], kind: str = "BINARY") -> str:
    """Write a binary segmentation: of each frame its segment and position; voxels are its bits."""
    count = len(frames)
    bits = np.zeros((count, 8, 8), np.uint8)
    for number in range(count):
        bits[number, number % 8] = 1
    dataset = dataset_of(
        np.zeros((count, 8, 8, 1), np.uint8),
        SegmentSequence=items(
            *({"SegmentNumber": n, "SegmentLabel": f"cell {n}"} for n in (1, 2))
        ),
        SegmentationType=kind,
        SharedFunctionalGroupsSequence=items(
            group(PixelMeasuresSequence={"SpacingBetweenSlices": 2.0, "PixelSpacing": [1, 1]})
        ),
        PerFrameFunctionalGroupsSequence=items(
            *(at(z, SegmentIdentificationSequence={"ReferencedSegmentNumber": n})
              for n, z in frames)
        ),
    )  # fmt: skip
    dataset.SOPClassUID = SegmentationStorage
    dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit, dataset.NumberOfFrames = 0, count
    return save(path, dataset, np.packbits(bits, bitorder="little").tobytes())


def rows_of(path: str, image: int) -> list[int]:
    """Give, of each plane, the row that is set, and -1 where none is."""
    voxels = read_all(path, image=image)[0, 0, ..., 0]
    return [int(plane[:, 0].argmax()) if plane.any() else -1 for plane in voxels]


def test_each_segment_is_an_image(tmp_path: Path) -> None:
    """On the same planes, with their distance and its label."""
    path = write_segments(tmp_path / "seg.dcm", [(n, z) for n in (1, 2) for z in (0, 2, 4)])
    assert [one.about.name for one in probe(path)] == ["cell 1", "cell 2"]
    assert {one.about.voxel_nm[2] for one in probe(path)} == {2e6}
    assert {one.about.category for one in probe(path)} == {"segmentation"}
    assert (rows_of(path, 0), rows_of(path, 1)) == ([0, 1, 2], [3, 4, 5])


def test_planes_that_a_segment_leaves_out_are_zero(tmp_path: Path) -> None:
    """In the middle of one, and those that none has, with a note."""
    path = write_segments(tmp_path / "seg.dcm", [(1, 0), (1, 8), (2, 2), (2, 8)])
    assert (rows_of(path, 0), rows_of(path, 1)) == ([0, -1, -1, -1, 1], [-1, 2, -1, -1, 3])
    assert probe(path)[0].about.notes == (
        "2 planes that hold no segment are left out of it: they are zero",
    )


def test_likelihoods_are_no_ids(tmp_path: Path) -> None:
    """A fractional segmentation is shown as an image."""
    path = write_segments(tmp_path / "seg.dcm", [(1, 0), (1, 2)], "FRACTIONAL")
    assert probe(path)[0].about.category == "color"


def test_a_part_of_a_frame_is_read(tmp_path: Path) -> None:
    """Voxel by voxel what the whole gives."""
    voxels = noise("uint16", 4, 6, 7, 1)
    groups = items(*(at(z) for z in (6, 0, 2, 4)))
    path = write_plain(tmp_path / "a.dcm", voxels, PerFrameFunctionalGroupsSequence=groups)
    assert_array_equal(read_all(path)[0, 0], voxels[[1, 2, 3, 0]], strict=True)
