"""Files become volumes: slices of a stack, images of files, series of a folder."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from wkflow.errors import SourceError
from wkflow.model.source import Gaps, Header, ImageInfo, ImageMetadata, RawLayout, References
from wkflow.planning import find_volumes as module
from wkflow.planning import group_slices
from wkflow.planning.find_layers import ImageFolder, find_layers
from wkflow.planning.find_volumes import Looking, Volume, find_volumes

from tests.steps.stacks import grains, write_tiffs

Probes = dict[str, tuple[ImageInfo, ...] | str]


def image(
    planes: int = 1, *, name: str = "", files: tuple[str, ...] = (), width: int = 9
) -> ImageInfo:
    return ImageInfo(Header(width, 8, planes, 1, "uint8"), (1, 1, 1), ImageMetadata(name), files)


@pytest.fixture
def headers(monkeypatch: pytest.MonkeyPatch) -> Probes:
    """Give a table of what each file's headers say; a text is what is wrong with it."""
    table: Probes = {}

    def probe(path: str, _: RawLayout | None, __: References) -> tuple[ImageInfo, ...]:
        found = table[path]
        if isinstance(found, str):
            raise SourceError(found, path, "Mend it.")
        return found

    monkeypatch.setattr(module, "probe", probe)
    monkeypatch.setattr(module, "series_spacing", lambda _: 0.5)
    monkeypatch.setattr(module, "series_notes", lambda _: ("of the series",))
    return table


def found_of(*files: str, name: str = "em") -> ImageFolder:
    marks = tuple((number, 1) for number in range(len(files)))
    return ImageFolder(name, files, marks, tuple(Path(file).stem for file in files), ("a note",))


def names(volumes: list[Volume]) -> list[str]:
    return [volume.name for volume in volumes]


def test_slices_are_one_volume(headers: Probes) -> None:
    """With what their folder's notes are, in front of those on their order."""
    headers |= {f"/{name}.x": (image(),) for name in "abc"}
    (volume,) = find_volumes(found_of("/a.x", "/b.x", "/c.x"))
    assert (volume.name, volume.notes[0]) == ("em", "a note")
    source = volume.source
    assert (source.is_stack, source.depth, source.files) == (True, 3, ("/a.x", "/b.x", "/c.x"))
    assert source.marks == ((0, 1), (1, 1), (2, 1))


def test_all_slices_unlike_most_are_named(headers: Probes) -> None:
    """Whatever is wrong with them, and though the first is one of them."""
    headers |= {f"/d/{n}.x": (image(),) for n in range(3, 9)}
    headers |= {"/d/1.x": (image(width=5),), "/d/2.x": "is empty", "/d/9.x": (image(4),)}
    found = found_of(*(f"/d/{n}.x" for n in range(1, 10)))
    with pytest.raises(SourceError) as caught:
        find_volumes(found)
    words = (
        "1.x: is 5 x 8 uint8, expected 9 x 8 uint8; 2.x: is empty; "
        "9.x: is 9 x 8 uint8 in 4 pages, expected 9 x 8 uint8 in 1 page"
    )
    assert (caught.value.what, caught.value.where) == (words, "/d")
    gone = SourceError("No such file or directory", "/d/0.x", "Look.")
    with pytest.raises(SourceError, match=r"^/d: 0\.x: No such .*; 1\.x.*; 2\.x.*; 9\.x"):
        find_volumes(replace(found, faults=(gone,)))
    headers |= {"/d/2.x": (image(width=3),), "/d/9.x": (image(),)}
    (volume,) = find_volumes(found, Looking(pad=True))
    assert volume.source.header.width == 9


