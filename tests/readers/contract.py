"""The promises of every reader. A test class per format supplies how a file is made."""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from math import prod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.source import Header
from wkflow.readers import Image, Reader, reader_for

WIDTH, HEIGHT = 53, 37
"""Of every plane: odd, prime, and not alike."""

BOXES = 12
"""Random boxes a file, each compared with the same part of the whole."""

DAMAGED_MAX_VOXELS = 1_000_000
"""A header that was damaged into a larger image is not read."""


def voxels_of(dtype: str, *shape: int) -> NDArray[Any]:
    """Make voxels without symmetry and period, so that a slip anywhere shows.

    Each plane (y, x, samples) of the shape differs from the others.
    """
    noise = np.random.default_rng(7).integers(0, 2**16, shape)
    return np.ascontiguousarray(noise.cumsum(axis=-3).astype(dtype))


def read_image(image: Image) -> NDArray[Any]:
    """Read all of an open image, as (frame, channel, z, y, x, sample)."""
    header = image.probe.header
    shape = (header.frames, header.channels, *reversed(header.size), header.samples)
    voxels = np.zeros(shape, header.dtype)
    for frame, channel in np.ndindex(shape[:2]):
        image.read(
            Box((0, 0, 0), header.size), voxels[frame, channel], channel=channel, frame=frame
        )
    return voxels


def read_all(path: str, image: int = 0, reader: Reader | None = None) -> NDArray[Any]:
    """Read all of one image of a file, as (frame, channel, z, y, x, sample)."""
    with (reader or reader_for(path)).open(path) as images:
        return read_image(images[image])


def random_box(dice: random.Random, header: Header) -> Box:
    """Draw a box of at least one voxel, anywhere in an image."""
    ends = [sorted(dice.sample(range(size + 1), 2)) for size in header.size]
    (x0, x1), (y0, y1), (z0, z1) = ends
    return Box((x0, y0, z0), (x1, y1, z1))


