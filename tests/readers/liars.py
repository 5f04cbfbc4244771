"""Files that promise more than they hold, one of each format and codec."""

import gzip
import json
import struct
import zlib
from collections.abc import Callable
from functools import cache, reduce
from pathlib import Path
from typing import Any

import h5py
import imagecodecs
import numpy as np
import tifffile
import zarr
from PIL import Image
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless
from pylibCZIrw.czi import create_czi

from tests.readers.dicom.writer import dataset_of, noise, save, write_plain


def grey(path: Path, height: int = 24, width: int = 32) -> Path:
    Image.fromarray(np.arange(height * width, dtype=np.uint8).reshape(height, width)).save(path)
    return path


def patched(path: Path, *changes: tuple[int, bytes]) -> Path:
    """Write other bytes at some places of a file."""
    content = bytearray(path.read_bytes())
    for place, new in changes:
        content[place : place + len(new)] = new
    path.write_bytes(content)
    return path


def png(path: Path) -> Path:
    head = struct.pack(">4s IIBBBBB", b"IHDR", 2**31 - 1, 2**31 - 1, 8, 0, 0, 0, 0)
    checked = head + struct.pack(">I", zlib.crc32(head))
    return patched(grey(path), (12, checked))


def bmp(path: Path) -> Path:
    return patched(grey(path), (18, struct.pack("<2i", 2**30, 2**30)))


def runs_bmp(path: Path) -> Path:
    """Of compression 1: 8 bit in runs."""
    return patched(grey(path), (18, struct.pack("<2i 2H I", 2**30, 2**30, 1, 8, 1)))


def ico(path: Path) -> Path:
    """Hold a PNG that lies."""
    picture = png(path.with_suffix(".png")).read_bytes()
    head = struct.pack("<3H 4B 2H 2I", 0, 1, 1, 32, 24, 0, 0, 1, 32, len(picture), 22)
    path.write_bytes(head + picture)
    path.with_suffix(".png").unlink()
    return path


def gif(path: Path) -> Path:
    """Have a screen of 65535 x 65535 and a frame of 32 x 24."""
    return patched(grey(path), (6, struct.pack("<2H", 65535, 65535)))


def frame_gif(path: Path) -> Path:
    """Have a frame that lies on a screen that does not."""
    at = grey(path).read_bytes().index(b",\0\0\0\0")
    return patched(path, (at + 5, struct.pack("<2H", 65535, 65535)))


def tga(path: Path) -> Path:
    return patched(grey(path), (12, struct.pack("<2H", 65535, 65535)))


def runs_tga(path: Path) -> Path:
    Image.fromarray(np.zeros((24, 32), np.uint8)).save(path, compression="tga_rle")
    return patched(path, (12, struct.pack("<2H", 65535, 65535)))


def webp(path: Path) -> Path:
    """Promise a canvas of 2^24 pixels along each edge."""
    Image.fromarray(np.zeros((24, 32, 4), np.uint8)).save(path, lossless=True, exact=True)
    chunk = path.read_bytes()[12:]
    canvas = b"VP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff" * 6
    path.write_bytes(
        b"RIFF" + struct.pack("<I", 4 + len(canvas) + len(chunk)) + b"WEBP" + canvas + chunk
    )
    return path


def pnm(path: Path) -> Path:
    path.write_bytes(b"P5 1000000 1000000 255\n" + bytes(999))
    return path


def jpeg(path: Path) -> Path:
    at = grey(path).read_bytes().index(b"\xff\xc0")
    return patched(path, (at + 5, struct.pack(">2H", 65535, 65535)))


def _tiff(path: Path, compression: str | None, **tags: int) -> Path:
    """Write a page and change values of its tags, by their names."""
    plane = noise("uint8", 64, 64)
    tifffile.imwrite(path, plane, compression=compression, rowsperstrip=16)
    with tifffile.TiffFile(path, mode="r+") as file:
        for name, value in tags.items():
            file.pages.first.tags[name].overwrite(value)
    return path


def size_tiff(path: Path) -> Path:
    return _tiff(path, None, ImageWidth=2**31 - 1, ImageLength=2**31 - 1)


