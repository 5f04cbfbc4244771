"""TIFF files by tifffile's writer, by Pillow and by hand."""

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import PIL.Image
import pytest
import tifffile
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.readers import open_image, probe
from wkflow.source import Header

from .contract import ReaderContract, read_all, voxels_of

INTEGERS = ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")


class TestTiff(ReaderContract):
    suffix = ".tif"
    kinds: ClassVar = (
        *((dtype, 1) for dtype in (*INTEGERS, "float32")),
        ("uint8", 3),
        ("uint16", 3),
    )

    def write(self, path: Path, plane: NDArray[Any]) -> None:
        photometric = "rgb" if plane.shape[2] == 3 else "minisblack"
        tifffile.imwrite(path, plane.squeeze(), photometric=photometric, metadata=None)


class TestTiffByPillow(ReaderContract):
    suffix = ".tiff"

    def write(self, path: Path, plane: NDArray[Any]) -> None:
        PIL.Image.fromarray(plane.squeeze()).save(path)


class TestTiffInTiles(ReaderContract):
    suffix = ".btf"
    kinds: ClassVar = (("uint8", 1), ("uint16", 1), ("uint8", 3))

    def write(self, path: Path, plane: NDArray[Any]) -> None:
        photometric = "rgb" if plane.shape[2] == 3 else "minisblack"
        tifffile.imwrite(
            path,
            plane.squeeze(),
            photometric=photometric,
            tile=(16, 16),
            compression="zlib",
            predictor=True,
            bigtiff=True,
        )


def stack(planes: int = 9, dtype: str = "uint16") -> NDArray[Any]:
    return voxels_of(dtype, planes).transpose(2, 0, 1).copy()


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "zstd", "packbits", "lzma"])
@pytest.mark.parametrize("layout", [{}, {"rowsperstrip": 5}, {"tile": (16, 32)}])
def test_every_storage_gives_the_same_voxels(
    tmp_path: Path, byteorder: Literal["<", ">"], compression: str | None, layout: dict[str, Any]
) -> None:
    """Byte order, compression, strips and tiles do not show in the voxels."""
    path, voxels = tmp_path / "stack.tif", stack(5)
    tifffile.imwrite(path, voxels, byteorder=byteorder, compression=compression, **layout)
    assert_array_equal(read_all(str(path))[..., 0], voxels, strict=True)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"imagej": True},
        {"ome": True},
        {"metadata": None},
        {"compression": "zlib"},
        {"compression": "zlib", "metadata": None},
        {"ome": True, "compression": "lzw"},
        {"metadata": {"axes": "TYX"}},
        {"imagej": True, "metadata": {"axes": "TYX"}},
        {"ome": True, "metadata": {"axes": "ZYX"}},
        {"imagej": True, "metadata": {"axes": "ZYX"}, "truncate": True},
        {"truncate": True},
    ],
)
def test_a_stack_is_read_in_z_order_by_many_threads(tmp_path: Path, how: dict[str, Any]) -> None:
    """Whoever wrote the stack: page i is plane i, from any thread."""
    path, voxels = tmp_path / "stack.tif", stack(20)
    axes: dict[str, Any] = {"metadata": {"axes": "ZYX"}} if {"imagej", "ome"} & set(how) else {}
    tifffile.imwrite(path, voxels, photometric="minisblack", **{**axes, **how})
    assert probe(str(path)) == Header(53, 37, 20, 1, "uint16")
    out = np.zeros((*voxels.shape, 1), voxels.dtype)
    with open_image(str(path)) as image, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda page: image.read(page, out[page]), range(20)))
    assert_array_equal(out[..., 0], voxels)


