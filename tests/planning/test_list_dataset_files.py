"""A dataset of any tool: what of it is sent, in which batches, and what is said of the rest."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import SourceError
from wkflow.model.receipt import ShardFile
from wkflow.model.write_datasource import PROPERTIES
from wkflow.planning import list_dataset_files as module
from wkflow.planning.list_dataset_files import Contents, find_batches

MAG = {"mag": [1, 1, 1], "path": "./em/1"}


def describe(dataset: Path, *layers: dict[str, object]) -> None:
    document = {"id": {"name": "e2006", "team": ""}, "dataLayers": list(layers)}
    (dataset / PROPERTIES).write_text(json.dumps(document))


def put(folder: Path, *names: str, size: int = 7) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    return folder


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Make a dataset of one layer with one mag."""
    put(tmp_path / "data" / "em", "zarr.json", "1/zarr.json", "1/c/0/0/0/0", "1/c/0/0/0/1")
    describe(tmp_path / "data", {"name": "em", "mags": [MAG]})
    return tmp_path / "data"


def paths(contents: Contents) -> list[str]:
    return [file.path for file in contents.files]


def found(dataset: Path, *, follow_links: bool = False) -> Contents:
    return find_batches(dataset, follow_links=follow_links)


WHOLE = ["em/1/c/0/0/0/0", "em/1/c/0/0/0/1", "em/1/zarr.json", "em/zarr.json"]


def test_all_files_are_found_with_their_sizes(dataset: Path) -> None:
    """In order, hidden ones too; the properties are not among them: they go last."""
    put(dataset, ".zgroup", size=3)
    contents = found(dataset)
    assert paths(contents) == [".zgroup", *WHOLE]
    assert contents.files[0] == ShardFile(".zgroup", 3, "")
    assert contents.name == "e2006"
    assert contents.notes == ()


def test_marks_are_size_and_time_of_all_files(dataset: Path) -> None:
    """Of the properties as well: what tells that anything was replaced."""
    contents = found(dataset)
    assert [path for path, _, _ in contents.marks] == [*WHOLE, PROPERTIES]
    for path, size, time in contents.marks:
        stat = (dataset / path).stat()
        assert (size, time) == (stat.st_size, stat.st_mtime_ns)
    os.utime(dataset / PROPERTIES, ns=(1, 1))
    assert found(dataset).marks != contents.marks
    assert found(dataset).files == contents.files


def test_a_name_is_the_dataset_s_own(dataset: Path) -> None:
    """Else that of its folder."""
    (dataset / PROPERTIES).write_text(json.dumps({"dataLayers": [{"name": "em"}]}))
    assert found(dataset).name == "data"


def test_what_killed_writers_left_is_not_sent(dataset: Path) -> None:
    """Nor told: it is nobody's data."""
    put(dataset, "em/1/c/.0.abc.partial", "em/1/c/0.__lock")
    contents = found(dataset)
    assert paths(contents) == WHOLE
    assert contents.notes == ()


@pytest.mark.parametrize("count", [1, 3, 5])
def test_empty_files_are_left_out_and_named(dataset: Path, count: int) -> None:
    """A server takes none; the first few stand in the note."""
    put(dataset, *(f"empty/{number}" for number in range(count)), size=0)
    contents = found(dataset)
    assert paths(contents) == WHOLE
    (note,) = contents.notes
    assert note.startswith(f"{count} empty files are left out")
    assert note.count("empty/") == min(count, 3)
    assert note.endswith("and 2 more") == (count > 3)


def test_links_inside_are_files_like_others(dataset: Path) -> None:
    """To a file, to a folder; sent under both names."""
    (dataset / "em" / "2").symlink_to("1")
    (dataset / "em" / "again").symlink_to(dataset / "em" / "zarr.json")
    contents = found(dataset)
    assert set(paths(contents)) == {
        *WHOLE,
        *("em/2/zarr.json", "em/2/c/0/0/0/0", "em/2/c/0/0/0/1", "em/again"),
    }
    assert contents.notes == ()


def test_links_outside_are_left_out_unless_asked_for(dataset: Path) -> None:
    """Nobody uploads a home by mistake; what is left out is named."""
    put(dataset.parent / "elsewhere", "secret", "deep/secret")
    (dataset / "folder").symlink_to(dataset.parent / "elsewhere")
    (dataset / "em" / "file").symlink_to("../../elsewhere/secret")
    contents = found(dataset)
    assert paths(contents) == WHOLE
    (note,) = contents.notes
    assert "2 links lead out" in note
    assert "em/file, folder" in note.replace("folder, em/file", "em/file, folder")
    assert "--follow-links" in note
    followed = found(dataset, follow_links=True)
    assert set(paths(followed)) == {*WHOLE, "em/file", "folder/secret", "folder/deep/secret"}
    assert followed.notes == ()


