"""How strongly chunks are compressed: chosen by bytes, the same everywhere, and kept."""

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import tifffile
from wkflow.formats.chunk_codec import encoder
from wkflow.model.layer import Layer, lay_grid
from wkflow.model.mag_ladder import FINEST
from wkflow.model.plan import LayerPlan
from wkflow.planning import choose_codec as module
from wkflow.planning.choose_codec import CANDIDATES, TOLERANCE, choose_codec
from wkflow.run_folder import PLAN

from tests import strategies
from tests.steps.stacks import Volume, grains, plan_of, settings_of, write_pngs, write_tiffs


def cells(*shape: int, dtype: str = "uint16") -> Volume:
    """Make numbered cells with ragged borders, on which the levels of zstd differ by a lot."""
    random = np.random.default_rng(3)
    z, y, x = np.indices(shape)
    shift = random.integers(0, 3, shape)
    return (((z // 9) * 31 + ((y + shift) // 17) * 7 + (x + shift) // 23) % 211).astype(dtype)


def write_strips(folder: Path, volume: Volume) -> Path:
    """Write one compressed TIFF of several strips per slice."""
    folder.mkdir(parents=True)
    for z, plane in enumerate(volume):
        path = folder / f"slice_{z}.tif"
        tifffile.imwrite(path, plane, rowsperstrip=16, compression="zlib")
    return folder


def chosen(source: Path, **options: object) -> LayerPlan:
    """Plan a layer with the chunks that users have."""
    (one,) = plan_of(source, **{"chunk_shape": 32, "shard_shape": None} | options).layers
    return one


def test_noise_takes_the_fastest_level(tmp_path: Path) -> None:
    """No level makes it smaller."""
    one = chosen(write_tiffs(tmp_path / "em", grains(40, 90, 100)))
    assert one.codec == "zstd:1"
    assert one.codec_evidence.startswith("of ")
    assert "zstd:1 to 5 leave" in one.codec_evidence


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32"])
def test_the_fastest_of_the_small_is_taken(tmp_path: Path, dtype: str) -> None:
    """By the sizes of all chunks of the sample, in both mags."""
    volume = cells(32, 64, 64, dtype=dtype)
    one = chosen(
        write_tiffs(tmp_path / "labels", volume), category="segmentation", downsample=False
    )
    chunks = [
        np.ascontiguousarray(volume[:, y : y + 32, x : x + 32, None])
        for y in (0, 32)
        for x in (0, 32)
    ]
    sizes = [sum(map(len, encoder(codec)(np.stack(chunks)))) for codec in CANDIDATES]
    fit = [str(c) for c, n in zip(CANDIDATES, sizes, strict=True) if n <= TOLERANCE * min(sizes)]
    assert one.codec == fit[0]


def test_a_higher_level_is_taken_where_it_pays() -> None:
    """Of chunks whose size falls by more than the tolerance from level to level."""
    sizes = iter([100, 90, 80, 79, 78])

    def encode(_: object) -> object:
        size = next(sizes)
        return lambda _: [b"x" * size]

    layer = Layer("em", "color", "uint8", 1, (8, 8, 8))
    one = strategies.plan_of(layer, (lay_grid(layer, FINEST, chunk=(8, 8, 8), shard=(8, 8, 8)),))
    with patch.object(module, "encoder", encode):
        codec, evidence = choose_codec([np.ones((8, 8, 8, 1), np.uint8)], one)
    assert str(codec) == "zstd:4"  # 79 is within 2 % of 78, 80 is not
    assert evidence == "of 1 chunks zstd:1 to 5 leave 19.53, 17.58, 15.62, 15.43, 15.23 %"


def test_zeros_are_no_evidence(tmp_path: Path) -> None:
    """Their chunks are not stored: then the category decides."""
    volume = np.zeros((4, 90, 100), np.uint8)
    one = chosen(write_tiffs(tmp_path / "em", volume))
    assert (one.codec, one.codec_evidence) == ("zstd:4", "")


def test_what_is_read_otherwise_gives_the_same(tmp_path: Path) -> None:
    """Whole planes, strips and single rows: the voxels count, not how they lie in files."""
    volume = cells(33, 130, 150, dtype="uint8")
    found = {
        (one.codec, one.codec_evidence)
        for one in (
            chosen(write_pngs(tmp_path / "a" / "em", volume)),
            chosen(write_tiffs(tmp_path / "b" / "em", volume)),
            chosen(write_strips(tmp_path / "c" / "em", volume)),
        )
    }
    assert len(found) == 1


def test_little_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a plane is costly fewer are looked at; at last none."""
    source = write_pngs(tmp_path / "em", grains(33, 130, 150))
    read: list[int] = []
    inner = module.LayerReader.read

    def counted(self: module.LayerReader, box: module.Box, out: module.Voxels) -> None:
        read.append(box.size[2])
        inner(self, box, out)

    monkeypatch.setattr(module.LayerReader, "read", counted)
    chosen(source)
    monkeypatch.setattr(module, "COSTLY_BYTES", 130 * 150 * 9)
    chosen(source)
    assert read == [32, 8]
    monkeypatch.setattr(module, "COSTLY_BYTES", 130 * 150 - 1)
    assert chosen(source).codec == "zstd:4"
    assert read == [32, 8]


def test_it_stays_while_slices_come_and_go(tmp_path: Path) -> None:
    """Else all shards would be made anew; another dtype or a codec by name is another matter."""
    volume = cells(33, 64, 64, dtype="uint8")
    source = write_tiffs(tmp_path / "em", volume[:32])
    settings = settings_of(source, chunk_shape=32, shard_shape=None)
    settings.run_folder.mkdir(parents=True)
    first = plan_of(source, chunk_shape=32, shard_shape=None)
    first.write(settings.run_folder / PLAN)
    write_tiffs(source, grains(40, 64, 64))
    again = chosen(source)
    assert (again.codec, again.codec_evidence) == (
        first.layers[0].codec, first.layers[0].codec_evidence,
    )  # fmt: skip
    assert chosen(source, compression="zstd:2").codec == "zstd:2"
    assert chosen(source, chunk_shape=16).codec == "zstd:1"


def test_a_run_of_an_earlier_version_keeps_its_level(tmp_path: Path) -> None:
    """It was the default of the category, and nobody chose it."""
    source = write_tiffs(tmp_path / "em", grains(4))
    settings = settings_of(source)
    settings.run_folder.mkdir(parents=True)
    plan_of(source, compression="zstd:4").write(settings.run_folder / PLAN)
    assert plan_of(source).layers[0].codec == "zstd:4"
    plan_of(source, compression="zstd:5").write(settings.run_folder / PLAN)
    assert plan_of(source).layers[0].codec == "zstd:1"  # which an option had named


def test_a_bad_slice_is_told_where_all_are_looked_at(tmp_path: Path) -> None:
    """Not here: the plan has the default of the category."""
    source = write_strips(tmp_path / "em", grains(4, 90, 100))
    for path in source.iterdir():
        with tifffile.TiffFile(path) as image:
            offset = image.pages.first.dataoffsets[2]
        content = path.read_bytes()
        path.write_bytes(content[:offset] + bytes(300) + content[offset + 300 :])
    assert plan_of(source).layers[0].codec == "zstd:4"
