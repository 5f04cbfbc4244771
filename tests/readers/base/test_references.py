"""What files name is read below the source's folder, and elsewhere only if it is asked for.

Each door is a format whose files name others: `write` makes a source in a folder whose voxels lie
in `secret`, as `named` says it.
"""

import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile
import zarr
from wkflow.errors import SourceError
from wkflow.model.source import References
from wkflow.readers import open_images, probe
from wkflow.readers.base.references import referred
from wkflow.readers.bioformats.reader import _files as bioformats_files

from tests.readers.contract import read_image
from tests.readers.ims.test_reader import write_ims
from tests.readers.lif.by_hand import xlif
from tests.steps.stacks import plan_of

VOXELS = np.arange(1, 1 + 2 * 16 * 16, dtype=np.uint16).reshape(2, 16, 16)

Write = Callable[[Path, Path, str], Path]


def ome_tiff(folder: Path, secret: Path, named: str) -> Path:
    """Put the second plane into a companion."""
    own, other = uuid.uuid4().urn, uuid.uuid4().urn
    tifffile.imwrite(secret / "x.tif", VOXELS[1], metadata=None)
    xml = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
        f'UUID="{own}"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" '
        'Type="uint16" SizeX="16" SizeY="16" SizeZ="2" SizeC="1" SizeT="1">'
        f'<TiffData IFD="0" FirstZ="0" PlaneCount="1"><UUID FileName="a.ome.tif">{own}</UUID>'
        f'</TiffData><TiffData IFD="0" FirstZ="1" PlaneCount="1"><UUID FileName="{named}/x.tif">'
        f"{other}</UUID></TiffData></Pixels></Image></OME>"
    )
    tifffile.imwrite(folder / "a.ome.tif", VOXELS[0], description=xml, metadata=None)
    return folder / "a.ome.tif"


def array(secret: Path) -> None:
    zarr.create_array(secret / "x", data=VOXELS, zarr_format=2, chunks=(2, 16, 16))


def ome_zarr(folder: Path, secret: Path, named: str) -> Path:
    """Let the pyramid's level lie elsewhere."""
    array(secret)
    axes = [{"name": axis, "type": "space"} for axis in "zyx"]
    pyramid = {"version": "0.4", "axes": axes, "datasets": [{"path": f"{named}/x"}]}
    return group(folder / "a.zarr", {"multiscales": [pyramid]})


def ome_labels(folder: Path, secret: Path, named: str) -> Path:
    """Let the labels lie elsewhere."""
    ome_zarr(folder, secret, str(secret))  # the level, to be replaced by one inside
    axes = [{"name": axis, "type": "space"} for axis in "zyx"]
    pyramid = {"version": "0.4", "axes": axes, "datasets": [{"path": "0"}]}
    group(secret / "l", {"multiscales": [pyramid]})
    (secret / "x").rename(secret / "l" / "0")
    store = group(folder / "a.zarr", {"multiscales": [pyramid]})
    zarr.create_array(store / "0", data=VOXELS, zarr_format=2)
    up = named if named.startswith("/") else f"../{named}"
    group(store / "labels", {"labels": [f"{up}/l"]})
    return store


def group(store: Path, attributes: dict[str, Any]) -> Path:
    store.mkdir(parents=True, exist_ok=True)
    (store / ".zgroup").write_text('{"zarr_format": 2}')
    (store / ".zattrs").write_text(json.dumps(attributes))
    return store


def n5(folder: Path, secret: Path, named: str) -> Path:
    """Let the finest array of a pyramid lie elsewhere."""
    (secret / "x" / "0" / "0").mkdir(parents=True)
    attributes = {"dimensions": [16, 16, 2], "blockSize": [16, 16, 2], "dataType": "uint16"}
    text = json.dumps({**attributes, "compression": {"type": "raw"}})
    (secret / "x" / "attributes.json").write_text(text)
    head = b"\0\0\0\3" + b"".join(n.to_bytes(4, "big") for n in (16, 16, 2))
    (secret / "x" / "0" / "0" / "0").write_bytes(head + VOXELS.astype(">u2").tobytes())
    (folder / "a.n5").mkdir()
    pyramid = {"multiscales": [{"datasets": [{"path": f"{named}/x"}]}]}
    (folder / "a.n5" / "attributes.json").write_text(json.dumps(pyramid))
    return folder / "a.n5"


def precomputed(folder: Path, secret: Path, named: str) -> Path:
    """Let the key of a scale lead elsewhere."""
    (secret / "x").mkdir()
    (secret / "x" / "0-16_0-16_0-2").write_bytes(VOXELS.tobytes())
    scale = {"key": f"{named}/x", "size": [16, 16, 2], "resolution": [4, 4, 40]}
    scale |= {"chunk_sizes": [[16, 16, 2]], "encoding": "raw", "voxel_offset": [0, 0, 0]}
    info = {"type": "image", "data_type": "uint16", "num_channels": 1, "scales": [scale]}
    (folder / "p").mkdir()
    (folder / "p" / "info").write_text(json.dumps(info))
    return folder / "p"


