"""What `wkflow verify` notices of each kind of damage in each format, and what it does not."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import tensorstore
from wkflow.errors import SourceError, VerificationError
from wkflow.formats import stored_array
from wkflow.inspection.verify_dataset import (
    Verification,
    stored_bytes,
    verify_dataset,
)
from wkflow.inspection.written_files import run_folders_of

from tests.datasets import HandLayer, write_dataset
from tests.inspection.conftest import FORMATS, WriteDataset, opened, two_mags
from tests.runs import VOXEL_SIZE, noise, wkflow, write_stack

DOCUMENTS = {
    "zarr3": "em/2/zarr.json",
    "zarr": "em/2/.zarray",
    "wkw": "em/2/header.wkw",
    "n5": "em/2/attributes.json",
    "neuroglancerPrecomputed": "em/info",
}
"""Without it a mag cannot be read."""

FIRST = {
    "zarr3": "em/1/c/0/0/0/0",
    "zarr": "em/1/0/0/0/0",
    "wkw": "em/1/z0/y0/x0.wkw",
    "n5": "em/1/0/0/0/0",
    "neuroglancerPrecomputed": "em/1/0-16_0-16_0-16",
}
"""A file of voxels."""

formats = pytest.mark.parametrize("data_format", FORMATS)


def verified(folder: Path, *, receipts: bool = True) -> Verification:
    """Verify a dataset as the command does."""
    folders = run_folders_of(folder) if receipts else ()
    return verify_dataset(opened(folder), folders, threads=2, tick=lambda _: None)


def flip(path: Path, at: int) -> None:
    """Change one byte, counted from the end where `at` is negative."""
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def told(found: Verification) -> list[tuple[str, str]]:
    return [(fault.path, fault.kind) for fault in found.faults]


@formats
def test_a_whole_dataset_is_sound(written: WriteDataset, data_format: str) -> None:
    """All chunks of both mags are decoded: 5 x 4 x 3 and 3 x 2 x 2."""
    folder = written(data_format)
    found = verified(folder)
    assert (found.faults, found.foreign, found.absent, found.compared) == ([], [], 0, 0)
    assert (found.chunks, found.decoded) == (72, 14 if data_format in {"zarr3", "wkw"} else 72)
    found.require_sound()


@formats
def test_bytes_are_told_as_they_are_read(written: WriteDataset, data_format: str) -> None:
    """In the end all of them, but for the documents."""
    dataset, ticks = opened(written(data_format)), []
    found = verify_dataset(dataset, (), threads=2, tick=ticks.append)
    assert sum(ticks) == found.bytes
    assert stored_bytes(dataset) * 0.9 < found.bytes <= stored_bytes(dataset)


@formats
def test_a_file_that_was_cut_short_is_named(written: WriteDataset, data_format: str) -> None:
    """And no other."""
    folder = written(data_format)
    cut(folder / FIRST[data_format])
    assert told(verified(folder)) == [(FIRST[data_format], "damaged")]


@pytest.mark.parametrize(
    ("data_format", "at"),
    [
        ("zarr3", 0),  # the head of a chunk of zstd
        ("zarr3", -12),  # the index
        ("zarr3", -1),  # its checksum
        ("zarr", 0),
        ("n5", 0),
        ("n5", -100),  # gzip has a checksum of its own
        ("wkw", 0),  # the head of the file
        ("wkw", 5),
    ],
)
def test_a_flipped_byte_is_noticed(written: WriteDataset, data_format: str, at: int) -> None:
    """Where the format or the codec can notice it."""
    folder = written(data_format)
    flip(folder / FIRST[data_format], at)
    assert told(verified(folder)) == [(FIRST[data_format], "damaged")]


@pytest.mark.parametrize("data_format", ["wkw", "neuroglancerPrecomputed"])
def test_a_flipped_byte_among_bare_voxels_is_not(written: WriteDataset, data_format: str) -> None:
    """No file says what they were: only receipts do."""
    folder = written(data_format)
    flip(folder / FIRST[data_format], -1)
    assert verified(folder).is_sound


@formats
def test_missing_files_that_nobody_promised_are_counted(
    written: WriteDataset, data_format: str
) -> None:
    """Programs leave zeros out: that is no damage."""
    folder = written(data_format)
    (folder / FIRST[data_format]).unlink()
    found = verified(folder)
    assert (found.faults, found.absent) == ([], 1)
    assert "1 file not there, and never promised: zeros" in str(found)


@formats
def test_missing_metadata_are_named(written: WriteDataset, data_format: str) -> None:
    """Without them nothing of the mag can be read."""
    folder = written(data_format)
    (folder / DOCUMENTS[data_format]).unlink()
    found = verified(folder)
    assert set(told(found)) == {(DOCUMENTS[data_format], "missing")}
    assert found.chunks == (0 if data_format == "neuroglancerPrecomputed" else 60)


@formats
def test_metadata_that_are_none_are_named(written: WriteDataset, data_format: str) -> None:
    """As damaged."""
    folder = written(data_format)
    (folder / DOCUMENTS[data_format]).write_text("{")
    assert set(told(verified(folder))) == {(DOCUMENTS[data_format], "damaged")}


@formats
def test_foreign_files_are_named_and_no_damage(written: WriteDataset, data_format: str) -> None:
    """Somebody's notes beside the voxels."""
    folder = written(data_format)
    (folder / "em" / "notes.txt").write_text("good")
    found = verified(folder)
    assert (found.is_sound, found.foreign) == (True, ["em/notes.txt"])
    assert "1 file of no dataset: em/notes.txt" in str(found)


