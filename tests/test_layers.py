"""What of a source becomes which layer, by whole runs: channels, time, series, files, values."""

import http.server
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr

from tests.cli.test_main import lines
from tests.runs import VOXEL_SIZE, noise, voxels, wkflow, write_stack
from tests.test_source_kinds import convert, layers

pytestmark = pytest.mark.long(
    but=[
        "test_channels_become_layers",
        "test_an_archive_is_a_source",
        "test_time_is_an_additional_axis",
    ]
)


def hyperstack(
    path: Path, *shape: int, axes: str
) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint16]]":
    """Write an ImageJ hyperstack of uint16 and give its voxels."""
    volume = noise(*shape, dtype="uint16")
    tifffile.imwrite(path, volume, imagej=True, metadata={"axes": axes})
    return volume  # type: ignore[return-value]


def test_channels_become_layers(tmp_path: Path) -> None:
    """Each of its own, red first, as the official tool names and colours them."""
    volume = hyperstack(tmp_path / "em.tif", 5, 2, 30, 40, axes="ZCYX")
    convert(tmp_path / "em.tif", tmp_path / "out")
    found = layers(tmp_path / "out")
    assert list(found) == ["em__channel0", "em__channel1"]
    for channel, name in enumerate(found):
        np.testing.assert_array_equal(voxels(tmp_path / "out", name), volume[:, channel])
    view = found["em__channel0"]["defaultViewConfiguration"]
    assert isinstance(view, dict)
    assert view["color"] == [255, 0, 0]
    assert (view["min"], view["max"]) == (volume[:, 0].min(), volume[:, 0].max())


def test_folders_and_targets_may_be_called_as_one_likes(tmp_path: Path) -> None:
    """What Snakemake, shells and formats give a meaning to, in the same run."""
    names = {
        "-dash": "-dash", "a" * 24: f"{'a' * 24}_layer", "{layer}": "layer",
        "l\nf%s'\"\\ #*?[x]$HOME": "lfsx$HOME",
    }  # fmt: skip
    planes = noise(len(names), 1, 20, 30) | 1
    for name, plane in zip(names, planes, strict=True):
        write_stack(tmp_path / "source" / name, plane)
    target = (
        tmp_path / "-{layer} $HOME ${x} *?[a] %s%d %20 #\\'\";&|`id`!~@ é e\u0301 \U0001f9e0 של {} "
    )
    convert(tmp_path / "source", target, "--no-downsample")
    assert set(layers(target)) == set(names.values())
    for name, plane in zip(names.values(), planes, strict=True):
        np.testing.assert_array_equal(voxels(target, name), plane)
    assert {path.name for path in tmp_path.iterdir()} == {
        "source",
        target.name,
        f"{target.name}.wkflow",
    }


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("1", ["em__channel1"]), ("2,0", ["em__channel2", "em__channel0"]), ("rgb", ["em"])],
)
def test_channels_may_be_chosen(tmp_path: Path, choice: str, expected: list[str]) -> None:
    """Some of them, in the order of the option, or three as one layer."""
    volume = noise(4, 3, 30, 40)
    tifffile.imwrite(tmp_path / "em.tif", volume, imagej=True, metadata={"axes": "ZCYX"})
    convert(tmp_path / "em.tif", tmp_path / "out", "--channels", choice)
    assert list(layers(tmp_path / "out")) == expected
    first = expected[0]
    wanted = volume[:, int(first[-1])] if first != "em" else np.moveaxis(volume, 1, -1)
    np.testing.assert_array_equal(voxels(tmp_path / "out", first), wanted)