def test_channels_in_names_are_volumes(headers: Probes) -> None:
    """Each of its own kind; one stack in the order of names if that is asked for."""
    files = [f"/d/z{z}_ch{c}.x" for z in range(2) for c in range(2)]
    headers |= {file: (image(width=5 + ("ch1" in file)),) for file in files}
    first, second = find_volumes(found_of(*files))
    assert (first.name, first.source.files) == ("em__channel0", (files[0], files[2]))
    assert (second.name, second.source.header.width) == ("em__channel1", 6)
    assert second.source.marks == ((1, 1), (3, 1))
    headers |= {file: (image(),) for file in files}
    (volume,) = find_volumes(found_of(*files), Looking(in_name_order=True))
    assert volume.source.files == tuple(files)


def test_padding_makes_room_for_the_largest_slice(headers: Probes) -> None:
    """Therefore all headers are read."""
    headers |= {"/a.x": (image(),), "/b.x": (image(width=99),), "/c.x": (image(width=20),)}
    (volume,) = find_volumes(found_of("/a.x", "/b.x", "/c.x"), Looking(pad=True))
    assert volume.source.header == Header(99, 8, 1, 1, "uint8")
    headers["/c.x"] = "is empty"
    with pytest.raises(SourceError, match="is empty"):
        find_volumes(found_of("/a.x", "/b.x", "/c.x"), Looking(pad=True))


def test_a_single_file_is_one_volume_of_all_its_planes(headers: Probes) -> None:
    """Of one plane as well: it is no stack."""
    for planes in (1, 7):
        headers["/a.x"] = (image(planes),)
        (volume,) = find_volumes(found_of("/a.x"))
        assert (volume.source.is_stack, volume.source.depth) == (False, planes)
        assert volume.name == "em"


def test_files_of_several_planes_are_volumes_of_their_own(headers: Probes) -> None:
    """Each is named after itself."""
    headers |= {"/a.x": (image(7),), "/b.x": (image(5),)}
    volumes = find_volumes(found_of("/a.x", "/b.x"))
    assert names(volumes) == ["a", "b"]
    assert [volume.source.depth for volume in volumes] == [7, 5]
    assert [volume.source.marks for volume in volumes] == [((0, 1),), ((1, 1),)]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (("", ""), ["em__image0", "em__image1"]),
        (("left", "right"), ["em_left", "em_right"]),
        (("left", "left"), ["em__image0", "em__image1"]),
        (("left", " "), ["em__image0", "em__image1"]),
        (("a/b", "a b"), ["em__image0", "em__image1"]),
        (("a/b", "ä c"), ["em_ab", "em_c"]),
    ],
)
def test_images_of_a_file_are_named_as_it_says(
    headers: Probes, own: tuple[str, str], expected: list[str]
) -> None:
    """By number where a name is missing, or stands twice."""
    headers["/a.x"] = tuple(image(3, name=name) for name in own)
    volumes = find_volumes(found_of("/a.x"))
    assert names(volumes) == expected
    assert [volume.source.image for volume in volumes] == [0, 1]


def test_files_with_several_images_each_are_told_apart(headers: Probes) -> None:
    """By the file, then by the image; flat images are no slices."""
    headers |= {"/a.x": (image(), image()), "/b.x": (image(),)}
    assert names(find_volumes(found_of("/a.x", "/b.x"))) == ["a__image0", "a__image1", "b"]


def test_files_that_belong_to_another_are_not_opened(tmp_path: Path, headers: Probes) -> None:
    """They are part of its volume, with their marks."""
    parts = [str(tmp_path / name) for name in ("a.x", "b.x", "c.x")]
    for part in parts:
        Path(part).write_bytes(b"x" * 5)
    headers[parts[0]] = (image(9, files=tuple(parts[:2])),)
    headers[parts[2]] = (image(4),)
    first, second = find_volumes(found_of(*parts))
    assert (first.source.files, first.source.is_stack) == (tuple(parts[:2]), False)
    assert [size for size, _ in first.source.marks] == [0, 5]  # the one that was listed, another
    assert second.source.files == (parts[2],)


