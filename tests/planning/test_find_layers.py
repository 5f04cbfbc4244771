"""Which files become which layers, in which order, and what is strange about them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import SourceError
from wkflow.model.layer_names import layer_name
from wkflow.planning import find_layers as find
from wkflow.planning.find_layers import ImageFolder, find_layers, find_remote_layers


def put(folder: Path, *names: str) -> Path:
    """Make files that are only looked at from outside."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 7)
    return folder


def names(found: ImageFolder) -> list[str]:
    return [Path(file).name for file in found.files]


def test_slices_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """10 follows 9, whether numbers are padded or not."""
    put(tmp_path / "em", *(f"s{n}.tif" for n in (10, 9, 1, 100, 2)))
    (found,) = find_layers(tmp_path / "em")
    assert found.name == "em"
    assert names(found) == ["s1.tif", "s2.tif", "s9.tif", "s10.tif", "s100.tif"]


def test_marks_are_size_and_time_of_each_file(tmp_path: Path) -> None:
    """What tells that a slice was replaced."""
    put(tmp_path / "em", "1.tif", "2.tif")
    (found,) = find_layers(tmp_path / "em")
    stats = [Path(file).stat() for file in found.files]
    assert found.marks == tuple((stat.st_size, stat.st_mtime_ns) for stat in stats)
    assert found.marks[0][0] == 7


def test_each_folder_of_images_is_a_layer(tmp_path: Path) -> None:
    """However deep, in natural order; a folder without images is none."""
    source = tmp_path / "all"
    put(source, "l10/1.png", "l9/1.png", "deep/er/1.jpg", "notes/readme.txt", "0.bmp")
    assert [found.name for found in find_layers(source)] == ["all", "er", "l9", "l10"]


def test_a_file_is_a_layer(tmp_path: Path) -> None:
    """Named like itself."""
    put(tmp_path, "my stack.tif")
    (found,) = find_layers(tmp_path / "my stack.tif")
    assert (found.name, names(found)) == ("mystack", ["my stack.tif"])


def test_what_is_no_image_is_left_out(tmp_path: Path) -> None:
    """Hidden files, what systems leave behind, texts; letter case of suffixes does not count."""
    junk = (".DS_Store", "._1.tif", "Thumbs.db", "desktop.ini", "log.txt", ".trash/1.tif")
    put(tmp_path / "em", "1.TIF", "2.tiff", *junk)
    (found,) = find_layers(tmp_path / "em")
    assert names(found) == ["1.TIF", "2.tiff"]


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    """A loop would never end; a link to a file is a file."""
    put(tmp_path / "em", "1.tif")
    put(tmp_path / "elsewhere", "3.tif")
    (tmp_path / "em" / "loop").symlink_to(tmp_path / "em")
    (tmp_path / "em" / "2.tif").symlink_to(tmp_path / "elsewhere" / "3.tif")
    (found,) = find_layers(tmp_path / "em")
    assert names(found) == ["1.tif", "2.tif"]


@pytest.mark.parametrize(
    ("files", "words"),
    [(("em/readme.txt",), "holds no readable images"), ((), "No such file|does not exist")],
)
def test_a_source_without_images_is_refused(
    tmp_path: Path, files: tuple[str, ...], words: str
) -> None:
    """With its path, and what could be read."""
    put(tmp_path, *files)
    with pytest.raises(SourceError, match=words) as caught:
        find_layers(tmp_path / "em")
    assert caught.value.where == str(tmp_path / "em")


def test_a_link_to_nowhere_is_told(tmp_path: Path) -> None:
    """A slice whose file is gone is no traceback."""
    put(tmp_path / "em", "1.tif")
    (tmp_path / "em" / "2.tif").symlink_to(tmp_path / "gone.tif")
    (found,) = find_layers(tmp_path / "em")
    (fault,) = found.faults
    assert (fault.where, fault.what) == (
        str(tmp_path / "em" / "2.tif"), "No such file or directory",
    )  # fmt: skip


def test_two_folders_are_not_one_layer(tmp_path: Path) -> None:
    """Not even where only the letters that WEBKNOSSOS refuses tell them apart."""
    put(tmp_path, "a/em/1.tif", "b/e\nm/1.tif")
    with pytest.raises(SourceError, match=r"would become layer em: 'a/em', 'b/e\\nm'"):
        find_layers(tmp_path)


