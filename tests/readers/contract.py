"""The promises of every reader. A test class per format supplies how a file is made."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.readers import open_image, probe, read_plane
from wkflow.source import Header

DAMAGES = 60
"""Enough to meet every part of a small file; a few milliseconds each."""


def voxels_of(dtype: str, channels: int, height: int = 37, width: int = 53) -> NDArray[Any]:
    """Make a plane that has no symmetry and no period, so that a slip anywhere shows."""
    generator = np.random.default_rng(7)
    noise = generator.integers(0, 2**16, (height, width, channels))
    return np.ascontiguousarray(noise.cumsum(axis=0).astype(dtype))


def read_all(path: str) -> NDArray[Any]:
    """Read all planes, as (z, y, x, channel)."""
    with open_image(path) as image:
        header = image.header
        shape = (header.planes, header.height, header.width, header.channels)
        voxels = np.zeros(shape, header.dtype)
        for page, plane in enumerate(voxels):
            image.read(page, plane)
    return voxels


class ReaderContract:
    """A subclass says how a file of its kind is made, without using the reader."""

    kinds: ClassVar[tuple[tuple[str, int], ...]] = (("uint8", 1), ("uint8", 3))
    """What the format can hold: voxel type and channels."""

    lossless: ClassVar[bool] = True
    suffix: ClassVar[str]

    def write(self, path: Path, plane: NDArray[Any]) -> None:
        """Write a plane (y, x, channel) with an independent program."""
        raise NotImplementedError

    def make(self, folder: Path, plane: NDArray[Any]) -> str:
        path = folder / f"plane{self.suffix}"
        self.write(path, plane)
        return str(path)

    def close_enough(self, found: NDArray[Any], plane: NDArray[Any]) -> None:
        if self.lossless:
            assert_array_equal(found, plane, strict=True)
        else:
            assert found.shape == plane.shape
            assert np.abs(found.astype(int) - plane).mean() < 2

    def plane(self, dtype: str, channels: int) -> NDArray[Any]:
        """Give a plane the format keeps: smooth for a lossy one."""
        if self.lossless:
            return voxels_of(dtype, channels)
        ramp = np.add.outer(np.arange(37) * 2, np.arange(53))[:, :, None]
        return (ramp + np.arange(channels) * 20).astype(dtype)

    def test_probe_tells_what_read_gives(self, tmp_path: Path) -> None:
        """Header and voxels agree, for each kind the format can hold."""
        for dtype, channels in self.kinds:
            plane = self.plane(dtype, channels)
            path = self.make(tmp_path, plane)
            header = probe(path)
            assert header == Header(53, 37, 1, channels, dtype)
            out = np.zeros(plane.shape, dtype)
            read_plane(path, 0, out, header)
            self.close_enough(out, plane)

    def test_out_may_be_a_part_of_a_larger_array(self, tmp_path: Path) -> None:
        """A smaller slice is read into the corner of a padded one, and nothing else is touched."""
        for dtype, channels in self.kinds:
            plane = self.plane(dtype, channels)
            path = self.make(tmp_path, plane)
            padded = np.full((40, 60, channels), 9, dtype)
            read_plane(path, 0, padded[:37, :53], probe(path))
            self.close_enough(padded[:37, :53], plane)
            assert (padded[37:] == 9).all()
            assert (padded[:, 53:] == 9).all()

    def test_many_threads_may_read(self, tmp_path: Path) -> None:
        """One open image serves all threads."""
        dtype, channels = self.kinds[-1]
        plane = self.plane(dtype, channels)
        outs = [np.zeros_like(plane) for _ in range(16)]
        with (
            open_image(self.make(tmp_path, plane)) as image,
            ThreadPoolExecutor(4) as pool,
        ):
            list(pool.map(lambda out: image.read(0, out), outs))
        for out in outs:
            self.close_enough(out, plane)

    def test_a_page_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        """A file that shrank since it was planned is named."""
        plane = self.plane(*self.kinds[0])
        path = self.make(tmp_path, plane)
        with (
            open_image(path) as image,
            pytest.raises(SourceError, match="page 2 was asked for"),
        ):
            image.read(1, plane)

    def test_a_slice_that_differs_is_told_from_the_first(self, tmp_path: Path) -> None:
        """The message has both sizes and types."""
        plane = self.plane(*self.kinds[0])
        path = self.make(tmp_path, plane)
        expected = Header(104, 107, 1, 1, "uint16")
        with pytest.raises(SourceError, match=r"is 53 x 37 uint8, .* is 104 x 107 uint16"):
            read_plane(path, 0, plane, expected)

    def test_half_a_file_is_refused(self, tmp_path: Path) -> None:
        """A file that was cut anywhere in its voxels is never read, not even in part."""
        for dtype, channels in self.kinds:
            path = Path(self.make(tmp_path, self.plane(dtype, channels)))
            whole = path.read_bytes()
            for share in (0.2, 0.5, 0.9):
                path.write_bytes(whole[: int(len(whole) * share)])
                with pytest.raises(SourceError) as failure:
                    read_all(str(path))
                assert failure.value.where == str(path)
                assert failure.value.remedy

    def test_damage_gives_voxels_or_a_source_error(self, tmp_path: Path) -> None:
        """Whatever bytes are flipped, no foreign exception comes through."""
        path = Path(self.make(tmp_path, self.plane(*self.kinds[-1])))
        whole = np.frombuffer(path.read_bytes(), np.uint8)
        generator = np.random.default_rng(3)
        for _ in range(DAMAGES):
            damaged = whole.copy()
            spots = generator.integers(4, min(len(whole), 600), 3)
            damaged[spots] = generator.integers(0, 256, 3)
            path.write_bytes(damaged.tobytes())
            try:
                if probe(str(path)).width * probe(str(path)).height < 1_000_000:
                    read_all(str(path))
            except SourceError as error:
                assert error.where == str(path)  # noqa: PT017 -- reading well is fine, too

    def test_what_is_no_image_is_refused_in_plain_words(self, tmp_path: Path) -> None:
        """Missing, empty, a folder, text, another format: each cause has its words."""
        path = tmp_path / f"odd{self.suffix}"
        for content, words in {
            None: "is not there",
            b"": "is empty",
            b"this is text": "is no ",
            b"GIF89a and so on": "holds GIF",
        }.items():
            if content is not None:
                path.write_bytes(content)
            with pytest.raises(SourceError, match=words):
                probe(str(path))
        path.unlink()
        path.mkdir()
        with pytest.raises(SourceError, match="is a folder"):
            read_all(str(path))

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_a_file_that_may_not_be_read_is_refused(self, tmp_path: Path) -> None:
        """The remedy is a command."""
        path = Path(self.make(tmp_path, self.plane(*self.kinds[0])))
        path.chmod(0)
        with pytest.raises(SourceError, match="may not be read") as failure:
            probe(str(path))
        assert "chmod" in failure.value.remedy