def test_planes_written_one_by_one_are_a_stack(tmp_path: Path) -> None:
    """Each is a series of its own to tifffile; changing the compression does not matter."""
    path, voxels = tmp_path / "stack.tif", stack(4)
    kinds: tuple[dict[str, Any] | None, ...] = ({}, None)
    for metadata in kinds:
        with tifffile.TiffWriter(path) as writer:
            for z, plane in enumerate(voxels):
                compression = "zlib" if z % 2 else None
                writer.write(plane, contiguous=False, metadata=metadata, compression=compression)
        assert_array_equal(read_all(str(path))[..., 0], voxels)


@pytest.mark.parametrize("pages", [4, 12])
@pytest.mark.parametrize("odd", [stack(1, "uint8")[0], stack(1)[0, :20], stack(1)[0, :, :20]])
def test_a_page_that_differs_is_refused(tmp_path: Path, pages: int, odd: NDArray[Any]) -> None:
    """In size or type, wherever it stands: tifffile would read it as if it were page 1."""
    path = tmp_path / "mixed.tif"
    with tifffile.TiffWriter(path) as writer:
        for z, plane in enumerate(stack(pages)):
            writer.write(odd if z == 3 else plane, metadata=None)
    with pytest.raises(
        SourceError, match=r"holds 2 images|page 4 is .*, page 1 is 53 x 37|incompatible keyframe"
    ):
        read_all(str(path))


def test_levels_of_a_pyramid_are_no_planes(tmp_path: Path) -> None:
    """Only the full image is read, whether the others are SubIFDs or pages."""
    plane = voxels_of("uint8", 3, 256, 256)
    for subifds in (1, 0):
        path = tmp_path / f"pyramid{subifds}.tif"
        how: dict[str, Any] = {"photometric": "rgb", "tile": (64, 64), "metadata": None}
        with tifffile.TiffWriter(path) as writer:
            writer.write(plane, subifds=subifds, **how)
            writer.write(np.ascontiguousarray(plane[::2, ::2]), subfiletype=1, **how)
        assert_array_equal(read_all(str(path))[0], plane)


@pytest.mark.parametrize(
    ("shape", "how", "words"),
    [
        ((2, 9, 7), {"imagej": True, "metadata": {"axes": "CYX"}}, "axes C 2 x Y 9 x X 7"),
        ((2, 3, 9, 7), {"ome": True, "metadata": {"axes": "TZYX"}}, "axes T 2 x Z 3 x Y 9"),
        ((2, 3, 9, 7), {"photometric": "minisblack"}, "axes Q 2 x Q 3 x"),
        ((3, 9, 7), {"photometric": "minisblack", "metadata": {"axes": "XYZ"}}, "axes X 3 x Y 9"),
    ],
)
def test_channels_and_several_steps_are_refused(
    tmp_path: Path, shape: tuple[int, ...], how: dict[str, Any], words: str
) -> None:
    """The message has the axes and the shape."""
    path = tmp_path / "hyperstack.tif"
    tifffile.imwrite(path, np.zeros(shape, np.uint8), **how)
    with pytest.raises(SourceError, match=words):
        probe(str(path))


@pytest.mark.parametrize(
    ("photometric", "samples", "extras", "channels"),
    [
        ("rgb", 3, (), 3),
        ("rgb", 4, ("unassalpha",), 3),
        ("rgb", 4, ("assocalpha",), 3),
        ("rgb", 4, ("unspecified",), 4),
        ("minisblack", 2, ("assocalpha",), 1),
        ("minisblack", 2, ("unspecified",), 2),
        ("separated", 4, (), 4),
    ],
)
def test_alpha_is_left_out_and_other_samples_are_told(
    tmp_path: Path, photometric: str, samples: int, extras: tuple[str, ...], channels: int
) -> None:
    """Samples are channels and never planes, interleaved or one after the other."""
    plane, path = voxels_of("uint8", samples), tmp_path / "samples.tif"
    how: dict[str, Any] = {"photometric": photometric, "extrasamples": extras, "metadata": None}
    for compression in (None, "zlib"):
        for planar, stored in (("contig", plane), ("separate", np.moveaxis(plane, -1, 0))):
            tifffile.imwrite(path, stored, planarconfig=planar, compression=compression, **how)
            assert probe(str(path)) == Header(53, 37, 1, channels, "uint8")
            assert_array_equal(read_all(str(path))[0], plane[:, :, :channels])


