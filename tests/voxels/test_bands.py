"""Bands: whatever the source and the feed, they cover the slab once and hold its voxels."""

from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import sleep

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.countdown import Countdown
from wkflow.errors import SourceError
from wkflow.formats.contract import Band, ReadBox
from wkflow.model.box import Box
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.read_strategy import ReadStrategy
from wkflow.model.slab import Slab
from wkflow.model.source import Source
from wkflow.voxels.bands import bands

from tests.steps.arrays import FOLDER, ArrayImage, header_of, noise, opener
from tests.strategies import triples
from tests.voxels.array_stacks import Case, case_of, stack_of

KINDS = ["rows", "bands", "scratch"]


@st.composite
def sources(draw: st.DrawFn) -> Case:
    """Draw a stack, a file of many planes, or a stream; with any axes, samples and picks."""
    frames, channels, samples = draw(st.sampled_from([(1, 1, 1), (1, 1, 3), (4, 2, 1), (3, 2, 3)]))
    x, y, z = draw(triples(1, 14))
    array = noise(frames, channels, z, y, x, samples, dtype=draw(st.sampled_from(["uint8", "<f4"])))
    grain = draw(st.sampled_from([(1, 1, 1), (x, 3, 1), (4, 4, 4), (x, y, 1)]))
    if draw(st.booleans()):
        cuts = st.tuples(st.integers(0, y - 1), st.integers(0, x - 1))
        case = stack_of(array, grain, draw(st.lists(cuts, max_size=3)))
    else:
        is_stream = draw(st.booleans()) and frames == 1
        image = ArrayImage(array, grain, is_stream and channels == 1)
        source = Source((f"{FOLDER}.tif",), ((1, 1),), header_of(array), grain, (0,),
                        is_stream=image.is_stream)  # fmt: skip
        case = case_of(array, source, {source.files[0]: image}, ReadStrategy())
    picks = draw(st.sets(st.integers(0, channels * samples - 1), min_size=1))
    source = replace(case.plan.source, picks=tuple(sorted(picks)))
    return case_of(array, source, case.files, ReadStrategy())


@st.composite
def fed(draw: st.DrawFn) -> Case:
    """Draw a source and any feed that it may have."""
    case = draw(sources())
    height, stream = case.plan.layer.size[1], case.plan.source.is_stream
    kind = draw(st.sampled_from(KINDS[1:] if stream else KINDS))
    rows = height if stream else draw(st.integers(1, height))
    buffers = 1 if stream and kind == "scratch" else draw(st.integers(1, 2))
    feed = ReadStrategy(kind, draw(st.integers(1, 16)), rows, buffers)
    return replace(case, plan=replace(case.plan, feed=feed))


def promised(plan: LayerPlan, slab: Slab) -> list[Box]:
    """List the bands: y fastest within one depth of the feed, then z."""
    x, y, _ = plan.layer.size
    rows = y if plan.feed.kind == "scratch" else plan.feed.rows
    return [
        Box((0, y0, z0), (x, min(y0 + rows, y), min(z0 + plan.feed.depth, slab.z_end)))
        for z0 in range(slab.z_begin, slab.z_end, plan.feed.depth)
        for y0 in range(0, y, rows)
    ]


def rows_of(band: Box, height: int) -> list[Box]:
    """Cut a band as sinks do: all x, some rows, all of its slices and each of them."""
    (_, y0, z0), (x1, y1, z1) = band.begin, band.end
    cuts = [(z0, z1), *((z, z + 1) for z in range(z0, z1))]
    return [
        Box((0, y, low), (x1, min(y + height, y1), high))
        for y in range(y0, y1, height)
        for low, high in cuts
    ]


def read(case: Case, slab: Slab, frame: int, pool: Executor) -> Iterator[tuple[Box, ReadBox]]:
    """Give the bands of a slab whose files are arrays, each released before the next."""
    for box, region, release in given_bands(case, slab, frame, pool):
        yield box, region
        release()