def webknossos(folder: Path, secret: Path, named: str) -> Path:
    """Let the path of a mag lead elsewhere, as the official package writes it."""
    array(secret)
    box = {"topLeft": [0, 0, 0], "width": 16, "height": 16, "depth": 2}
    order = {axis: place for place, axis in enumerate("zyx")}
    layer = {"name": "em", "category": "color", "boundingBox": box, "dataFormat": "zarr"}
    layer |= {"elementClass": "uint16", "mags": [{"mag": [1, 1, 1], "path": f"{named}/x",
              "axisOrder": order}]}  # fmt: skip
    scale = {"factor": [4, 4, 40], "unit": "nanometer"}
    (folder / "d").mkdir()
    document = {"id": {"name": "d"}, "scale": scale, "dataLayers": [layer]}
    (folder / "d" / "datasource-properties.json").write_text(json.dumps(document))
    return folder / "d"


def leica(folder: Path, secret: Path, named: str) -> Path:
    """Let the planes of an XLIF lie elsewhere."""
    for number, plane in enumerate(VOXELS):
        tifffile.imwrite(secret / f"{number}.tif", plane)
    files = [(f"{named}/{number}.tif", plane.nbytes) for number, plane in enumerate(VOXELS)]
    (folder / "a.xlif").write_bytes(xlif(VOXELS, "zyx", files))
    return folder / "a.xlif"


DATA = "DataSet/ResolutionLevel 0/TimePoint 0/Channel 0/Data"


def imaris(folder: Path, secret: Path) -> tuple[Path, h5py.File]:
    """Write an image, and another one in `secret`; from the first the voxels are taken out."""
    write_ims(folder / "a.ims", VOXELS[np.newaxis, np.newaxis])
    write_ims(secret / "x.ims", VOXELS[np.newaxis, np.newaxis])
    file = h5py.File(folder / "a.ims", "a")
    del file[DATA]
    return folder / "a.ims", file


def external_link(folder: Path, secret: Path, named: str) -> Path:
    path, file = imaris(folder, secret)
    with file:
        file[DATA] = h5py.ExternalLink(f"{named}/x.ims", DATA)
    return path


def link_to_a_link(folder: Path, secret: Path, named: str) -> Path:
    """Hide it behind a soft link, on a group above."""
    path, file = imaris(folder, secret)
    with file:
        del file["DataSet"]
        file["hidden"] = h5py.ExternalLink(f"{named}/x.ims", "/DataSet")
        file["DataSet"] = h5py.SoftLink("/hidden")
    return path


def virtual(folder: Path, secret: Path, named: str) -> Path:
    path, file = imaris(folder, secret)
    with file:
        layout = h5py.VirtualLayout((4, 16, 32), np.uint16)
        layout[...] = h5py.VirtualSource(f"{named}/x.ims", DATA, (4, 16, 32))
        file.create_virtual_dataset(DATA, layout)
    return path


def virtual_of_a_link(folder: Path, secret: Path, named: str) -> Path:
    """Name the file itself, where a link leads out."""
    path, file = imaris(folder, secret)
    with file:
        file["hidden"] = h5py.ExternalLink(f"{named}/x.ims", DATA)
        layout = h5py.VirtualLayout((4, 16, 32), np.uint16)
        layout[...] = h5py.VirtualSource(".", "hidden", (4, 16, 32))
        file.create_virtual_dataset(DATA, layout)
    return path


def external_storage(folder: Path, secret: Path, named: str) -> Path:
    path, file = imaris(folder, secret)
    with file:
        padded = np.zeros((4, 16, 32), np.uint16)
        padded[:2, :, :16] = VOXELS
        (secret / "x.bin").write_bytes(padded.tobytes())
        storage = [(f"{named}/x.bin", 0, padded.nbytes)]
        file.create_dataset(DATA, padded.shape, padded.dtype, external=storage)
    return path


DOORS = {
    "OME-TIFF": ome_tiff,
    "OME-Zarr": ome_zarr,
    "OME-Zarr labels": ome_labels,
    "N5": n5,
    "precomputed": precomputed,
    "WEBKNOSSOS": webknossos,
    "XLIF": leica,
    "HDF5 external link": external_link,
    "HDF5 link to a link": link_to_a_link,
    "HDF5 virtual dataset": virtual,
    "HDF5 virtual dataset of a link": virtual_of_a_link,
    "HDF5 external storage": external_storage,
}

doors = pytest.mark.parametrize("write", DOORS.values(), ids=DOORS)