def part_of(volume: NDArray[Any], box: Box) -> NDArray[Any]:
    """Cut a box out of (z, y, x, sample)."""
    (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
    return volume[z0:z1, y0:y1, x0:x1]


class ReaderContract:
    """A subclass says how a file of its kind is made, without using the reader.

    The test volume has the shape (`frames`, `channels`, `planes`, HEIGHT, WIDTH, samples): a format
    that holds more than planes sets these to more than 1.
    """

    suffix: ClassVar[str]

    kinds: ClassVar[tuple[tuple[str, int], ...]] = (("uint8", 1), ("uint8", 3))
    """What the format can hold: voxel type and samples."""

    planes: ClassVar[int] = 1
    channels: ClassVar[int] = 1
    frames: ClassVar[int] = 1
    axis: ClassVar[str] = "t"
    """What the reader calls the axis of the frames."""

    lossless: ClassVar[bool] = True

    no_image: ClassVar[dict[bytes | None, str]] = {
        None: "is not there",
        b"": "is empty",
        b"this is text": "is no ",
        b"GIF89a and so on": "holds GIF",
    }
    """Contents of a file (None: there is none), and the words that refuse it."""

    cuts: ClassVar[tuple[float, ...]] = (0.2, 0.5, 0.9)
    """Shares of a file that are refused. None for a store of many files: it has its own tests."""

    damages: ClassVar[int] = 60
    """Damaged files to try: enough to meet every part of a small header, a few ms each. 0: none."""

    damaged_bytes: ClassVar[range] = range(4, 600)
    """Where damage is done: the header, but for the bytes that tell the format."""

    is_folder: ClassVar[bool] = False
    """For a store of many files: no test of what a single file holds."""

    # ---- what a subclass supplies

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        """Write (frame, channel, z, y, x, sample) with an independent program."""
        raise NotImplementedError

    def name(self, voxels: NDArray[Any]) -> str:  # noqa: ARG002 -- for names that tell the shape
        """Give the file's name."""
        return f"volume{self.suffix}"

    def reader(self, path: str) -> Reader:
        """Give the reader: that of the table, unless the format shares its suffix."""
        return reader_for(path)

    def part_to_cut(self, path: Path) -> Path:
        """Give the file that holds the voxels, where a header stands in a file of its own."""
        return path

    # ---- what they have in common

    def voxels(self, dtype: str, samples: int) -> NDArray[Any]:
        """Give voxels the format keeps: smooth ones for a lossy format."""
        shape = (self.frames, self.channels, self.planes, HEIGHT, WIDTH, samples)
        if self.lossless:
            return voxels_of(dtype, *shape)
        ramp = np.add.outer(np.arange(HEIGHT) * 2, np.arange(WIDTH))[:, :, None]
        planes = np.arange(prod(shape[:3])).reshape(*shape[:3], 1, 1, 1)
        return (ramp + planes + np.arange(samples) * 20).astype(dtype)

    def make(self, folder: Path, voxels: NDArray[Any]) -> str:
        path = folder / self.name(voxels)
        self.write(path, voxels)
        return str(path)

    def header(self, dtype: str, samples: int) -> Header:
        axes = ((self.axis, self.frames),) if self.frames > 1 else ()
        return Header(WIDTH, HEIGHT, self.planes, samples, dtype, self.channels, axes)

    def close_enough(self, found: NDArray[Any], written: NDArray[Any]) -> None:
        if self.lossless:
            assert_array_equal(found, written, strict=True)
        else:
            assert found.shape == written.shape
            assert np.abs(found.astype(int) - written).mean() < 2

    def test_probe_tells_what_read_gives(self, tmp_path: Path) -> None:
        """Header and voxels agree, for each kind the format can hold; axes of size 1 are left out.

        A probe before and one after opening say the same.
        """
        for dtype, samples in self.kinds:
            voxels = self.voxels(dtype, samples)
            path = self.make(tmp_path, voxels)
            (probe,) = self.reader(path).probe(path)
            assert probe.header == self.header(dtype, samples)
            with self.reader(path).open(path) as images:
                assert [image.probe for image in images] == [probe]
                self.close_enough(read_image(images[0]), voxels)
            assert self.reader(path).probe(path) == (probe,)

    def test_the_grain_is_within_the_image(self, tmp_path: Path) -> None:
        """The smallest box that is cheap to read has a voxel at least, and the image at most."""
        for kind in self.kinds:
            path = self.make(tmp_path, self.voxels(*kind))
            (probe,) = self.reader(path).probe(path)
            pairs = zip(probe.grain, probe.header.size, strict=True)
            assert all(1 <= grain <= size for grain, size in pairs), probe

    def test_any_box_is_a_part_of_the_whole(self, tmp_path: Path) -> None:
        """Wherever it begins and ends, in whatever order boxes are read."""
        dice = random.Random(5)  # noqa: S311 -- not for secrets
        for kind in self.kinds:
            path = self.make(tmp_path, self.voxels(*kind))
            whole = read_all(path, reader=self.reader(path))
            with self.reader(path).open(path) as (image, *_):
                for _ in range(BOXES):
                    self.require_part(image, whole, dice)

    def require_part(self, image: Image, whole: NDArray[Any], dice: random.Random) -> None:
        """Compare a random box of a random volume with the same part of `whole`."""
        header = image.probe.header
        box = random_box(dice, header)
        frame, channel = dice.randrange(header.frames), dice.randrange(header.channels)
        expected = part_of(whole[frame, channel], box)
        out = np.full_like(expected, 9)
        image.read(box, out, channel=channel, frame=frame)
        assert_array_equal(out, expected, strict=True)

    def test_out_may_be_a_part_of_a_larger_array(self, tmp_path: Path) -> None:
        """A smaller image is read into the corner of a padded one, and nothing else is touched."""
        for dtype, samples in self.kinds:
            voxels = self.voxels(dtype, samples)
            path = self.make(tmp_path, voxels)
            padded = np.full((self.planes + 1, HEIGHT + 3, WIDTH + 7, samples), 9, dtype)
            corner = padded[: self.planes, :HEIGHT, :WIDTH]
            with self.reader(path).open(path) as (image, *_):
                image.read(Box((0, 0, 0), image.probe.header.size), corner)
            self.close_enough(corner, voxels[0, 0])
            corner[...] = 9
            assert (padded == 9).all()

    def test_many_threads_may_read(self, tmp_path: Path) -> None:
        """One open image serves all threads, each another part."""
        path = self.make(tmp_path, self.voxels(*self.kinds[-1]))
        whole = read_all(path, reader=self.reader(path))

        with self.reader(path).open(path) as (image, *_), ThreadPoolExecutor(4) as pool:

            def read_some(seed: int) -> None:
                dice = random.Random(seed)  # noqa: S311 -- not for secrets
                for _ in range(3):
                    self.require_part(image, whole, dice)

            list(pool.map(read_some, range(16)))

    def test_what_lies_outside_is_refused(self, tmp_path: Path) -> None:
        """A file that shrank since it was planned is named: in x, y, z, channels and frames."""
        path = self.make(tmp_path, self.voxels(*self.kinds[0]))
        with self.reader(path).open(path) as (image, *_):
            header = image.probe.header
            x, y, z = header.size
            boxes = [Box((1, 1, z), (2, 2, z + 1)), Box((0, y, 0), (1, y + 1, 1))]
            boxes += [Box((x, 0, 0), (x + 1, 1, 1)), Box((0, 0, -1), (1, 1, 0))]
            voxel = Box((0, 0, 0), (1, 1, 1))
            asked = [(box, 0, 0) for box in boxes]
            asked += [(voxel, header.channels, 0), (voxel, 0, header.frames)]
            for box, channel, frame in asked:
                out = np.zeros((1, 1, 1, header.samples), header.dtype)
                with pytest.raises(SourceError, match="asked for") as failure:
                    image.read(box, out, channel=channel, frame=frame)
                assert failure.value.where == path

    def test_half_a_file_is_refused(self, tmp_path: Path) -> None:
        """A file that was cut anywhere in its voxels is never read as a whole."""
        for kind in self.kinds if self.cuts else ():
            path = self.make(tmp_path, self.voxels(*kind))
            cut = self.part_to_cut(Path(path))
            whole = cut.read_bytes()
            for share in self.cuts:
                cut.write_bytes(whole[: int(len(whole) * share)])
                with pytest.raises(SourceError) as failure:
                    read_all(path, reader=self.reader(path))
                assert failure.value.where in {path, str(cut)}
                assert failure.value.remedy
                assert len(str(failure.value).splitlines()) <= 5

    def test_damage_gives_voxels_or_a_source_error(self, tmp_path: Path) -> None:
        """Whatever bytes are flipped, no foreign exception comes through."""
        path = Path(self.make(tmp_path, self.voxels(*self.kinds[-1])))
        if not self.damages:
            return
        whole = np.frombuffer(path.read_bytes(), np.uint8)
        generator = np.random.default_rng(3)
        first, end = self.damaged_bytes.start, min(len(whole), self.damaged_bytes.stop)
        for _ in range(self.damages):
            damaged = whole.copy()
            damaged[generator.integers(first, end, 3)] = generator.integers(0, 256, 3)
            path.write_bytes(damaged.tobytes())
            try:
                self.read_unless_huge(str(path))
            except SourceError as error:
                assert error.where == str(path)  # noqa: PT017 -- reading well is fine, too

    def read_unless_huge(self, path: str) -> None:
        """Read every image of a damaged file whose header promises no more than one could hold."""
        with self.reader(path).open(path) as images:
            for image in images:
                header = image.probe.header
                volume = prod(header.size) * header.samples
                if volume * header.channels * header.frames <= DAMAGED_MAX_VOXELS:
                    read_image(image)

    def test_what_is_no_image_is_refused_in_plain_words(self, tmp_path: Path) -> None:
        """Missing, empty, text, another format: each cause has its words."""
        path = tmp_path / f"odd{self.suffix}"
        for content, words in self.no_image.items() if not self.is_folder else ():
            if content is not None:
                path.write_bytes(content)
            with pytest.raises(SourceError, match=words) as failure:
                self.reader(str(path)).probe(str(path))
            assert failure.value.where == str(path)

    def test_a_folder_is_refused(self, tmp_path: Path) -> None:
        """It is said that it is a folder."""
        path = tmp_path / f"odd{self.suffix}"
        if self.is_folder:
            return
        reader = self.reader(str(path))
        path.mkdir()
        with pytest.raises(SourceError, match="is a folder"):
            read_all(str(path), reader=reader)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_a_file_that_may_not_be_read_is_refused(self, tmp_path: Path) -> None:
        """The remedy is a command."""
        path = Path(self.make(tmp_path, self.voxels(*self.kinds[0])))
        if path.is_dir():
            return
        path.chmod(0)
        with pytest.raises(SourceError, match="may not be read") as failure:
            self.reader(str(path)).probe(str(path))
        assert "chmod" in failure.value.remedy