def given_bands(case: Case, slab: Slab, frame: int, pool: Executor) -> Iterator[Band]:
    """Give the bands of a slab whose files are arrays."""
    scratch = Path("/tmp")  # noqa: S108 -- files without a name
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wkflow.voxels.layer_reader.open_images", opener(case.files))
        yield from bands(case.plan, slab, frame, pool, scratch)


def compare(case: Case, frame: int, region: ReadBox, box: Box) -> None:
    """Compare what a band gives of a box, (c, x, y, z), with the voxels."""
    (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
    expected = case.voxels[frame, z0:z1, y0:y1, x0:x1].T
    np.testing.assert_array_equal(region(box), expected, strict=True)


@given(case=fed(), data=st.data())
def test_bands_cover_a_slab_once_and_are_its_voxels(case: Case, data: st.DataObject) -> None:
    """In the promised order, asked for by several threads at once."""
    depth, frames = case.plan.layer.size[2], case.plan.layer.frames
    begin = data.draw(st.integers(0, depth - 1))
    slab = Slab(begin, data.draw(st.integers(begin + 1, depth)), 0, frames)
    frame, height = data.draw(st.integers(0, frames - 1)), data.draw(st.integers(1, 9))
    seen = []
    with ThreadPoolExecutor(3) as pool:
        for box, region in read(case, slab, frame, pool):
            seen.append(box)
            list(pool.map(partial(compare, case, frame, region), rows_of(box, height)))
    assert seen == promised(case.plan, slab)
    assert sum(box.voxels for box in seen) == slab.depth * np.prod(case.plan.layer.size[:2])


@given(case=fed(), threads=st.integers(1, 3), data=st.data())
def test_a_band_holds_its_voxels_until_it_is_released(
    case: Case, threads: int, data: st.DataObject
) -> None:
    """While the next ones are asked for, as by a sink: rows are read by threads meanwhile."""
    slab, height = Slab(0, case.plan.layer.size[2]), data.draw(st.integers(1, 4))
    read_rows: list[Future[None]] = []

    def look(region: ReadBox, row: Box, left: Countdown) -> None:
        try:
            sleep(0.001)
            compare(case, 0, region, row)
        finally:
            left.tick()

    with ThreadPoolExecutor(threads) as pool:
        for box, region, release in given_bands(case, slab, 0, pool):
            rows = rows_of(box, height)
            left = Countdown(len(rows), release)
            read_rows += [pool.submit(look, region, row, left) for row in rows]
        assert all(row.done() for row in read_rows)
    for row in read_rows:
        row.result()


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_that_cannot_be_read_ends_it(kind: str) -> None:
    """The slices of later bands were begun with: nothing waits for them for ever."""
    case = stack(ReadStrategy(kind, 4, 3, 2))

    def encode(region: ReadBox, row: Box, left: Countdown) -> None:
        try:
            region(row)
            raise KeyError(row)
        finally:
            left.tick()

    with ThreadPoolExecutor(2) as pool:
        found = given_bands(case, Slab(0, 20), 0, pool)
        box, region, release = next(found)
        failed = pool.submit(encode, region, box, Countdown(1, release))
        next(found)
        with pytest.raises(KeyError):
            failed.result()
        found.close()


def opened(case: Case) -> int:
    """Count the slices that are open."""
    return sum(one.is_open for one in case.files.values() if isinstance(one, ArrayImage))


@pytest.mark.parametrize("kind", KINDS)
def test_no_slice_stays_open(kind: str) -> None:
    """Nor are more open than those of three depths, however slowly they are read."""
    case = stack(ReadStrategy(kind, 4, 3, 2))
    with ThreadPoolExecutor(2) as pool:
        for _ in read(case, Slab(0, 20), 0, pool):
            assert opened(case) <= 12
    assert opened(case) == 0


def test_slices_that_cannot_be_closed_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the failure of who closes them; nobody waits for it."""
    case = stack(ReadStrategy("rows", 4, 7))

    def close(_: object) -> None:
        raise OSError("no such device")

    monkeypatch.setattr("wkflow.voxels.open_slices.OpenSlices.close", close)
    with ThreadPoolExecutor(1) as pool:
        ended = [pool.submit(release) for _, _, release in given_bands(case, Slab(0, 20), 0, pool)]
    assert len(ended) == 5
    assert all(isinstance(one.exception(), OSError) for one in ended)


@given(case=fed())
def test_nothing_is_decoded_twice(case: Case) -> None:
    """Each voxel of the slab is asked for once for each channel, where slices are decoded."""
    plan = case.plan
    if plan.feed.kind == "rows":
        return
    with ThreadPoolExecutor(3) as pool:
        slab = Slab(0, plan.layer.size[2])
        assert sum(box.voxels for box, _ in read(case, slab, 0, pool)) > 0
    images = [image for image in case.files.values() if isinstance(image, ArrayImage)]
    asked = sum(box.voxels for image in images for box in image.asked)
    there = sum(int(np.prod(image.probe.header.size)) for image in images)
    channels = {pick // plan.source.header.samples for pick in plan.source.picks}
    assert asked == there * len(channels)


def stack(feed: ReadStrategy, grain: tuple[int, int, int] = (1, 1, 1)) -> Case:
    """Make a stack of 20 slices."""
    case = stack_of(noise(1, 1, 20, 7, 6, 1), grain, [])
    return replace(case, plan=replace(case.plan, feed=feed, pad=False))


def faults_of(case: Case) -> list[str]:
    """Read a slab that has bad slices; give what is said of each."""
    with ThreadPoolExecutor(3) as pool, pytest.raises(SourceError) as caught:
        list(read(case, Slab(0, 20), 0, pool))
    assert caught.value.where == FOLDER
    return caught.value.what.split("; ")


NAMING = [
    ReadStrategy(kind, 4, rows, buffers) for kind in KINDS for rows in (3, 7) for buffers in (1, 2)
]


@pytest.mark.parametrize("grain", [(1, 1, 1), (6, 7, 1)], ids=["raw", "compressed"])
@pytest.mark.parametrize("feed", NAMING, ids=str)
def test_all_bad_slices_of_a_slab_are_named_once(
    feed: ReadStrategy, grain: tuple[int, int, int]
) -> None:
    """In their order, those of later bands too."""
    case = stack(feed, grain)
    case.files[f"{FOLDER}/2.tif"] = "is empty"
    case.files[f"{FOLDER}/9.tif"] = ArrayImage(noise(1, 1, 1, 7, 5, 1), grain)
    case.files[f"{FOLDER}/19.tif"] = "is cut short"
    assert faults_of(case) == [
        "2.tif: is empty",
        "9.tif: is 5 x 7 uint8, expected 6 x 7 uint8",
        "19.tif: is cut short",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_bands_before_a_bad_slice_are_given(kind: str) -> None:
    """Only what follows is not."""
    case = stack(ReadStrategy(kind, 4, 7, 2))
    case.files[f"{FOLDER}/9.tif"] = "is empty"
    with ThreadPoolExecutor(3) as pool:
        found = read(case, Slab(0, 20), 0, pool)
        for begin in (0, 4):
            box, region = next(found)
            assert box.begin[2] == begin
            compare(case, 0, region, box)
        with pytest.raises(SourceError, match="is empty"):
            next(found)


def test_slices_that_are_stored_otherwise_are_read_all_the_same() -> None:
    """A compressed slice among raw ones."""
    case = stack(ReadStrategy("rows", 4, 3))
    for z in (1, 7, 8):
        image = case.files[f"{FOLDER}/{z}.tif"]
        assert isinstance(image, ArrayImage)
        image.grain = (6, 7, 1)
    with ThreadPoolExecutor(2) as pool:
        for box, region in read(case, Slab(0, 20), 0, pool):
            compare(case, 0, region, box)


def test_a_scratch_file_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no name, and its folder is made if it is not there."""
    case = stack(ReadStrategy("scratch", 8, 7, 4))
    monkeypatch.setattr("wkflow.voxels.layer_reader.open_images", opener(case.files))
    scratch = tmp_path / "run" / "scratch"
    with ThreadPoolExecutor(2) as pool:
        for box, region, release in bands(case.plan, Slab(0, 20), 0, pool, scratch):
            compare(case, 0, region, box)
            assert not list(scratch.iterdir())
            release()
