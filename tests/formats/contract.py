"""The promises of `wkflow.formats.contract`, written once and asked of each format."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import google_crc32c
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from wkflow import atomic_files
from wkflow.errors import VerificationError
from wkflow.formats.mag_writer import MagVoxels
from wkflow.formats.table import format_of
from wkflow.model.box import Box
from wkflow.model.codec import default_codec
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.layer import ITEM_BYTES, Layer, lay_grid
from wkflow.model.mag import Mag
from wkflow.model.mag_ladder import FINEST

from tests.formats.judges import SCALE, Block
from tests.formats.stored import (
    SIZE,
    bands,
    noise,
    of,
    partial_files,
    read,
    stored,
    write_bands,
    write_shards,
)

KILLED_WRITER = """
import os, signal, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import numpy as np
from wkflow.model.box import Box
from wkflow.model.codec import default_codec
from wkflow.model.mag_ladder import FINEST
from wkflow.model.layer import Layer, lay_grid
from wkflow.formats.mag_writer import MagVoxels
layer = Layer("em", "color", "uint8", 1, (45, 37, 19), data_format=sys.argv[2])
grid = lay_grid(layer, FINEST, chunk=(8, 8, 8), shard=(16, 16, 16))
voxels = MagVoxels(Path(sys.argv[1]), layer, grid, default_codec(layer))
with ThreadPoolExecutor(1) as pool, voxels.writing() as sink:
    for y in range(0, 37, 8):
        box = Box((0, y, 0), (45, min(y + 8, 37), 8))
        sink.write(box, lambda row: np.ones((1, *row.size), np.uint8), pool)
    os.kill(os.getpid(), signal.SIGKILL)