def test_a_channel_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With those that are."""
    hyperstack(tmp_path / "em.tif", 2, 2, 9, 9, axes="ZCYX")
    run = wkflow("convert", *VOXEL_SIZE, "--channels", "2", tmp_path / "em.tif", tmp_path / "out")
    assert run.returncode == 2
    assert "Choose from 0 to 1" in "\n".join(lines(run))


def test_samples_of_16_bit_become_layers(tmp_path: Path) -> None:
    """WEBKNOSSOS knows three channels of uint8 only."""
    volume = noise(3, 30, 40, 3, dtype="uint16")
    for z, plane in enumerate(volume):
        path = tmp_path / "em" / f"{z}.tif"
        path.parent.mkdir(exist_ok=True)
        tifffile.imwrite(path, plane, photometric="rgb")
    convert(tmp_path / "em", tmp_path / "out")
    for sample in range(3):
        found = voxels(tmp_path / "out", f"em__channel{sample}")
        np.testing.assert_array_equal(found, volume[..., sample])


def test_time_is_an_additional_axis(tmp_path: Path) -> None:
    """It is no z, every frame has its mags, and other formats refuse it by its name."""
    volume = hyperstack(tmp_path / "em.tif", 3, 40, 50, 60, axes="TZYX")
    convert(tmp_path / "em.tif", tmp_path / "out", "--max-mag", "2", "--job-size", "100K")
    (layer,) = layers(tmp_path / "out").values()
    assert layer["additionalAxes"] == [{"name": "t", "bounds": [0, 3], "index": 0}]
    array = np.asarray(zarr.open_array(tmp_path / "out" / "em" / "1", mode="r")[:])
    np.testing.assert_array_equal(array[:, 0].transpose(0, 3, 2, 1), volume)
    for frame in range(3):  # as if it were the only one
        tifffile.imwrite(tmp_path / "frame.tif", volume[frame], photometric="minisblack")
        target = tmp_path / f"out{frame}"
        convert(tmp_path / "frame.tif", target, "--max-mag", "2", "--layer-name", "em")
        (mag,) = (p.name for p in (target / "em").iterdir() if p.is_dir() and p.name != "1")
        found = np.asarray(zarr.open_array(tmp_path / "out" / "em" / mag, mode="r")[frame])
        np.testing.assert_array_equal(found[0].T, voxels(target, "em", mag))
    run = wkflow(
        "convert", *VOXEL_SIZE, "--data-format", "wkw", tmp_path / "em.tif", tmp_path / "w"
    )
    assert run.returncode == 3
    assert "axis t" in "\n".join(lines(run))


def test_files_of_several_planes_are_a_layer_each(tmp_path: Path) -> None:
    """Named after them; those of subfolders with the folder before."""
    volumes = {"a.tif": noise(4, 30, 40), "b.tif": noise(5, 20, 30, seed=1)}
    (tmp_path / "in").mkdir()
    for name, volume in volumes.items():
        tifffile.imwrite(tmp_path / "in" / name, volume, photometric="minisblack")
    convert(tmp_path / "in", tmp_path / "out")
    assert list(layers(tmp_path / "out")) == list(volumes)
    for name, volume in volumes.items():
        np.testing.assert_array_equal(voxels(tmp_path / "out", name), volume)


def test_images_of_one_file_are_layers(tmp_path: Path) -> None:
    """Named after what the file calls them."""
    volumes = [noise(4, 30, 40), noise(3, 20, 30, seed=1)]
    with tifffile.TiffWriter(tmp_path / "em.ome.tif") as tif:
        for name, volume in zip(("left", "right"), volumes, strict=True):
            tif.write(volume, photometric="minisblack", metadata={"axes": "ZYX", "Name": name})
    convert(tmp_path / "em.ome.tif", tmp_path / "out")
    found = list(layers(tmp_path / "out"))
    assert [name.rpartition("_")[2] for name in found] == ["left", "right"]
    for name, volume in zip(found, volumes, strict=True):
        np.testing.assert_array_equal(voxels(tmp_path / "out", name), volume)


def test_the_voxel_size_is_the_files_unless_one_is_given(tmp_path: Path) -> None:
    """A line says which is used where they differ."""
    meta = {"axes": "ZYX", "PhysicalSizeX": 0.01, "PhysicalSizeY": 0.01, "PhysicalSizeZ": 0.04}
    tifffile.imwrite(tmp_path / "em.ome.tif", noise(4, 30, 40), metadata=meta)
    run = wkflow("convert", tmp_path / "em.ome.tif", tmp_path / "out")
    assert run.returncode == 0, run.stderr
    assert "voxel size 10,10,40 nanometer" in run.stderr
    run = convert(tmp_path / "em.ome.tif", tmp_path / "given")
    assert "states a voxel size of 10,10,40 nanometer; --voxel-size is used" in run.stderr


def test_values_are_converted_if_they_fit(tmp_path: Path) -> None:
    """Fractions are rounded; what does not fit is refused, and nothing looks finished."""
    volume = np.linspace(0, 200, 2 * 30 * 40, dtype="float64").reshape(2, 30, 40)
    write_stack(tmp_path / "em", volume)
    refused = wkflow("convert", *VOXEL_SIZE, tmp_path / "em", tmp_path / "out")
    assert (refused.returncode, "--dtype" in refused.stderr) == (3, True)
    convert(tmp_path / "em", tmp_path / "out", "--dtype", "uint8")
    np.testing.assert_array_equal(voxels(tmp_path / "out", "em"), np.rint(volume).astype("uint8"))
    refused = wkflow("convert", *VOXEL_SIZE, "--dtype", "int8", tmp_path / "em", tmp_path / "int8")
    assert refused.returncode == 3
    assert "do not all fit into int8" in "\n".join(lines(refused))
    assert not (tmp_path / "int8" / "datasource-properties.json").exists()


def test_a_file_without_a_header_is_read_as_told(tmp_path: Path) -> None:
    """By options; without them the message names these."""
    volume = noise(4, 30, 40, dtype="uint16")
    (tmp_path / "em.raw").write_bytes(b"12345" + volume.astype(">u2").tobytes())
    run = wkflow("convert", *VOXEL_SIZE, tmp_path / "em.raw", tmp_path / "out")
    assert (run.returncode, "--raw-shape" in run.stderr) == (3, True)
    options = ("--raw-shape", "40,30,4", "--raw-dtype", "uint16", "--raw-byte-order", "big")
    convert(tmp_path / "em.raw", tmp_path / "out", *options, "--raw-offset", "5")
    np.testing.assert_array_equal(voxels(tmp_path / "out", "em"), volume)


def test_an_archive_is_a_source(tmp_path: Path) -> None:
    """A folder of slices in a zip file is that folder; a second run has nothing to do."""
    volume = noise(4, 30, 40)
    stack = write_stack(tmp_path / "em", volume)
    with zipfile.ZipFile(tmp_path / "stack.zip", "w") as archive:
        for path in stack.iterdir():
            archive.write(path, f"em/{path.name}")
        archive.writestr("__MACOSX/em/._slice_0.tif", "junk")
    convert(tmp_path / "stack.zip", tmp_path / "out")
    np.testing.assert_array_equal(voxels(tmp_path / "out", "em"), volume)
    assert "nothing to do" in convert(tmp_path / "stack.zip", tmp_path / "out").stderr


def test_ome_zarr_in_one_file_is_a_source(tmp_path: Path) -> None:
    """An `.ozx` is a zip archive of a store."""
    volume = noise(4, 30, 40)
    store = zarr.open_array(tmp_path / "em.zarr", mode="w", shape=volume.shape, dtype="uint8")
    store[:] = volume
    with zipfile.ZipFile(tmp_path / "em.ozx", "w") as archive:
        for path in (tmp_path / "em.zarr").rglob("*"):
            archive.write(path, path.relative_to(tmp_path / "em.zarr"))
    convert(tmp_path / "em.ozx", tmp_path / "out")
    np.testing.assert_array_equal(voxels(tmp_path / "out", "em"), volume)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_web_folder_is_a_source(tmp_path: Path) -> None:
    """Slices are fetched slab by slab; a file of several planes once."""
    volume = noise(70, 30, 40)
    write_stack(tmp_path / "web" / "em", volume)
    tifffile.imwrite(tmp_path / "web" / "volume.tif", volume, photometric="minisblack")
    with served(tmp_path / "web") as url:
        convert(f"{url}/em/", tmp_path / "out", "--job-size", "1")  # type: ignore[arg-type]
        convert(f"{url}/volume.tif", tmp_path / "one", "--job-size", "1")  # type: ignore[arg-type]
        run = wkflow("convert", *VOXEL_SIZE, f"{url}/nowhere", tmp_path / "no")
    np.testing.assert_array_equal(voxels(tmp_path / "out", "em"), volume)
    np.testing.assert_array_equal(voxels(tmp_path / "one", "volume"), volume)
    assert (run.returncode, f"{url}/nowhere" in run.stderr) == (3, True)
    left = list((tmp_path / "out.wkflow" / "scratch").rglob("*.tif"))
    assert len(left) <= 3  # those that were looked at for the category
