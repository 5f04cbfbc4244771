"""Voxels on disk: others read what we write, and we what others wrote."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import google_crc32c
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from wkflow.errors import VerificationError
from wkflow.formats.mag_writer import MagVoxels
from wkflow.model.box import Box
from wkflow.model.codec import Codec
from wkflow.model.layer import ITEM_BYTES, Grid, Layer, lay_grid
from wkflow.model.mag_ladder import FINEST

from tests.formats.judges import READERS, WRITERS, Block, lay_out_one
from tests.strategies import boxes

SIZE = (45, 37, 19)
CODECS = ("zstd:3", "gzip:6", "none")


def stored(
    dataset: Path, dtype: str = "uint8", channels: int = 1, codec: str = "zstd:3"
) -> tuple[MagVoxels, Layer, Grid]:
    """Lay a layer out in chunks of 8 voxels an edge, 2 x 2 x 1 of them to a shard."""
    layer = Layer("em", "color", dtype, channels, SIZE)
    grid = lay_grid(layer, FINEST, chunk=(8, 8, 8), shard=(16, 16, 8))
    lay_out_one(dataset, layer, (grid,), Codec.parse(codec))
    return MagVoxels(dataset, layer, grid, Codec.parse(codec)), layer, grid


def random_voxels(dtype: str, channels: int) -> Block:
    """Fill a layer with values of the whole range; leave a corner of whole shards black."""
    rng = np.random.default_rng(5)
    if dtype.startswith("float"):
        voxels = rng.normal(scale=1e6, size=(channels, *SIZE)).astype(dtype)
        voxels[0, 30, 30, 1] = np.nan
    else:
        ends = np.iinfo(dtype)
        voxels = rng.integers(ends.min, ends.max, (channels, *SIZE), dtype, endpoint=True)
    voxels[:, :20, :17, :] = 0
    return voxels


def write_all(voxels: MagVoxels, block: Block, *, threads: int = 2) -> dict[str, tuple[int, str]]:
    """Write all shards; give what was said of each."""

    def region(box: Box) -> Block:
        (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
        return block[:, x0:x1, y0:y1, z0:z1]

    with ThreadPoolExecutor(threads) as pool:
        positions = voxels.grid.box.cells(voxels.grid.shard)
        files = [voxels.write(position, region, pool) for position in positions]
    return {file.path: (file.bytes, file.crc32c) for file in files}


def read(voxels: MagVoxels, box: Box) -> Block:
    with voxels.reading() as region:
        return region(box)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("codec", CODECS)
def test_others_read_what_we_write(tmp_path: Path, reader: str, codec: str) -> None:
    """Voxel for voxel, to the last one of an array that fills no shard."""
    voxels, *_ = stored(tmp_path, codec=codec)
    block = random_voxels("uint8", 1)
    write_all(voxels, block)
    assert_array_equal(READERS[reader](tmp_path / "em" / "1"), block, strict=True)


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("codec", CODECS)
def test_we_read_what_others_write(tmp_path: Path, writer: str, codec: str) -> None:
    """Chunks that they leave out are zeros, too."""
    voxels, _, grid = stored(tmp_path, codec=codec)
    block = random_voxels("uint8", 1)
    block[:, :20, :17, :] = 1  # else they leave out whole shards
    block[:, :8, :8, :] = 0
    WRITERS[writer](tmp_path / "em" / "1", block)
    assert_array_equal(read(voxels, grid.box), block, strict=True)


@pytest.mark.parametrize("dtype", sorted(ITEM_BYTES))
@pytest.mark.parametrize("channels", [1, 3])
def test_every_dtype_is_kept(tmp_path: Path, dtype: str, channels: int) -> None:
    """By us and by tensorstore: sign, NaN and the last bit."""
    voxels, _, grid = stored(tmp_path, dtype, channels)
    block = random_voxels(dtype, channels)
    write_all(voxels, block)
    assert_array_equal(read(voxels, grid.box), block, strict=True)
    assert_array_equal(READERS["tensorstore"](tmp_path / "em" / "1"), block, strict=True)


def test_a_negative_zero_is_no_nothing(tmp_path: Path) -> None:
    """Only bytes of zero are left out."""
    voxels, _, grid = stored(tmp_path, "float32")
    block = np.full((1, *SIZE), -0.0, np.float32)
    write_all(voxels, block)
    assert np.signbit(read(voxels, grid.box)).all()


def test_every_planned_shard_exists(tmp_path: Path) -> None:
    """Black ones too, with one chunk each; receipts have their sizes and sums."""
    voxels, _, grid = stored(tmp_path)
    written = write_all(voxels, np.zeros((1, *SIZE), np.uint8))
    files = {str(path.relative_to(tmp_path)): path for path in tmp_path.glob("em/1/c/0/*/*/*")}
    assert len(files) == grid.shards[0] * grid.shards[1] * grid.shards[2]
    for name, path in files.items():
        content = path.read_bytes()
        assert written[name] == (len(content), f"{google_crc32c.value(content):08x}")
        index = np.frombuffer(content[-68:-4], "<u8").reshape(4, 2)
        assert (index[:, 1] != 2**64 - 1).sum() == 1
    assert not READERS["zarr"](tmp_path / "em" / "1").any()
    assert not read(voxels, grid.box).any()


def test_what_lies_beyond_the_array_is_black(tmp_path: Path) -> None:
    """The last chunk of a row does not keep what the one before it held: it is left out."""
    voxels, *_ = stored(tmp_path)
    block = np.ones((1, *SIZE), np.uint8)
    block[:, 40:] = 0
    write_all(voxels, block)
    content = (tmp_path / voxels.path((2, 0, 0))).read_bytes()
    index = np.frombuffer(content[-68:-4], "<u8").reshape(2, 2, 2)
    assert (index[0] != 2**64 - 1).all()
    assert (index[1] == 2**64 - 1).all()


def test_threads_change_no_byte(tmp_path: Path) -> None:
    """The same voxels are the same files, whoever writes them."""
    block = random_voxels("uint8", 1)
    one, _, _ = stored(tmp_path / "one")
    many, _, _ = stored(tmp_path / "many")
    assert write_all(one, block, threads=1) == write_all(many, block, threads=4)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[MagVoxels, Block]:
    """Write an array once, for all boxes to be read."""
    voxels, *_ = stored(tmp_path_factory.mktemp("whole"), "uint16", 1)
    block = random_voxels("uint16", 1)
    write_all(voxels, block)
    return voxels, block


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(box=boxes(18), data=st.data())
def test_any_box_can_be_read(whole: tuple[MagVoxels, Block], box: Box, data: st.DataObject) -> None:
    """Within a chunk or across shards: the voxels of the array there, x fastest in memory."""
    voxels, block = whole
    begin = data.draw(st.tuples(*[st.integers(0, extent - 1) for extent in SIZE]))
    end = tuple(min(b + s, e) for b, s, e in zip(begin, box.size, SIZE, strict=True))
    (x0, y0, z0), (x1, y1, z1) = begin, end
    found = read(voxels, Box(begin, (x1, y1, z1)))
    assert_array_equal(found, block[:, x0:x1, y0:y1, z0:z1], strict=True)
    assert found.T.flags.c_contiguous


@pytest.mark.parametrize("codec", ["zstd:3", "gzip:6"])
def test_a_damaged_chunk_is_noticed(tmp_path: Path, codec: str) -> None:
    """The error names the file and says what to do; other shards are still read."""
    voxels, _, grid = stored(tmp_path, codec=codec)
    write_all(voxels, random_voxels("uint8", 1))
    shard = tmp_path / voxels.path((2, 2, 0))
    content = bytearray(shard.read_bytes())
    content[40] ^= 4
    shard.write_bytes(content)
    with pytest.raises(VerificationError, match="is damaged") as caught:
        read(voxels, grid.shard_box((2, 2, 0)))
    assert caught.value.where == str(shard)
    assert read(voxels, grid.shard_box((2, 2, 1))).any()


def test_a_shard_cut_short_is_noticed(tmp_path: Path) -> None:
    """Its index is at its end."""
    voxels, _, grid = stored(tmp_path)
    write_all(voxels, random_voxels("uint8", 1))
    shard = tmp_path / voxels.path((2, 2, 0))
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(VerificationError, match="index of this shard is damaged"):
        read(voxels, grid.shard_box((2, 2, 0)))


def test_a_chunk_of_another_size_is_noticed(tmp_path: Path) -> None:
    """A shard that was written with other chunks is not read as if it were ours."""
    voxels, layer, grid = stored(tmp_path, codec="none")
    write_all(voxels, random_voxels("uint8", 1))
    wide = MagVoxels(
        tmp_path, Layer("em", "color", "uint16", 1, layer.size), grid, Codec("none", 0)
    )
    with pytest.raises(VerificationError, match="is damaged"):
        read(wide, grid.shard_box((2, 2, 0)))


def test_files_are_closed_after_reading(tmp_path: Path) -> None:
    """Also when a reader fails."""
    voxels, _, grid = stored(tmp_path)
    write_all(voxels, random_voxels("uint8", 1))

    def fail() -> None:
        with voxels.reading() as region:
            region(grid.box)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    links = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert not [link for link in links if link.is_relative_to(tmp_path)]
