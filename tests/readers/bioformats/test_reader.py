"""Files that only Bio-Formats reads: ICS by hand, and Bio-Formats' own synthetic ones."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.source import Channel, Header
from wkflow.readers import Reader

from tests.readers.bioformats.here import NEEDS_BIOFORMATS
from tests.readers.contract import ReaderContract, read_all, read_image, voxels_of

pytestmark = [NEEDS_BIOFORMATS, pytest.mark.long(but=["test_planes_samples"])]


def reader() -> Reader:
    """Give the reader, whatever its table says of a suffix."""
    from wkflow.readers.bioformats.reader import BioformatsReader  # noqa: PLC0415 -- needs an extra

    return BioformatsReader()


def ics(voxels: NDArray[Any], *parameters: str) -> bytes:
    """Write ICS 2.0 by hand: a header of lines with tabs, then the voxels.

    `voxels` are (t, channel, z, y, x, sample). https://doi.org/10.1002/cyto.990110502
    """
    frames, channels, planes, height, width, samples = voxels.shape
    bits = voxels.dtype.itemsize * 8
    is_real = voxels.dtype.kind == "f"
    order, sizes = "bits x y z ch t", f"{bits} {width} {height} {planes} {channels} {frames}"
    if samples > 1:
        order, sizes = "bits ch x y z t", f"{bits} {samples} {width} {height} {planes} {frames}"
    lines = [
        "\t",
        "ics_version 2.0",
        "filename volume",
        f"layout parameters {len(order.split())}",
        f"layout order {order}",
        f"layout sizes {sizes}",
        "layout coordinates video",
        f"layout significant_bits {bits}",
        f"representation format {'real' if is_real else 'integer'}",
        f"representation sign {'signed' if voxels.dtype.kind in 'if' else 'unsigned'}",
        "representation compression uncompressed",
        "representation byte_order " + " ".join(str(n + 1) for n in range(bits // 8)),
        *parameters,
        "end",
        "",
    ]
    header = "\n".join(line.replace(" ", "\t") for line in lines)
    return header.encode() + voxels.astype(voxels.dtype.newbyteorder("<")).tobytes()


class TestIcs(ReaderContract):
    suffix = ".ics"
    kinds: ClassVar = (("uint8", 1), ("uint16", 1), ("int16", 1), ("float32", 1))
    planes, channels, frames = 3, 2, 4
    damages = 15
    damaged_bytes = range(10, 300)
    no_image: ClassVar = {
        None: "is not there",
        b"": "is empty",
        b"this is text": "Bio-Formats",
        b"GIF89a and so on": "Bio-Formats",
    }

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        path.write_bytes(ics(voxels))


class TestIcsOfOnePlane(TestIcs):
    planes, channels, frames = 1, 1, 1
    damages = 0


class TestIcsOfColours(TestIcs):
    kinds: ClassVar = (("uint8", 3), ("uint16", 3))
    planes, channels, frames = 2, 1, 1
    damages = 0


def fake(folder: Path, **values: object) -> str:
    """Make a file of Bio-Formats' own kind: its name tells all, its voxels tell where they are.

    The first boxes of each plane hold the numbers of series, plane, z, channel and frame.
    """
    name = "x" + "".join(f"&{key}={value}" for key, value in values.items()) + ".fake"
    (folder / name).write_text("x")
    return str(folder / name)


@pytest.mark.parametrize("interleaved", ["true", "false"])
def test_planes_samples_channels_and_frames_have_their_places(
    tmp_path: Path, interleaved: str
) -> None:
    """Each of them is where Bio-Formats says, in RGB as well."""
    path = fake(
        tmp_path, sizeX=120, sizeY=40, sizeZ=3, sizeC=6, sizeT=2, rgb=3, interleaved=interleaved
    )
    with reader().open(path) as (image,):
        assert image.probe.header == Header(120, 40, 3, 3, "uint8", 2, (("t", 2),))
        voxels = read_image(image)
    for frame, channel, z in np.ndindex(2, 2, 3):
        first = voxels[frame, channel, z, 5, 5:50:10, :]
        assert_array_equal(first[2], [z] * 3)
        assert_array_equal(first[3], channel * 3 + np.arange(3))
        assert_array_equal(first[4], [frame] * 3)


def test_two_samples_are_channels(tmp_path: Path) -> None:
    """Only three of them are colours, or four, if the last may be alpha."""
    voxels = voxels_of("uint16", 1, 1, 2, 37, 53, 2)
    path = tmp_path / "two.ics"
    path.write_bytes(ics(voxels))
    found = read_all(str(path), reader=reader())
    assert_array_equal(found, np.moveaxis(voxels, -1, 1)[..., None][:, :, 0], strict=True)


def test_alpha_is_left_out(tmp_path: Path) -> None:
    """And it is said."""
    voxels = voxels_of("uint8", 1, 1, 1, 37, 53, 4)
    path = tmp_path / "four.ics"
    path.write_bytes(ics(voxels))
    (probe,) = reader().probe(str(path))
    assert probe.header.samples == 3
    assert "alpha" in probe.about.notes[0]
    assert_array_equal(read_all(str(path), reader=reader()), voxels[..., :3], strict=True)


def test_every_series_is_an_image(tmp_path: Path) -> None:
    """Without the smaller copies that a slide scanner stores with it."""
    path = fake(tmp_path, series=3, sizeX=64, sizeY=64, resolutions=2, resolutionScale=2)
    probes = reader().probe(path)
    assert [probe.header.size for probe in probes] == [(64, 64, 1)] * 3
    for number in range(3):
        assert read_all(path, number, reader())[0, 0, 0, 5, 5, 0] == number


def test_what_the_file_says_of_itself_is_told(tmp_path: Path) -> None:
    """The size of a voxel in nanometers, names and colours of channels."""
    path = fake(
        tmp_path,
        sizeC=2,
        physicalSizeX="0.5µm",
        physicalSizeY="40nm",
        color_0=0xFF8000FF,
    )
    (probe,) = reader().probe(path)
    assert probe.about.voxel_nm == (500.0, 40.0, None)
    assert probe.about.channels[0] == Channel("", (255, 128, 0))


def test_the_files_that_belong_to_it_are_told(tmp_path: Path) -> None:
    """ICS 1.0 has its voxels in a file of their own."""
    voxels = voxels_of("uint8", 1, 1, 2, 37, 53, 1)
    whole = ics(voxels).replace(b"ics_version\t2.0", b"ics_version\t1.0")
    cut = whole.index(b"\nend\n") + 5
    path, other = tmp_path / "volume.ics", tmp_path / "volume.ids"
    path.write_bytes(whole[:cut])
    other.write_bytes(whole[cut:])
    (probe,) = reader().probe(str(path))
    assert probe.files == (str(path), str(other))
    assert_array_equal(read_all(str(path), reader=reader()), voxels, strict=True)
    other.unlink()
    with pytest.raises(SourceError, match=r"volume\.ics"):
        reader().probe(str(path))


def test_a_plane_that_ends_in_zeros_is_whole(tmp_path: Path) -> None:
    """Only what a file does not hold is refused, not what is black."""
    voxels = voxels_of("uint8", 1, 1, 2, 37, 53, 1)
    voxels[:, :, :, 5:] = 0
    path = tmp_path / "black.ics"
    path.write_bytes(ics(voxels))
    assert_array_equal(read_all(str(path), reader=reader()), voxels, strict=True)


def test_a_large_plane_is_read_in_regions(tmp_path: Path) -> None:
    """A plane of three gigabytes takes no more memory than the box."""
    path = fake(tmp_path, sizeX=60_000, sizeY=50_000)
    with reader().open(path) as (image,):
        out = np.zeros((1, 30, 40, 1), np.uint8)
        image.read(Box((59_960, 49_000, 0), (60_000, 49_030, 1)), out)
        assert image.probe.grain[0] * image.probe.grain[1] <= 64 * 2**20
    assert_array_equal(np.diff(out[0, 0, :, 0].astype(int)) % 256, 1)


def test_a_process_that_dies_is_told_and_replaced(tmp_path: Path) -> None:
    """The next file is read by a new one."""
    path = fake(tmp_path, sizeX=50)
    with reader().open(path) as (image,):
        image.link._process.kill()  # type: ignore[attr-defined]  # noqa: SLF001 -- as the system does
        with pytest.raises(SourceError, match="in the middle of its work"):
            image.read(Box((0, 0, 0), (1, 1, 1)), np.zeros((1, 1, 1, 1), np.uint8))
    assert reader().probe(path)


def test_an_interrupt_leaves_no_half_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is replaced: the rest of its answer would be taken for the next one's."""
    path = fake(tmp_path, sizeX=50)

    def interrupted(_: object) -> object:
        raise KeyboardInterrupt

    with reader().open(path) as (image,):
        monkeypatch.setattr("json.loads", interrupted)
        with pytest.raises(KeyboardInterrupt):
            image.read(Box((0, 0, 0), (1, 1, 1)), np.zeros((1, 1, 1, 1), np.uint8))
        monkeypatch.undo()
    assert reader().probe(path)[0].header.width == 50


def test_its_process_ends_with_ours(tmp_path: Path) -> None:
    """Even if ours is killed while the file is open."""
    path = fake(tmp_path, sizeX=50)
    code = (
        "import sys, time; from wkflow.readers.bioformats.reader import BioformatsReader\n"
        f"with BioformatsReader().open({path!r}) as (image,):\n"
        "    print(image.link._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as ours:
        assert ours.stdout is not None
        its = Path("/proc", ours.stdout.readline().strip())
        assert its.exists()
        ours.kill()
    for _ in range(100):
        if not its.exists() or "\nState:\tZ" in (its / "status").read_text():
            return
        time.sleep(0.05)
    pytest.fail("the process is still there")