def made(tmp_path: Path, write: Write, spelling: str) -> Path:
    """Write a source below `src`, its voxels in `secret` beside that."""
    folder, secret = tmp_path / "src" / "in", tmp_path / "secret"
    folder.mkdir(parents=True)
    secret.mkdir()
    is_store = write in {ome_zarr, ome_labels, n5, precomputed, webknossos}
    relative = "../../../secret" if is_store else "../../secret"
    return write(folder, secret, relative if spelling == "relative" else str(secret))


@doors
@pytest.mark.parametrize("spelling", ["relative", "absolute"])
def test_what_lies_outside_is_refused(tmp_path: Path, write: Write, spelling: str) -> None:
    """The reference is named, and the option."""
    path = str(made(tmp_path, write, spelling))
    with pytest.raises(SourceError, match=r"names .*secret/.*, which lies outside of") as caught:
        read(path, References(str(tmp_path / "src")))
    assert caught.value.where == path
    assert "--follow-links" in caught.value.remedy


@doors
def test_it_is_read_where_that_is_asked_for(tmp_path: Path, write: Write) -> None:
    """Voxel by voxel."""
    path = str(made(tmp_path, write, "relative"))
    read(path, References(str(tmp_path / "src"), follows=True))


@doors
def test_it_is_read_below_the_source(tmp_path: Path, write: Write) -> None:
    """The folder that was given may be far above."""
    read(str(made(tmp_path, write, "relative")), References(str(tmp_path)))


@doors
@pytest.mark.parametrize("spelling", ["relative", "absolute"])
@pytest.mark.parametrize("is_foreign", [False, True])
def test_it_is_read_below_a_source_behind_a_link(
    tmp_path: Path, write: Write, spelling: str, *, is_foreign: bool
) -> None:
    """As homes lead to large disks: what is named by its real path lies below it as well."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    path = made(tmp_path / "real", write, spelling).relative_to(tmp_path / "real")
    read(str(tmp_path / "link" / path), References(str(tmp_path / "link"), is_foreign=is_foreign))


def test_companions_behind_a_link_are_named_through_it(tmp_path: Path) -> None:
    """Else nobody knows that they belong to the file, and each becomes a layer of its own."""
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    ome_tiff(real, real, ".")
    (found,) = probe(str(tmp_path / "link" / "a.ome.tif"))
    assert found.files == (str(tmp_path / "link" / "a.ome.tif"), str(tmp_path / "link" / "x.tif"))
    (one,) = plan_of(tmp_path / "link").layers
    assert one.layer.size == (16, 16, 2)
    named = {"files": [str(real / "a.ome.tif"), str(real / "x.tif"), "/elsewhere/x.tif"]}
    assert bioformats_files(str(tmp_path / "link" / "a.ome.tif"), named) == (
        *found.files[:1], "/elsewhere/x.tif", *found.files[1:]
    )  # fmt: skip


@doors
def test_archives_and_downloads_lead_nowhere(tmp_path: Path, write: Write) -> None:
    """No option helps."""
    path = str(made(tmp_path, write, "absolute"))
    with pytest.raises(SourceError, match="lies outside of") as caught:
        read(path, References(str(tmp_path / "src"), is_foreign=True))
    assert "--follow-links" not in caught.value.remedy


def read(path: str, references: References) -> None:
    """Read all that there is, and compare."""
    probe(path, references=references)
    with open_images(path, references=references) as images:
        for image in images:
            assert np.array_equal(read_image(image)[0, 0, ..., 0], VOXELS)


@pytest.mark.parametrize(
    ("named", "is_inside"),
    [
        ("x", True), ("./x", True), ("a/../x", True), ("../in/x", True), ("..", True),
        ("../..", False), ("a/../../../x", False), ("/etc/passwd", False), ("../../src2/x", False),
        ("link/x", True), ("link/../x", False), ("a\\..\\..\\x", True),
    ],
)  # fmt: skip
def test_where_a_reference_leads(tmp_path: Path, named: str, *, is_inside: bool) -> None:
    """By its words; behind `..` by where the system goes, since a link's parent is elsewhere."""
    (tmp_path / "src" / "in" / "a").mkdir(parents=True)
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    (tmp_path / "src" / "in" / "link").symlink_to(tmp_path / "elsewhere" / "deep")
    opened, references = str(tmp_path / "src" / "in" / "f"), References(str(tmp_path / "src"))
    if is_inside:
        found = referred(opened, named, references)
        assert found == os.path.normpath(tmp_path / "src" / "in" / named)
    else:
        with pytest.raises(SourceError, match="lies outside of"):
            referred(opened, named, references)


def test_a_companion_is_beside_a_file_that_is_given_alone(tmp_path: Path) -> None:
    """Without a root, it is the folder of the file."""
    folder = tmp_path / "src"
    folder.mkdir()
    read(str(ome_tiff(folder, folder, ".")), References())
