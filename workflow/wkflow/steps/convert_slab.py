"""Convert one z-slab of one layer at full resolution."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from threading import Event
from time import monotonic

from wkflow import atomic_files
from wkflow.formats.chunk_rows import from_begin, whole_chunks
from wkflow.formats.contract import Band, ReadBox
from wkflow.formats.mag_writer import MagVoxels
from wkflow.model.codec import Codec
from wkflow.model.layer import READ_BYTES
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.model.slab import Slab
from wkflow.model.write_datasource import remove_properties
from wkflow.run_folder import SOURCE_METADATA
from wkflow.voxels.bands import bands
from wkflow.voxels.cast import casting
from wkflow.voxels.histogram import Histogram
from wkflow.voxels.map_values import mapper_of
from wkflow.voxels.scratch_mag import shortcut_of
from wkflow.voxels.scratch_voxels import ShortcutVoxels
from wkflow.voxels.source_files import at_hand
from wkflow.voxels.source_metadata import keep_metadata
from wkflow.voxels.value_range import Extremes

Through = Callable[[ReadBox], ReadBox]
"""What all voxels go through between their source and their shards."""


def convert_slab(
    plan: Plan,
    layer: str,
    slab: str,
    *,
    threads: int,
    tick: Callable[[int], None],
    scratch: Path,
    histogram: Path | None = None,
) -> Receipt:
    """Read the slices of a slab, band by band, and write their shards of mag 1.

    A dataset that is published stays so until the first of them is whole.

    `tick` is told the voxels of each row of chunks when it is written; below `scratch` lie
    shortcuts and what does not fit into memory, beside it what files say of themselves. `histogram`
    is the file that becomes the histogram of a color layer's voxels.

    Raises
    ------
    SourceError
        Naming every slice of the slab that cannot be used, or a value that `--dtype` cannot hold.
    """
    started = monotonic()
    dataset, one = Path(plan.dataset), plan.layer(layer)
    cut = one.slab(slab)
    extremes, rounded = Extremes(), Event()
    mapper = mapper_of(one)
    counted = Histogram.of(one.layer) if histogram else None
    files: list[ShardFile] = []
    written = 0
    with (
        at_hand(one, cut, scratch) as local,
        atomic_files.Flusher(is_idle=one.passing) as flusher,
        _leaving(one, cut, scratch) as leaving,
        ThreadPoolExecutor(threads) as pool,
    ):

        def through(region: ReadBox) -> ReadBox:
            cast = casting(region, one.layer.dtype, one.source.first, rounded.set)
            cast = mapper.mapping(region) if mapper else cast
            if counted:
                cast = counted.watching(cast, one.box.begin[1])
            return leaving(cast if counted and counted.is_of_all else extremes.watching(cast))

        job = _Job(dataset, local, pool, scratch, cache(partial(remove_properties, dataset)))
        for voxels, whole in job.write(cut, through):
            written += voxels
            tick(voxels)
            for file in whole:
                flusher.flush(dataset / file.path)
                files.append(file)
        keep_metadata(local, cut, scratch.with_name(SOURCE_METADATA))
        crc = ""
        if counted and histogram:
            crc = counted.write(histogram)
            atomic_files.flush([histogram])
    if counted and counted.is_of_all:
        extremes.include(counted.values)
    return Receipt(
        rule="convert_slab",
        files=tuple(files),
        voxels=written,
        lowest=extremes.lowest,
        highest=extremes.highest,
        seconds=monotonic() - started,
        rounded=rounded.is_set(),
        histogram=crc,
        mapped=mapper.counted if mapper else None,
    )


def _leaving(one: LayerPlan, slab: Slab, scratch: Path) -> AbstractContextManager[Through]:
    shortcut = shortcut_of(one, scratch)
    return (
        ShortcutVoxels(shortcut).writing(slab) if shortcut else nullcontext(lambda region: region)
    )


@dataclass(frozen=True, slots=True)
class _Job:
    """Writes the shards of slabs; the source's files are on this machine."""

    dataset: Path
    one: LayerPlan
    pool: Executor
    scratch: Path
    before: Callable[[], object]

    def write(self, slab: Slab, through: Through) -> Iterator[tuple[int, list[ShardFile]]]:
        """Write a slab; give the voxels of each row, and the shards that are whole with it."""
        one = self.one
        most = READ_BYTES // one.layer.voxel_bytes
        codec = Codec.parse(one.codec, one.layer.data_format)
        for frame in slab.frames:
            mag = MagVoxels(self.dataset, one.layer, one.grids[0], codec, frame, before=self.before)
            with mag.writing() as sink:
                cut = bands(one, slab, frame, self.pool, self.scratch)
                piped = sink.pipe(self._whole(cut, through), self.pool, most_voxels=most)
                with closing(cut), closing(piped) as rows:
                    for row, whole in rows:
                        yield row.overlap(self.one.box).voxels, [file for _, file in whole]

    def _whole(self, cut: Iterable[Band], through: Through) -> Iterator[Band]:
        """Give bands of whole chunks."""
        grid = self.one.grids[0]
        for box, region, release in cut:
            yield whole_chunks(grid, box), from_begin(grid, through(region)), release