@pytest.mark.parametrize("follow_links", [False, True])
def test_links_in_a_circle_end(dataset: Path, follow_links: bool) -> None:  # noqa: FBT001 -- a case
    """Up, to itself, and between two folders; each file comes at least once, as it does anyway."""
    put(dataset, "a/1", "b/2")
    (dataset / "up").symlink_to(dataset)
    (dataset / "a" / "b").symlink_to(dataset / "b")
    (dataset / "b" / "a").symlink_to(dataset / "a")
    (dataset / "a" / "self").symlink_to("self")
    contents = found(dataset, follow_links=follow_links)
    assert set(paths(contents)) == {*WHOLE, "a/1", "b/2", "a/b/2", "b/a/1"}
    assert ["a/self" in note for note in contents.notes] == [True]


@pytest.mark.parametrize("follow_links", [False, True])
def test_a_link_to_nothing_is_left_out_and_named(dataset: Path, follow_links: bool) -> None:  # noqa: FBT001
    """There are no bytes to send, whatever is asked for."""
    (dataset / "em" / "gone").symlink_to(dataset / "nothing")
    contents = found(dataset, follow_links=follow_links)
    assert paths(contents) == WHOLE
    assert "em/gone" in contents.notes[0]


def test_a_dataset_may_itself_be_a_link(dataset: Path) -> None:
    """What is inside stays inside."""
    (dataset.parent / "link").symlink_to(dataset)
    (dataset / "em" / "2").symlink_to(dataset / "em" / "1")
    assert found(dataset.parent / "link").files == found(dataset).files
    assert "em/2/zarr.json" in paths(found(dataset))


def test_properties_may_be_a_link(dataset: Path) -> None:
    """They are read and sent in any case, so they count: the server is told how many files."""
    (dataset / PROPERTIES).rename(dataset.parent / "kept.json")
    (dataset / PROPERTIES).symlink_to(dataset.parent / "kept.json")
    assert PROPERTIES in [path for path, _, _ in found(dataset).marks]


def test_a_folder_without_properties_is_no_dataset(dataset: Path) -> None:
    """Nor one that is not there; images have another command."""
    (dataset / PROPERTIES).unlink()
    for folder in (dataset, dataset / "nowhere"):
        with pytest.raises(SourceError, match="is no dataset") as caught:
            found(folder)
        assert caught.value.where == str(folder)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "null", "[]", "7", "{}", '{"dataLayers": []}', '{"dataLayers": null}'),
        *('{"dataLayers": [{}]}', '{"dataLayers": [7]}', '{"dataLayers": {"em": 1}}', "\xff"),
    ],
)
def test_damaged_properties_are_told(dataset: Path, text: str) -> None:
    """The file is named, not a line of ours."""
    (dataset / PROPERTIES).write_text(text, "latin-1")
    with pytest.raises(SourceError, match="describes no layers") as caught:
        found(dataset)
    assert caught.value.where == str(dataset / PROPERTIES)


@pytest.mark.parametrize(
    "document",
    [
        {"dataLayers": [{"name": "em"}, {"mags": [{"mag": [1, 1, 1]}]}]},
        {"dataLayers": [{"name": "em", "mags": [{}]}]},
        {"dataLayers": [{"name": "em", "mags": None}]},
        {"dataLayers": [{"name": "em", "mags": [[1, 1, 1]]}]},
        {"dataLayers": [{"name": "em"}, 7]},
        {"dataLayers": [{"name": "em"}], "id": None},
        {"dataLayers": [{"name": "em"}], "id": "e2006"},
    ],
    ids=str,
)
def test_properties_that_are_odd_further_down_are_no_bug(
    dataset: Path, document: dict[str, object]
) -> None:
    """They are taken as far as they can be read, or told: no traceback."""
    (dataset / PROPERTIES).write_text(json.dumps(document))
    with suppress(SourceError):
        assert paths(found(dataset)) == WHOLE


def test_a_mag_that_is_not_there_is_told(dataset: Path) -> None:
    """Before hours are spent on the others; a file is no mag."""
    for path in ("./em/2", "./em/zarr.json"):
        describe(dataset, {"name": "em", "mags": [MAG, {"mag": [2, 2, 2], "path": path}]})
        with pytest.raises(SourceError, match=f"mag {path} of layer em is not there") as caught:
            found(dataset)
        assert caught.value.where == str(dataset)


@pytest.mark.parametrize(
    "path",
    ["../other/em/1", "em/../../other", "/data/em/1", "s3://bucket/em/1", "https://h/em/1"],
)
def test_a_mag_outside_is_told(dataset: Path, path: str) -> None:
    """A server that gets the properties alone would show nothing there."""
    describe(dataset, {"name": "em", "mags": [{"mag": 1, "path": path}]})
    with pytest.raises(SourceError, match="lies outside the dataset"):
        found(dataset)


def test_a_roundabout_path_is_still_inside(dataset: Path) -> None:
    """As long as it ends there."""
    describe(dataset, {"name": "em", "mags": [{"mag": 1, "path": "./em/../em//1/"}]})
    assert paths(found(dataset)) == WHOLE