def test_a_mag_whose_folder_is_gone_is_named(written: WriteDataset) -> None:
    """The properties list it."""
    folder = written("zarr3")
    (folder / "em" / "2").rename(folder.parent / "gone")
    assert told(verified(folder)) == [("em/2", "missing")]


def test_without_layers_nothing_is_proven(tmp_path: Path) -> None:
    """To call that sound would be a lie."""
    with pytest.raises(SourceError, match="has no layers"):
        verified(write_dataset(tmp_path))


def test_frames_that_share_files_are_decoded(tmp_path: Path) -> None:
    """An axis of time is in the chunks' grid."""
    voxels = noise(3, 1, 40, 20, 10)
    layer = HandLayer("em", {"1": voxels}, axes=("t", "c", "x", "y", "z"))
    found = verified(write_dataset(tmp_path, layer))
    assert (found.is_sound, found.decoded, found.chunks) == (True, 6, 18)


def test_an_error_names_three_files_and_counts_the_others(written: WriteDataset) -> None:
    """In five lines."""
    folder = written("n5")
    paths = sorted(path for path in (folder / "em" / "2").rglob("*") if path.name.isdecimal())
    paths = [path for path in paths if path.is_file()]
    for path in paths:
        cut(path)
    with pytest.raises(VerificationError, match="12 files are missing, damaged") as caught:
        verified(folder).require_sound()
    assert len(str(caught.value).splitlines()) == 5
    assert caught.value.exit_status == 7