def _strip_tiff(compression: str | None) -> Callable[[Path], Path]:
    """Give a maker of an image of one huge strip."""

    def make(path: Path) -> Path:
        tags = {"ImageWidth": 2**30, "ImageLength": 2**30, "RowsPerStrip": 2**30}
        return _tiff(path, compression, **tags)

    return make


def _picture_tiff(compression: str) -> Callable[[Path], Path]:
    """Give a maker of an image of one strip of 2^40 voxels, whose picture is smaller."""

    def make(path: Path) -> Path:
        plane = noise("uint8", 64, 64)
        is_colour = compression == "webp"
        tifffile.imwrite(
            path,
            np.dstack([plane] * 3) if is_colour else plane,
            compression=compression,
            photometric="rgb" if is_colour else "minisblack",
        )
        with tifffile.TiffFile(path, mode="r+") as file:
            for name in ("ImageWidth", "ImageLength", "RowsPerStrip"):
                file.pages.first.tags[name].overwrite(2**20)
        return path

    return make


def _tile_tiff(path: Path) -> Path:
    tifffile.imwrite(path, noise("uint8", 64, 64), tile=(64, 64), compression="zlib")
    names = ("ImageWidth", "ImageLength", "TileWidth", "TileLength")
    with tifffile.TiffFile(path, mode="r+") as file:
        for name in names:
            file.pages.first.tags[name].overwrite(2**16 - 16)
    return path


def _ome(**stated: str) -> Callable[[Path], Path]:
    """Give a maker of an OME-TIFF of three pages whose XML says otherwise."""

    def make(path: Path) -> Path:
        tifffile.imwrite(
            path, noise("uint8", 3, 24, 32), photometric="minisblack", metadata={"axes": "ZYX"}
        )
        with tifffile.TiffFile(path) as file:
            xml = file.ome_metadata or ""
        for name, value in stated.items():
            begin = xml.index(f'{name}="') + len(name) + 2
            xml = xml[:begin] + value + xml[xml.index('"', begin) :]
        tifffile.imwrite(
            path,
            noise("uint8", 3, 24, 32),
            photometric="minisblack",
            metadata=None,
            description=xml.encode(),
        )
        return path

    return make


def _imagej(path: Path) -> Path:
    text = "ImageJ=1.53t\nimages=1000000000\nslices=1000000000\nloop=false\n"
    tifffile.imwrite(path, noise("uint8", 24, 32), metadata=None, description=text)
    return path


def _shaped(path: Path) -> Path:
    text = '{"shape": [1000000000, 24, 32]}'
    tifffile.imwrite(path, noise("uint8", 24, 32), metadata=None, description=text)
    return path


def dicom(path: Path) -> Path:
    return Path(write_plain(path, noise("uint8", 1, 24, 32, 1), NumberOfFrames="999999999"))


def wide_dicom(path: Path) -> Path:
    return Path(write_plain(path, noise("uint8", 1, 24, 32, 1), Rows=65535, Columns=65535))


def runs_dicom(path: Path) -> Path:
    dataset = dataset_of(noise("uint8", 1, 24, 32, 1), Rows=65535, Columns=65535)
    return Path(
        save(path, dataset, [struct.pack("<16I", 1, 64, *(0,) * 14) + bytes(99)], RLELossless)
    )


def frames_dicom(path: Path) -> Path:
    dataset = dataset_of(noise("uint8", 1, 24, 32, 1), NumberOfFrames="999999999")
    return Path(save(path, dataset, [bytes(99)], RLELossless))


PICTURES = {
    "j2k": (JPEG2000Lossless, lambda plane: imagecodecs.jpeg2k_encode(plane, codecformat="J2K")),
    "jls": (JPEGLSLossless, imagecodecs.jpegls_encode),
    "jpg": (JPEGBaseline8Bit, imagecodecs.jpeg8_encode),
}


def _picture_dicom(kind: str, side: int) -> Callable[[Path], Path]:
    """Give a maker of a frame of 32 x 24, of which the file says otherwise; or the frame itself."""

    def make(path: Path) -> Path:
        syntax, encode = PICTURES[kind]
        voxels = noise("uint8", 1, 24, 32, 1)
        frame = bytearray(encode(voxels[0, :, :, 0]))
        if kind == "j2k" and not side:
            struct.pack_into(">2I", frame, 8, 60000, 60000)
            struct.pack_into(">2I", frame, 24, 60000, 60000)
        sizes = {"Rows": side, "Columns": side} if side else {}
        return Path(save(path, dataset_of(voxels, **sizes), [bytes(frame)], syntax))

    return make