"""


class FormatContract:
    """A subclass names a format and reads it with what is not ours."""

    data_format = ""
    codecs: tuple[str, ...] = ()
    dtypes = tuple(sorted(ITEM_BYTES))
    checked: tuple[str, ...] = ()
    """Codecs with a checksum: any flipped bit is found."""

    def others_read(self, dataset: Path, voxels: MagVoxels) -> Block:
        """Read all voxels of a mag as (c, x, y, z), in its dtype."""
        raise NotImplementedError

    def layer(self, dtype: str = "uint8", channels: int = 1) -> Layer:
        return Layer("em", "color", dtype, channels, SIZE, data_format=self.data_format)

    def test_the_codecs_are_all_tried(self) -> None:
        """Each that an option may name, at the level that is named here."""
        assert {codec.partition(":")[0] for codec in self.codecs} == set(
            DATA_FORMATS[self.data_format].levels
        )

    @pytest.mark.parametrize("channels", [1, 3])
    def test_others_read_every_dtype(self, tmp_path: Path, channels: int) -> None:
        """By us and by others: sign, NaN and the last bit, to the array's last voxel."""
        for dtype in self.dtypes:
            dataset = tmp_path / dtype
            voxels = stored(dataset, self.layer(dtype, channels), self.codecs[0])
            block = noise((channels, *SIZE), dtype)
            write_bands(voxels, block)
            assert_array_equal(read(voxels), block, strict=True)
            assert_array_equal(self.others_read(dataset, voxels), block, strict=True)

    def test_others_read_every_codec(self, tmp_path: Path) -> None:
        """And so do we."""
        block = noise((1, *SIZE), "uint16")
        for codec in self.codecs:
            dataset = tmp_path / codec.replace(":", "_")
            voxels = stored(dataset, self.layer("uint16"), codec)
            write_shards(voxels, block)
            assert_array_equal(read(voxels), block, strict=True)
            assert_array_equal(self.others_read(dataset, voxels), block, strict=True)

    @pytest.mark.parametrize("rows", [1, 2, 9])
    def test_bands_make_the_same_files_as_shards(self, tmp_path: Path, rows: int) -> None:
        """However high: byte for byte, with the same receipts; each shard is given once."""
        block = noise((3, *SIZE), "uint8")
        for codec in self.codecs:
            one = stored(tmp_path / "one", self.layer(channels=3), codec)
            other = stored(tmp_path / "other", self.layer(channels=3), codec)
            written = write_shards(one, block)
            whole = write_bands(other, block, rows)
            assert sorted(file.path for _, file in whole) == sorted(file.path for file in written)
            assert {file.path: file for _, file in whole} == {file.path: file for file in written}
            for file in written:
                content = (tmp_path / "one" / file.path).read_bytes()
                assert content == (tmp_path / "other" / file.path).read_bytes()
                assert (file.bytes, file.crc32c) == (
                    len(content),
                    f"{google_crc32c.value(content):08x}",
                )

    def test_shards_are_given_with_their_boxes(self, tmp_path: Path) -> None:
        """As soon as their last row is there, not before."""
        voxels = stored(tmp_path, self.layer(), self.codecs[0])
        block = noise((1, *SIZE), "uint8")
        given: list[Box] = []
        with ThreadPoolExecutor(2) as pool, voxels.writing() as sink:
            for band in bands(voxels.grid, 1):
                for box, file in sink.write(band, of(block), pool):
                    assert (box.end[1], box.end[2]) == (band.end[1], band.end[2])
                    assert (tmp_path / file.path).exists()
                    given.append(box)
        expected = [voxels.grid.shard_box(at) for at in voxels.grid.box.cells(voxels.grid.shard)]
        assert sorted(given) == sorted(expected)

    def test_any_box_is_read(self, tmp_path: Path) -> None:
        """Within a chunk, across shards, and at the border."""
        voxels = stored(tmp_path, self.layer("uint16"), self.codecs[0])
        block = noise((1, *SIZE), "uint16")
        write_bands(voxels, block)
        for box in (
            Box((9, 10, 11), (12, 13, 14)),
            Box((3, 5, 7), (41, 35, 18)),
            Box((40, 32, 16), SIZE),
        ):
            found = read(voxels, box)
            assert_array_equal(found, of(block)(box), strict=True)
            assert found.T.flags.c_contiguous

    def test_every_planned_file_exists(self, tmp_path: Path) -> None:
        """Where all voxels are black, too."""
        for codec in self.codecs:
            dataset = tmp_path / codec.replace(":", "_")
            voxels = stored(dataset, self.layer(), codec)
            positions = voxels.grid.box.cells(voxels.grid.shard)
            write_bands(voxels, np.zeros((1, *SIZE), np.uint8))
            assert all((dataset / voxels.path(position)).stat().st_size for position in positions)
            assert len({voxels.path(position) for position in positions}) == len(positions)
            assert not read(voxels).any()
            assert not self.others_read(dataset, voxels).any()

    def test_a_negative_zero_is_kept(self, tmp_path: Path) -> None:
        """Only bytes of zero are nothing."""
        voxels = stored(tmp_path, self.layer("float32"), self.codecs[0])
        write_bands(voxels, np.full((1, *SIZE), -0.0, np.float32))
        assert np.signbit(read(voxels)).all()

    def test_a_file_cut_short_is_noticed(self, tmp_path: Path) -> None:
        """By one byte, by many, by all; the error names it and says what to do."""
        for codec in self.codecs:
            voxels = stored(tmp_path / codec.replace(":", "_"), self.layer(), codec)
            write_bands(voxels, noise((1, *SIZE), "uint8"))
            position = voxels.grid.box.cells(voxels.grid.shard)[-1]
            file = voxels.dataset / voxels.path(position)
            content = file.read_bytes()
            for length in (len(content) - 1, len(content) // 2, 1, 0):
                file.write_bytes(content[:length])
                with pytest.raises(VerificationError, match="damaged") as caught:
                    read(voxels, voxels.grid.shard_box(position))
                assert caught.value.where == str(file)
                assert f"Remove {file}" in caught.value.remedy

    def test_a_flipped_bit_is_noticed(self, tmp_path: Path) -> None:
        """Where the codec has a checksum: the voxels are right, or there are none."""
        block = noise((1, *SIZE), "uint8")
        for codec in self.checked:
            voxels = stored(tmp_path / codec.replace(":", "_"), self.layer(), codec)
            write_bands(voxels, block)
            position = voxels.grid.box.cells(voxels.grid.shard)[-1]
            file, box = voxels.dataset / voxels.path(position), voxels.grid.shard_box(position)
            content = bytearray(file.read_bytes())
            found = 0
            for place in range(0, len(content), 7):
                content[place] ^= 4
                file.write_bytes(content)
                content[place] ^= 4
                try:
                    assert_array_equal(read(voxels, box), of(block)(box))
                except VerificationError:
                    found += 1
            assert found > len(content) / 7 * 0.8

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        """It is not taken for zeros: every planned one is written."""
        voxels = stored(tmp_path, self.layer(), self.codecs[0])
        with pytest.raises(VerificationError, match="this shard is missing"):
            read(voxels)

    def test_a_failing_source_leaves_no_file(self, tmp_path: Path) -> None:
        """What is whole stays; what is not leaves nothing behind, whatever was raised."""
        voxels = stored(tmp_path, self.layer(), self.codecs[0])

        def region(row: Box) -> Block:
            if row.end[2] > 8:
                raise KeyError
            return np.ones((1, *row.size), np.uint8)

        def write() -> None:
            with ThreadPoolExecutor(2) as pool, voxels.writing() as sink:
                for box in bands(voxels.grid, 1):
                    sink.write(box, region, pool)

        with pytest.raises(KeyError):
            write()
        assert not partial_files(tmp_path)
        assert not (tmp_path / voxels.path((0, 0, 1))).exists()

    def test_a_killed_writer_leaves_only_partial_files(self, tmp_path: Path) -> None:
        """Which the sweep removes; a file under its own name is whole."""
        command = [sys.executable, "-c", KILLED_WRITER, str(tmp_path), self.data_format]
        environment = os.environ | {"PYTHONPATH": str(Path(atomic_files.__file__).parents[1])}
        done = subprocess.run(command, env=environment, check=False)
        assert done.returncode == -signal.SIGKILL
        atomic_files.sweep(tmp_path)
        voxels = stored(tmp_path, self.layer(), self.codecs[0])
        for position in voxels.grid.box.cells(voxels.grid.shard):
            if (tmp_path / voxels.path(position)).exists():
                assert (read(voxels, voxels.grid.shard_box(position)) == 1).all()
        assert not partial_files(tmp_path)

    def test_few_files_are_open_at_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """More shards side by side than handles change no byte."""
        monkeypatch.setattr(atomic_files.Handles.__init__, "__defaults__", (2,))
        voxels = stored(tmp_path, self.layer(), self.codecs[0])
        block = noise((1, *SIZE), "uint8")
        write_bands(voxels, block)
        assert_array_equal(read(voxels), block, strict=True)
        assert not partial_files(tmp_path)

    def test_the_documents_are_those_that_are_named(self) -> None:
        """So that others know the files of a layer before there are any."""
        target, layer = format_of(self.data_format), self.layer()
        grids = tuple(
            lay_grid(layer, mag, chunk=(8, 8, 8), shard=(16, 16, 16))
            for mag in (FINEST, Mag(2, 2, 1))
        )
        documents = target.documents(
            layer, grids, default_codec(layer), voxel_size=SCALE, unit="nanometer"
        )
        assert list(documents) == target.document_names(layer, grids)

    def test_axes_are_held_or_refused(self, tmp_path: Path) -> None:
        """Each frame has files of its own; or the words name the axes that have no place."""
        layer = replace(self.layer(), axes=(("t", 2), ("e", 3)))
        words = format_of(self.data_format).refuse(layer)
        assert format_of(self.data_format).refuse(self.layer()) is None
        if words is not None:
            assert "t and e" in words
            return
        block = noise((1, *SIZE), "uint8")
        frames = [stored(tmp_path, layer, self.codecs[0], frame) for frame in range(layer.frames)]
        for number, voxels in enumerate(frames):
            write_bands(voxels, block ^ number)
        for number, voxels in enumerate(frames):
            assert_array_equal(read(voxels), block ^ number)
        found = self.others_read(tmp_path, frames[0])
        assert found.shape == (2, 3, 1, *SIZE)
        assert_array_equal(found.reshape(6, 1, *SIZE), [block ^ n for n in range(6)])