def test_flat_images_of_several_files_are_no_slices(tmp_path: Path, headers: Probes) -> None:
    """A header with its voxels beside it is a volume, though it has one plane."""
    paths = [str(tmp_path / name) for name in ("a.hdr", "a.img", "b.hdr", "b.img")]
    for path in paths:
        Path(path).touch()
    for header, voxels in (paths[:2], paths[2:]):
        headers[header] = (image(files=(header, voxels)),)
    volumes = find_volumes(found_of(paths[0], paths[2]))
    assert names(volumes) == ["a", "b"]
    assert [volume.source.files for volume in volumes] == [tuple(paths[:2]), tuple(paths[2:])]


def test_all_bad_headers_are_named_at_once(headers: Probes) -> None:
    """Whether the first is among them or not."""
    headers |= {"/d/a.x": (image(3),), "/d/b.x": "is empty", "/d/c.x": "is cut short"}
    with pytest.raises(SourceError, match=r"b\.x: is empty; c\.x: is cut short"):
        find_volumes(found_of("/d/a.x", "/d/b.x", "/d/c.x"))
    headers["/d/a.x"] = "is no TIFF"
    with pytest.raises(SourceError, match=r"a\.x: is no TIFF; b\.x: is empty; c\.x: is cut short"):
        find_volumes(found_of("/d/a.x", "/d/b.x", "/d/c.x"))


def test_the_place_of_a_missing_slice_is_blank(headers: Probes) -> None:
    """It has no header that could be unlike the others, and is no file to open by itself."""
    headers |= {f"/{n}.x": (image(),) for n in (1, 2, 4)}
    (volume,) = find_volumes(found_of("/1.x", "/2.x", "/4.x"))
    source = volume.source
    assert (source.files, source.depth) == (("/1.x", "/2.x", "", "/4.x"), 4)
    assert source.marks == ((0, 1), (1, 1), (0, 0), (2, 1))
    assert source.missing == "3"
    headers |= {f"/{n}.x": (image(5),) for n in (1, 2, 4)}
    assert [one.source.files for one in find_volumes(found_of("/1.x", "/2.x", "/4.x"))] == [
        *(("/1.x",), ("/2.x",), ("/4.x",)),
    ]


def test_remote_files_are_looked_at_on_this_machine(headers: Probes) -> None:
    """What is planned is still the remote one."""
    headers["/here/a.tif"] = (image(3),)
    (volume,) = find_volumes(
        found_of("s3://b/a.tif"), Looking(local=lambda file: file.replace("s3://b", "/here"))
    )
    assert volume.source.files == ("s3://b/a.tif",)


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ([("/2.dcm", "/1.dcm", "/3.dcm")], {"em": ("/2.dcm", "/1.dcm", "/3.dcm")}),
        (
            [("/2.dcm", "/3.dcm"), ("/1.dcm",)],
            {"em_series0": ("/2.dcm", "/3.dcm"), "em_series1": ("/1.dcm",)},
        ),
    ],
)
def test_dicom_files_are_told_apart_by_series(
    headers: Probes,
    monkeypatch: pytest.MonkeyPatch,
    series: list[tuple[str, ...]],
    expected: dict[str, tuple[str, ...]],
) -> None:
    """In the order of their positions, each with its own mark."""
    monkeypatch.setattr(group_slices, "sort_series", lambda _: [("", one) for one in series])
    headers |= {f"/{n}.dcm": (image(),) for n in (1, 2, 3)}
    volumes = find_volumes(found_of("/1.dcm", "/2.dcm", "/3.dcm"))
    assert {volume.name: volume.source.files for volume in volumes} == expected
    for volume in volumes:
        assert volume.about.voxel_nm[2] == (5e5 if volume.source.is_stack else None)
        marks = [(int(Path(file).stem) - 1, 1) for file in volume.source.files]
        assert list(volume.source.marks) == marks