def mrc_head(*extents: int) -> bytes:
    head = bytearray(1024)
    struct.pack_into("<4i", head, 0, *extents, 0)
    struct.pack_into("<3i", head, 64, 1, 2, 3)
    head[208:214] = b"MAP \x44\x44"
    return bytes(head)


def mrc(path: Path) -> Path:
    path.write_bytes(mrc_head(2**31 - 1, 2**31 - 1, 2**31 - 1) + bytes(999))
    return path


def gz_mrc(path: Path) -> Path:
    path.write_bytes(gzip.compress(mrc_head(100_000, 100_000, 10) + bytes(999)))
    return path


def gz_nifti(path: Path) -> Path:
    head = bytearray(352)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, 3, 32000, 32000, 32000, 1, 1, 1, 1)
    struct.pack_into("<2h", head, 70, 2, 8)
    struct.pack_into("<f", head, 108, 352)
    head[344:348] = b"n+1\0"
    path.write_bytes(gzip.compress(bytes(head) + bytes(999)))
    return path


def czi(path: Path) -> Path:
    """Give the sizes of a tile, in the directory and in its own segment, as 100 000."""
    with create_czi(str(path)) as writer:
        writer.write(noise("uint8", 24, 32, 1), plane={"Z": 0})
    content = path.read_bytes()
    for name, size in ((b"X\0\0\0", 32), (b"Y\0\0\0", 24)):
        old = name + struct.pack("<2i", 0, size)
        content = content.replace(old, name + struct.pack("<2i", 0, 100_000))
        rest = struct.pack("<f i", 0, size)
        content = content.replace(
            name + struct.pack("<2i", 0, 100_000) + rest,
            name + struct.pack("<2i f i", 0, 100_000, 0, 100_000),
        )
    path.write_bytes(content)
    return path


def _zarr(path: Path, shape: tuple[int, ...], chunk: tuple[int, ...], **changes: Any) -> Path:  # noqa: ANN401
    array = zarr.create_array(path, shape=(64, 64, 64), chunks=(64, 64, 64), dtype="u1")
    array[:] = noise("uint8", 64, 64, 64)
    document = json.loads((path / "zarr.json").read_text())
    document["shape"] = shape
    document["chunk_grid"]["configuration"]["chunk_shape"] = chunk
    (path / "zarr.json").write_text(json.dumps(document | changes))
    return path


def huge_zarr(path: Path) -> Path:
    return _zarr(path, (10**7,) * 3, (64,) * 3)


def sparse_zarr(path: Path) -> Path:
    """Promise 1e15 voxels, of which one chunk was written: that is no lie."""
    return _zarr(path, (10**5,) * 3, (64,) * 3)


def chunk_zarr(path: Path) -> Path:
    """Have but one chunk."""
    return _zarr(path, (30_000,) * 3, (30_000,) * 3)


def channels_zarr(path: Path) -> Path:
    """Promise a billion channels."""
    return _zarr(path, (10**9, 64, 64, 64), (1, 64, 64, 64))


CODECS: dict[str, dict[str, Any]] = {
    "zstd": {"level": 0, "checksum": False},
    "gzip": {"level": 9},
    "blosc": {"typesize": 1, "cname": "lz4", "clevel": 5, "shuffle": "noshuffle", "blocksize": 0},
}


def _bomb_zarr(kind: str) -> Callable[[Path], Path]:
    """Give a maker of an array whose chunks of 256 kB inflate to a gigabyte."""

    def make(path: Path) -> Path:
        codec = {"name": kind, "configuration": CODECS[kind]}
        codecs = [{"name": "bytes", "configuration": {"endian": "little"}}, codec]
        _zarr(path, (64,) * 3, (64,) * 3, codecs=codecs)
        (path / "c" / "0" / "0" / "0").write_bytes(_inflating(kind))
        return path

    return make