@pytest.fixture(scope="module", params=["zarr3", "wkw"])
def converted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Convert a stack: a dataset with the receipts of its run beside it, two mags of a layer."""
    folder = tmp_path_factory.mktemp(request.param)
    source = write_stack(folder / "em", noise(40, 90, 100))
    options = ("--max-mag", "2", "--chunk-shape", "16", "--shard-shape", "32")
    options += ("--data-format", request.param)
    run = wkflow("convert", *VOXEL_SIZE, *options, source, folder / "data")
    assert run.returncode == 0, run.stderr
    return folder / "data"


@pytest.fixture
def copied(converted: Path, tmp_path: Path) -> Path:
    """Give a copy of dataset and run folder, to be damaged."""
    for folder in (converted, *run_folders_of(converted)):
        if folder.exists():
            shutil.copytree(folder, tmp_path / folder.name)
    return tmp_path / converted.name


def shard_of(dataset: Path) -> Path:
    """Give a shard in the middle of mag 1."""
    shards = [path for path in (dataset / "em" / "1").rglob("*") if path.is_file()]
    shards = [path for path in shards if path.name not in {"zarr.json", "header.wkw"}]
    return sorted(shards)[len(shards) // 2]


def test_what_was_converted_is_what_was_written(copied: Path) -> None:
    """Each shard has the size and the digest of its receipt, and decodes as well."""
    found = verified(copied)
    assert (found.is_sound, found.decoded, found.absent, found.foreign) == (True, 0, 0, [])
    decoded = verified(copied, receipts=False)
    assert (decoded.is_sound, decoded.decoded) == (True, found.compared)
    assert decoded.bytes == found.bytes > 90 * 100 * 40


def change_a_voxel(path: Path) -> None:
    flip(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    ("damage", "kind"),
    [(cut, "differs"), (change_a_voxel, "differs"), (Path.unlink, "missing")],
)
def test_receipts_notice_all_that_is_not_as_written(
    copied: Path, damage: Callable[[Path], None], kind: str
) -> None:
    """Also what no codec would notice."""
    shard = shard_of(copied)
    damage(shard)
    assert told(verified(copied)) == [(shard.relative_to(copied).as_posix(), kind)]


def test_a_missing_shard_is_damage_where_all_are_promised(copied: Path) -> None:
    """Without receipts as well: arrays of zarr3 say it of themselves; WKW cannot."""
    shard = shard_of(copied)
    shard.unlink()
    found = verified(copied, receipts=False)
    if shard.suffix == ".wkw":
        assert (found.faults, found.absent) == ([], 1)
    else:
        assert told(found) == [(shard.relative_to(copied).as_posix(), "missing")]


def test_packed_cubes_without_receipts_are_decoded(copied: Path) -> None:
    """A damaged table of blocks, or a damaged index, is noticed."""
    shard = shard_of(copied)
    flip(shard, 30 if shard.suffix == ".wkw" else -12)
    path = shard.relative_to(copied).as_posix()
    assert told(verified(copied, receipts=False)) == [(path, "damaged")]


def test_missing_documents_of_groups_are_named(copied: Path) -> None:
    """The plan knows them, though no voxel is lost with them."""
    group = copied / "em" / "zarr.json"
    if not group.exists():  # WKW has none
        return
    group.unlink()
    assert told(verified(copied)) == [("em/zarr.json", "missing")]


def test_mags_that_were_taken_out_are_not_missed(copied: Path) -> None:
    """What the properties do not list is not there for anybody."""
    path = copied / "datasource-properties.json"
    document = json.loads(path.read_text())
    mag = document["dataLayers"][0]["mags"].pop()
    path.write_text(json.dumps(document))
    (copied / mag["path"]).rename(copied.parent / "gone")
    assert verified(copied).is_sound


@pytest.mark.long
def test_what_was_added_is_verified_with_its_own_receipts(tmp_path: Path) -> None:
    """Mags of `wkflow downsample` are compared, those that were there before decoded."""
    layer = two_mags("zarr3")
    folder = write_dataset(tmp_path / "hand", HandLayer("em", {"1": layer.mags["1"]}))
    run = wkflow("downsample", "--coarsest-mag", "4", folder)
    assert run.returncode == 0, run.stderr
    found = verified(folder)
    assert (found.is_sound, found.decoded) == (True, 12)
    assert found.compared > 1


@pytest.mark.parametrize("data_format", ["zarr3", "wkw"])
def test_a_large_file_is_shared_by_threads(
    written: WriteDataset, data_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is decoded in several pieces, counted once, and named once where all of them are bad."""
    monkeypatch.setattr(stored_array, "PIECE_CHUNKS", 3)
    folder = written(data_format)
    found = verified(folder)
    assert (found.chunks, found.decoded) == (72, 14)
    flip(folder / FIRST[data_format], -1 if data_format == "zarr3" else 0)
    found = verified(folder)
    assert told(found) == [(FIRST[data_format], "damaged")]
    assert (found.chunks, found.decoded) == (64, 13)


def test_shards_of_precomputed_volumes_are_decoded(tmp_path: Path) -> None:
    """Their chunks are spread over files by a hash."""
    layer = two_mags("neuroglancerPrecomputed")
    voxels = layer.mags["1"]
    folder = write_dataset(tmp_path, HandLayer("em", {"1": voxels}, data_format=layer.data_format))
    shutil.rmtree(folder / "em")
    sharding = {
        "@type": "neuroglancer_uint64_sharded_v1", "hash": "identity", "preshift_bits": 1,
        "minishard_bits": 2, "shard_bits": 2, "data_encoding": "gzip",
    }  # fmt: skip
    spec = {
        "driver": "neuroglancer_precomputed",
        "kvstore": f"file://{folder}/em/",
        "multiscale_metadata": {"type": "image", "data_type": "uint8", "num_channels": 1},
        "scale_metadata": {
            "key": "1", "size": [70, 50, 40], "resolution": [11.24, 11.24, 25],
            "chunk_size": [16, 16, 16], "encoding": "raw", "sharding": sharding,
        },
    }  # fmt: skip
    tensorstore.open(spec, create=True).result().write(voxels[0].transpose(1, 2, 3, 0)).result()
    found = verified(folder)
    assert (found.is_sound, found.decoded, found.chunks) == (True, 4, 60)
    (shard, *_) = sorted((folder / "em" / "1").glob("*.shard"))
    cut(shard)
    assert told(verified(folder)) == [(f"em/1/{shard.name}", "damaged")]
