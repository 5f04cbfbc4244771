"""Of which files a dataset is made, in every format; everything else stays."""

from pathlib import Path

import pytest
from wkflow.errors import ConfigError
from wkflow.formats.dataset_contents import dataset_files, remove_dataset, require_dataset

PARTS = {
    "datasource-properties.json": "{}",
    "zarr.json": "{}",
    "em/zarr.json": "{}",
    "em/1/zarr.json": "{}",
    "em/1/c/0/0/0/0": "x",
    "em/2-2-1__2/c/0/0/0/1": "x",
    "em/1/c/0/0/0/.0.ab12.partial": "x",
    ".zgroup": "{}",
    "old/.zattrs": "{}",
    "old/1/.zarray": "{}",
    "old/1/0.0.0.0": "x",
    "old/1/0/0/0/0": "x",
    "odd/full/.zarray": "{}",
    "odd/full/0/0/0/0": "x",
    "attributes.json": '{"n5": "2.5.1"}',
    "n5/s0/attributes.json": '{"dimensions": [1]}',
    "n5/s0/0/0/0/0": "x",
    "wkw/1/header.wkw": "WKW",
    "wkw/1/z0/y0/x0.wkw": "x",
    "wkw/4-4-2/z1/y2/x3.wkw": "x",
    "pre/info": '{"@type": "neuroglancer_multiscale_volume", "scales": []}',
    "pre/4_4_40/0-64_0-64_0-64": "x",
    "pre/4_4_40/0-64_0-64_64-128.gz": "x",
    "pre/4_4_40/0f.shard": "x",
}
FOREIGN = {
    "thesis.doc": "x",
    "em/notes.txt": "x",
    "em/1/c/0/thesis": "x",
    "em/1/photo.jpg": "x",
    "2024/0/0/0": "x",
    "info": "a shopping list",
    "em/attributes.json": "no JSON",
    "em/datasource-properties.json": "{}",
    "wkw/1/z0/y0/x0.wkw.bak": "x",
    "meshes/mesh.hdf5": "x",
    ".partial/a": "x",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def test_all_formats_are_known(tmp_path: Path) -> None:
    """Documents, shards and chunks, and what killed writers left."""
    assert dict(dataset_files(write(tmp_path, PARTS))) == dict.fromkeys(PARTS, True)
    require_dataset(tmp_path)
    remove_dataset(tmp_path)
    assert not tmp_path.exists()


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_foreign_is_named_and_stays(tmp_path: Path, name: str) -> None:
    """A name alone makes no file a dataset's; its place and content count."""
    write(tmp_path, {"em/1/zarr.json": "{}", "em/1/c/0/0/0/0": "x", name: FOREIGN[name]})
    with pytest.raises(ConfigError, match="no dataset is made of") as caught:
        require_dataset(tmp_path)
    assert name in caught.value.what
    remove_dataset(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / name]


def test_links_are_not_followed(tmp_path: Path) -> None:
    """One where a mag is expected goes, without what it leads to; another one is foreign."""
    write(tmp_path / "elsewhere", {"c/0/0/0/0": "x"})
    target = write(tmp_path / "t", {"em/1/zarr.json": "{}"})
    (target / "em/2").symlink_to(tmp_path / "elsewhere")
    require_dataset(target)
    (target / "papers").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="papers"):
        require_dataset(target)
    remove_dataset(target)
    assert [path.name for path in target.iterdir()] == ["papers"]
    assert (tmp_path / "elsewhere/c/0/0/0/0").exists()


def test_a_part_of_a_dataset_may_go_alone(tmp_path: Path) -> None:
    """A layer, but for what is kept."""
    write(tmp_path, PARTS)
    remove_dataset(tmp_path, "em", kept={"em/zarr.json"})
    assert not (tmp_path / "em/1").exists()
    assert (tmp_path / "em/zarr.json").exists()
    assert (tmp_path / "wkw/1/z0/y0/x0.wkw").exists()


def test_a_file_is_no_dataset(tmp_path: Path) -> None:
    """Whatever it is called."""
    (tmp_path / "zarr.json").touch()
    with pytest.raises(ConfigError, match="is a file and no dataset"):
        require_dataset(tmp_path / "zarr.json")