@cache
def _inflating(kind: str) -> bytes:
    """Make a gigabyte, or what a header calls one, small."""
    block = bytes(2**20)
    if kind == "zstd":
        head = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", 2**30)
        run = struct.pack("<I", 2**17 << 3 | 1 << 1)[:3] + b"\0"
        last = struct.pack("<I", 2**17 << 3 | 1 << 1 | 1)[:3] + b"\0"
        return head + run * (2**13 - 1) + last
    if kind == "gzip":
        packer = zlib.compressobj(9, wbits=-15)
        part = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)  # means the same repeated
        crc = reduce(lambda sum_, _: zlib.crc32(block, sum_), range(1024), 0)
        return gzip.compress(b"")[:10] + part * 1024 + b"\3\0" + struct.pack("<2I", crc, 2**30)
    packed = bytearray(imagecodecs.blosc_encode(block))
    struct.pack_into("<I", packed, 4, 2**30)
    return bytes(packed)


def gz_n5(path: Path) -> Path:
    """Have a block that says it is larger than the blocks of the array."""
    (path / "0" / "0").mkdir(parents=True)
    stated = {"dimensions": [64, 64, 64], "blockSize": [64, 64, 64], "dataType": "uint8",
              "compression": {"type": "gzip"}}  # fmt: skip
    (path / "attributes.json").write_text(json.dumps(stated))
    head = struct.pack(">2H 3I", 0, 3, 1024, 1024, 1024)
    (path / "0" / "0" / "0").write_bytes(head + _inflating("gzip"))
    return path


def ims(path: Path) -> Path:
    """Promise a cube of 10^9 voxels along each edge."""
    with h5py.File(path, "w") as file:
        group = file.create_group("DataSet/ResolutionLevel 0/TimePoint 0/Channel 0")
        group.create_dataset("Data", (10**9,) * 3, "u1", chunks=(64,) * 3)
    return path


def raw(path: Path) -> Path:
    path.write_bytes(bytes(99))
    text = "NDims = 3\nDimSize = 100000 100000 100000\nElementType = MET_UCHAR\n"
    path.with_suffix(".mhd").write_text(f"{text}ElementDataFile = {path.name}\n")
    return path


LIARS: dict[str, Callable[[Path], Path]] = {
    "ihdr.png": png,
    "size.bmp": bmp,
    "runs.bmp": runs_bmp,
    "png.ico": ico,
    "screen.gif": gif,
    "frame.gif": frame_gif,
    "size.tga": tga,
    "runs.tga": runs_tga,
    "canvas.webp": webp,
    "size.pgm": pnm,
    "sof.jpg": jpeg,
    "size.tif": size_tiff,
    **{
        f"{kind}.tif": _strip_tiff(kind)
        for kind in ("zlib", "lzw", "packbits", "zstd", "lzma", "jpeg")
    },
    "strip.tif": _strip_tiff(None),
    "tile.tif": _tile_tiff,
    **{
        f"{kind}.tif": _picture_tiff(kind)
        for kind in ("jpeg2000", "jpegxl", "jpegxr", "webp", "png", "lerc")
    },
    **{f"{kind}.dcm": _picture_dicom(kind, 60000) for kind in PICTURES},
    "stream.dcm": _picture_dicom("j2k", 0),
    "z.ome.tif": _ome(SizeZ="1000000000"),
    "t.ome.tif": _ome(SizeT="1000000000"),
    "c.ome.tif": _ome(SizeC="100000000"),
    "count.ome.tif": _ome(PlaneCount="1000000000"),
    "imagej.tif": _imagej,
    "shaped.tif": _shaped,
    "frames.dcm": dicom,
    "rows.dcm": wide_dicom,
    "runs.dcm": runs_dicom,
    "encapsulated.dcm": frames_dicom,
    "size.mrc": mrc,
    "size.mrc.gz": gz_mrc,
    "size.nii.gz": gz_nifti,
    "tile.czi": czi,
    "size.raw": raw,
    "huge.zarr": huge_zarr,
    "chunk.zarr": chunk_zarr,
    "channels.zarr": channels_zarr,
    **{f"{kind}.zarr": _bomb_zarr(kind) for kind in ("zstd", "gzip", "blosc")},
    "block.n5": gz_n5,
    "size.ims": ims,
}  # fmt: skip