@pytest.mark.parametrize("place", ["mag", "layer"])
def test_a_mag_behind_a_link_outside_is_told(dataset: Path, place: str) -> None:
    """Left out it would be missing; followed it is sent."""
    link = dataset / "em" / "1" if place == "mag" else dataset / "em"
    link.rename(dataset.parent / "elsewhere")
    link.symlink_to(dataset.parent / "elsewhere")
    with pytest.raises(SourceError, match="is a link that leads outside") as caught:
        found(dataset)
    assert "--follow-links" in caught.value.remedy
    assert paths(found(dataset, follow_links=True)) == WHOLE


def test_a_mag_behind_a_link_to_nothing_is_not_there(dataset: Path) -> None:
    """To follow it would not help."""
    (dataset / "em" / "2").symlink_to(dataset / "em" / "nothing")
    describe(dataset, {"name": "em", "mags": [{"mag": 2, "path": "./em/2"}]})
    with pytest.raises(SourceError) as caught:
        found(dataset, follow_links=True)
    assert "--follow-links" not in caught.value.remedy


@pytest.mark.parametrize(
    ("mag", "folder"),
    [(1, "1"), ([1, 1, 1], "1"), ([2, 2, 1], "2-2-1"), ([16, 16, 16], "16"), (4, "4")],
)
def test_mags_without_a_path_are_where_they_always_were(
    dataset: Path, mag: object, folder: str
) -> None:
    """In the folder of their layer, under their own name."""
    describe(dataset, {"name": "em", "mags": [{"mag": mag}]})
    (dataset / "em" / "1").rename(dataset / "em" / folder)
    assert len(found(dataset).files) == len(WHOLE)
    (dataset / "em" / folder).rename(dataset / "em" / "elsewhere")
    with pytest.raises(SourceError, match=f"mag ./em/{folder} of layer em is not there"):
        found(dataset)


def test_mags_without_a_path_may_have_their_long_name(dataset: Path) -> None:
    """Server and official package look for 1-1-1 where there is no 1."""
    describe(dataset, {"name": "em", "mags": [{"mag": [1, 1, 1]}]})
    (dataset / "em" / "1").rename(dataset / "em" / "1-1-1")
    assert len(found(dataset).files) == len(WHOLE)


def test_old_datasets_are_sent_as_they_are(tmp_path: Path) -> None:
    """Of WKW, with resolutions instead of mags: cubes below folders, a header each."""
    old = put(
        tmp_path / "old", "color/1/header.wkw", "color/1/z0/y0/x0.wkw", "color/2-2-1/header.wkw"
    )
    resolutions = [{"resolution": r, "cubeLength": 1024} for r in (1, [2, 2, 1])]
    describe(old, {"name": "color", "dataFormat": "wkw", "wkwResolutions": resolutions})
    contents = found(old)
    assert paths(contents) == [
        "color/1/header.wkw",
        "color/1/z0/y0/x0.wkw",
        "color/2-2-1/header.wkw",
    ]
    assert len(contents.batches()) == 1


sizes = st.integers(1, 300) | st.sampled_from([1, 1, 1, 99, 100, 101, 1000])
contents_of = st.builds(
    lambda sizes: Contents(
        "e2006", tuple(ShardFile(f"{n:03d}", size, "") for n, size in enumerate(sizes)), (), ()
    ),
    st.lists(sizes, max_size=9) | st.lists(sizes, min_size=30, max_size=60),
)


@pytest.fixture(scope="module")
def small_batches() -> Iterator[None]:
    """Let batches be small, so that few files make many of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BATCH_BYTES", 100)
        patch.setattr(module, "BATCH_FILES", 5)
        yield


@pytest.mark.usefixtures("small_batches")
@given(contents=contents_of)
def test_each_file_is_in_one_batch(contents: Contents) -> None:
    """In the same order; no batch is empty, and the same files are cut the same way again."""
    batches = contents.batches()
    assert tuple(file for batch in batches for file in batch) == contents.files
    assert all(batches)
    assert contents.batches() == batches


@pytest.mark.usefixtures("small_batches")
@given(contents=contents_of)
def test_no_batch_is_much_too_large(contents: Contents) -> None:
    """At most one file beyond the bound in bytes, and none beyond that in files."""
    for batch in contents.batches():
        assert len(batch) <= module.BATCH_FILES
        assert sum(file.bytes for file in batch[:-1]) < module.BATCH_BYTES


@pytest.mark.usefixtures("small_batches")
@given(contents=contents_of, most=st.integers(1, 9))
def test_batches_are_few_whatever_the_dataset(contents: Contents, most: int) -> None:
    """They double until they are; where they are few enough they stay what they were."""
    usual = contents.batches()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_BATCHES", most)
        batches = contents.batches()
    assert len(batches) <= most
    assert tuple(file for batch in batches for file in batch) == contents.files
    if len(usual) <= most:
        assert batches == usual


def test_a_dataset_of_properties_alone_has_no_batch(dataset: Path) -> None:
    """There is nothing to send before them."""
    assert Contents("e2006", (), (), ()).batches() == []
    assert len(found(dataset).batches()) == 1