@given(
    name=st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1)
)
def test_layer_names_are_accepted(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """Whatever a file is called, the layer's name is one that the option would take."""
    path = tmp_path_factory.mktemp("any") / "x.tif"
    path = path.with_name(f"{name[:60]}.tif")
    try:
        path.touch()
    except OSError:  # longer in bytes than a name may be
        return
    (found,) = find_layers(path)
    assert layer_name(found.name) == found.name


def test_files_that_are_no_images_are_counted(tmp_path: Path) -> None:
    """With a few names; hidden ones and voxels that belong to a header are not told."""
    put(tmp_path / "em", "1.tif", ".DS_Store", "Thumbs.db", "a.txt", "b.csv", "c.txt", "v.hdr")
    put(tmp_path / "em", "v.img")
    (found,) = find_layers(tmp_path / "em")
    assert found.notes == ("4 files are no images and are left out: Thumbs.db, a.txt, b.csv ...",)
    put(tmp_path / "raws" / "deeper", "1.tif")
    put(tmp_path / "raws", "x.raw")
    (found,) = find_layers(tmp_path / "raws")
    (note,) = found.notes
    assert note.startswith("1 file is no image and is left out: x.raw; give --raw-shape")
    put(tmp_path / "clean", "1.tif", ".hidden")
    assert find_layers(tmp_path / "clean")[0].notes == ()


def test_entries_that_cannot_be_images_are_faults(tmp_path: Path) -> None:
    """A link to nothing, and a folder with the name of an image; one with images is a layer."""
    put(tmp_path / "em", "1.tif", "stack.tif/1.tif")
    (tmp_path / "em" / "2.tif").symlink_to(tmp_path / "gone.tif")
    (tmp_path / "em" / "3.tif").mkdir()
    found, below = find_layers(tmp_path / "em")
    assert [Path(fault.where).name for fault in found.faults] == ["2.tif", "3.tif"]
    assert (names(found), names(below)) == (["1.tif"], ["1.tif"])
    with pytest.raises(SourceError, match="folder"):
        find_layers(put(tmp_path / "only", "3.tif/notes.txt"))


def test_files_have_names_of_their_own(tmp_path: Path) -> None:
    """For where each becomes a layer: what stands below the source, as the official tool has it."""
    put(tmp_path / "all", "em/1 a.tif", "em/b.tif", "top.png")
    top, below = find_layers(tmp_path / "all")
    assert top.names == ("top.png",)
    assert below.names == ("em1a.tif", "emb.tif")
    (single,) = find_layers(tmp_path / "all" / "top.png")
    assert single.names == ("top",)


def test_stores_of_arrays_are_files(tmp_path: Path) -> None:
    """Their chunks are no slices; a store is an image by itself, or one among others."""
    put(tmp_path / "all" / "em.zarr", ".zgroup", "0/.zarray", "0/0.0.0")
    put(tmp_path / "all", "precomputed/info", "notes/1.txt", "texts/info")
    (tmp_path / "all" / "precomputed" / "info").write_text('{"scales": []}')
    (found,) = find_layers(tmp_path / "all")
    assert names(found) == ["em.zarr", "precomputed"]
    (single,) = find_layers(tmp_path / "all" / "em.zarr")
    assert (single.name, names(single)) == ("em.zarr", ["em.zarr"])


@pytest.mark.parametrize("suffix", [".raw", ".bin", ".img"])
def test_files_without_a_header_count_where_an_option_reads_them(
    tmp_path: Path, suffix: str
) -> None:
    """A folder of others may hold anything of that name."""
    put(tmp_path / "em", f"1{suffix}", "2.tif")
    (plain,) = find_layers(tmp_path / "em")
    assert names(plain) == ["2.tif"]
    (whole,) = find_layers(tmp_path / "em", has_raw=True)
    assert names(whole) == [f"1{suffix}", "2.tif"]
    (single,) = find_layers(tmp_path / "em" / f"1{suffix}")
    assert names(single) == [f"1{suffix}"]


def test_dicom_needs_no_suffix(tmp_path: Path) -> None:
    """Its first bytes tell it from other files without one."""
    put(tmp_path / "em", "README")
    (tmp_path / "em" / "IM0001").write_bytes(bytes(128) + b"DICM")
    (found,) = find_layers(tmp_path / "em")
    assert names(found) == ["IM0001"]


def remote(source: str, *files: str, has_raw: bool = False) -> dict[str, list[str]]:
    """Give the files of each layer below a URL."""
    listed = [(file, (7, number)) for number, file in enumerate(files)]
    found = find_remote_layers(source, listed, has_raw=has_raw)
    marks = dict(listed)
    assert all(layer.marks == tuple(marks[file] for file in layer.files) for layer in found)
    return {layer.name: list(layer.files) for layer in found}


def test_what_lies_behind_a_url_is_found_as_in_a_folder() -> None:
    """In natural order; junk, hidden files and what is no image are left out."""
    base = "s3://bucket/all"
    files = ("em/10.tif", "em/9.tif", "em/.9.tif", "em/notes.txt", "b/1.png", "em/x.raw")
    found = remote(base, *(f"{base}/{file}" for file in files))
    assert found == {"b": [f"{base}/b/1.png"], "em": [f"{base}/em/9.tif", f"{base}/em/10.tif"]}
    more = remote(base, *(f"{base}/{file}" for file in files), has_raw=True)
    assert more["em"][-1] == f"{base}/em/x.raw"


def test_one_remote_file_is_a_layer() -> None:
    """Named after itself."""
    assert remote("s3://b/my em.tif", "s3://b/my em.tif") == {"myem": ["s3://b/my em.tif"]}


def test_hidden_remote_folders_are_left_out() -> None:
    """As here: what systems throw away is no layer."""
    assert remote("s3://b", "s3://b/.trash/1.tif", "s3://b/em/1.tif") == {"em": ["s3://b/em/1.tif"]}


def test_a_query_is_no_part_of_the_name() -> None:
    """Signed URLs have one."""
    url = "https://host/em.tif?signature=a/b.c"
    assert remote(url, url) == {"em": [url]}


def test_a_url_without_images_is_refused() -> None:
    """Told without what may be a secret."""
    with pytest.raises(SourceError, match="holds no readable images") as caught:
        remote("https://host/d?token=abc", "https://host/d/readme.txt")
    assert caught.value.where == "https://host/d"


def test_two_remote_folders_are_not_one_layer() -> None:
    """As here."""
    with pytest.raises(SourceError, match="would become layer em"):
        remote("s3://b", "s3://b/1/em/1.tif", "s3://b/2/em/1.tif")


@pytest.mark.parametrize("name", ["a" * 20, "ab" * 30, "x" * 255, "{layer}", "..", "zarr.json"])
def test_what_a_folder_is_called_becomes_a_name_that_works(name: str) -> None:
    """Of 20 repeats Snakemake would make a circle, of braces wildcards."""
    assert layer_name(find.layer_name(name))