def test_remote_dicom_files_are_sorted_on_this_machine(
    headers: Probes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What sorts them opens them."""
    seen: list[str] = []

    def sort(files: list[str]) -> list[tuple[str, tuple[str, ...]]]:
        seen.extend(files)
        return [("", tuple(files))]

    monkeypatch.setattr(group_slices, "sort_series", sort)
    headers |= {"/here/1.dcm": (image(),), "/here/2.dcm": (image(),)}
    remote = found_of("s3://b/1.dcm", "s3://b/2.dcm")
    (volume,) = find_volumes(remote, Looking(local=lambda file: file.replace("s3://b", "/here")))
    assert seen == ["/here/1.dcm", "/here/2.dcm"]
    assert volume.source.files == remote.files


def test_samples_are_counted_through_all_channels(headers: Probes) -> None:
    """All are picked at first; what says how raw files lie stays with the source."""
    headers["/a.x"] = (ImageInfo(Header(9, 8, 7, 3, "uint8", 2), (9, 8, 1), is_stream=True),)
    raw = RawLayout((9, 8, 7), "uint8")
    (volume,) = find_volumes(found_of("/a.x"), Looking(raw=raw))
    source = volume.source
    assert (source.picks, source.raw, source.is_stream) == (tuple(range(6)), raw, True)
    assert source.grain == (9, 8, 1)


def test_real_files_are_what_their_headers_say(tmp_path: Path) -> None:
    """A folder of slices, and one of stacks."""
    (slices,) = find_layers(write_tiffs(tmp_path / "em", grains(3)))
    (volume,) = find_volumes(slices)
    assert (volume.name, volume.source.depth, volume.source.is_stack) == ("em", 3, True)
    (tmp_path / "stacks").mkdir()
    for name in ("left", "right"):
        voxels = np.asarray(grains(4))
        tifffile.imwrite(tmp_path / "stacks" / f"{name}.tif", voxels, photometric="minisblack")
    (stacks,) = find_layers(tmp_path / "stacks")
    volumes = find_volumes(stacks)
    assert names(volumes) == ["left.tif", "right.tif"]
    assert [one.source.depth for one in volumes] == [4, 4]


def test_volumes_of_one_series_are_named_after_what_differs(
    headers: Probes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two echoes at the same places; a note says so."""
    series = [("echo1", ("/1.dcm", "/2.dcm")), ("echo2", ("/3.dcm",))]
    monkeypatch.setattr(group_slices, "sort_series", lambda _: series)
    headers |= {f"/{n}.dcm": (image(),) for n in (1, 2, 3)}
    volumes = find_volumes(found_of("/1.dcm", "/2.dcm", "/3.dcm"))
    assert [volume.name for volume in volumes] == ["em_echo1", "em_echo2"]
    assert (
        volumes[0].notes[0] == "layer em_echo1: its series holds several volumes at the same places"
    )


def test_planes_that_were_never_written_are_refused_or_filled(headers: Probes) -> None:
    """By their places; `pad` says which."""
    gaps = Gaps(2, ("z=1 to 2",))
    headers["/a.x"] = (replace(image(4), gaps=gaps),)
    with pytest.raises(SourceError, match=r"no data for 2 planes \(z=1 to 2\)") as failure:
        find_volumes(found_of("/a.x"))
    assert failure.value.where == "/a.x"
    assert "--on-mismatch pad" in failure.value.remedy
    (volume,) = find_volumes(found_of("/a.x"), Looking(pad=True))
    assert volume.about.notes == ("no data, filled with zeros: 2 planes (z=1 to 2)",)


def test_slices_may_lack_a_plane_of_a_channel(headers: Probes) -> None:
    """The first is refused; with `pad` all that do are named."""
    lacking = replace(image(), gaps=Gaps(1, ("z=0, channel=1",)))
    headers |= {"/a.x": (lacking,), "/b.x": (image(),), "/c.x": (lacking,)}
    with pytest.raises(SourceError, match="channel=1"):
        find_volumes(found_of("/a.x", "/b.x", "/c.x"))
    (volume,) = find_volumes(found_of("/a.x", "/b.x", "/c.x"), Looking(pad=True))
    assert [note.split(":")[1] for note in volume.notes[-2:]] == [" a.x", " c.x"]