def test_one_bit_becomes_zero_and_one(tmp_path: Path) -> None:
    """Black and white as stored, one byte per voxel."""
    path, plane = tmp_path / "bits.tif", voxels_of("uint8", 1)[:, :, 0] % 2
    PIL.Image.fromarray(plane.astype(bool)).save(path)
    assert probe(str(path)).dtype == "uint8"
    assert_array_equal(read_all(str(path))[0, :, :, 0], plane)


@pytest.mark.parametrize("dtype", ["float16", "float64", "complex64"])
def test_other_types_are_told_by_their_name(tmp_path: Path, dtype: str) -> None:
    """What cannot be a layer is for the caller to refuse."""
    path = tmp_path / "odd.tif"
    tifffile.imwrite(path, np.ones((5, 4), dtype))
    assert probe(str(path)).dtype == dtype


def test_a_stack_that_lost_its_end_is_refused(tmp_path: Path) -> None:
    """With directories in front, behind or in between: no stack is read short."""
    path = tmp_path / "stack.tif"
    axes = {"axes": "ZYX"}
    for how in (
        {},
        {"metadata": None},
        {"compression": "zlib"},
        {"imagej": True, "metadata": axes},
        {"ome": True, "metadata": axes},
    ):
        tifffile.imwrite(path, stack(20), photometric="minisblack", **how)
        whole = path.read_bytes()
        for share in (0.05, 0.3, 0.6, 0.97):
            path.write_bytes(whole[: int(len(whole) * share)])
            with pytest.raises(SourceError, match=r"cut short|damaged"):
                read_all(str(path))


def test_nothing_is_said_behind_our_back(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """What tifffile logs is in the error, not on the terminal; other threads keep theirs."""
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, stack(20), imagej=True)
    path.write_bytes(path.read_bytes()[:30_000])
    with pytest.raises(SourceError, match="cut short"):
        probe(str(path))
    assert capfd.readouterr().err == ""
    assert caplog.records == []
    logging.getLogger("tifffile").warning("from elsewhere")
    assert [record.message for record in caplog.records] == ["from elsewhere"]


def test_one_ome_tiff_of_many_is_refused(tmp_path: Path) -> None:
    """A folder of seven files that each describe all seven must not become 49 planes."""
    parts = [tmp_path / "a_z0.ome.tif", tmp_path / "a_z1.ome.tif"]
    names = [f'<TiffData FirstZ="{z}" IFD="0"><UUID FileName="{part.name}">urn:uuid:{z}</UUID>'
             "</TiffData>" for z, part in enumerate(parts)]  # fmt: skip
    pixels = (
        '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="53" SizeY="37" '
        'SizeZ="2" SizeC="1" SizeT="1"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
    )
    schema = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
    for z, part in enumerate(parts):
        xml = (
            f'<?xml version="1.0"?><OME xmlns="{schema}" UUID="urn:uuid:{z}"><Image ID="Image:0">'
            f"{pixels}{''.join(names)}</Pixels></Image></OME>"
        )
        tifffile.imwrite(part, stack(1)[0], description=xml, metadata=None)
    for part in parts:
        with pytest.raises(SourceError, match="spread over several files"):
            probe(str(part))


def test_a_page_is_read_without_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uncompressed voxels go from the file into the caller's array."""
    path, plane = tmp_path / "plane.tif", voxels_of("uint16", 1)
    tifffile.imwrite(path, plane[:, :, 0], byteorder=">")
    out = np.zeros_like(plane)
    with open_image(str(path)) as image:
        monkeypatch.setattr(np, "empty", None)
        image.read(0, out)
    assert_array_equal(out, plane)
