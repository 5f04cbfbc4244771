"""One layer's plan, out of its source and the options."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import lcm

from wkflow.errors import SourceError
from wkflow.formats.table import format_of
from wkflow.model.data_formats import DATA_FORMATS, shard_of
from wkflow.model.kernel import kernel_for
from wkflow.model.layer import (
    COLOR_DTYPES,
    ITEM_BYTES,
    SEGMENTATION_DTYPES,
    Grid,
    Layer,
    lay_grid,
    rest_memory,
)
from wkflow.model.layer_plan import FEWEST_THREADS
from wkflow.model.mag import Mag
from wkflow.model.mag_ladder import FINEST, list_mags
from wkflow.model.plan import LayerPlan
from wkflow.model.source import Source
from wkflow.options.settings import Settings
from wkflow.planning.choose_codec import named_codec
from wkflow.planning.choose_read_strategy import choose_feed
from wkflow.planning.group_slices import Local
from wkflow.planning.infer_category import judge_category, look_at
from wkflow.planning.place_layers import Placement
from wkflow.planning.plan_values import plan_values, shown_as
from wkflow.planning.split_channels import Part
from wkflow.voxels.cast import check_sample

JOB_BYTES, LEAST_JOB_BYTES = 2**30, 2**27
"""What is worth the start of a job, and what is just worth it where another one waits for it."""

PARTS = 16
"""Of a layer that is sent while it is converted: the first is soon ready, the last soon sent."""


@dataclass(frozen=True, slots=True)
class LayerPlanner:
    """Makes the plans of a dataset's layers.

    `scale` is the voxel size (x, y, z), `budget` the bytes of memory that one job may use, `local`
    gives the files that are looked at, `finest` are the mags that layers begin with.
    """

    settings: Settings
    scale: tuple[float, float, float]
    budget: int
    local: Local
    finest: tuple[Mag, ...] = ()

    def plan(self, part: Part, others: Iterable[LayerPlan], earlier: LayerPlan | None) -> LayerPlan:
        """Plan one layer; `earlier` is its plan in the last run, `others` are planned already.

        Raises
        ------
        SourceError
            If WEBKNOSSOS cannot show such a layer.
        ResourceError
            If it cannot be read in so little memory.
        """
        settings, source = self.settings, part.source
        category, evidence = self._category(part, earlier)
        header = source.header
        size = (header.width, header.height, source.depth)
        placement = part.placement or Placement((0, 0, 0), size, FINEST)
        layer = Layer(
            part.name, category, settings.dtype or header.dtype, len(source.picks),
            placement.end, source.axes, settings.data_format, placement.begin,
        )  # fmt: skip
        _check_voxels(layer, source)
        values = plan_values(settings, layer, header.dtype, source.first)
        if values is None and settings.dtype not in {None, source.header.dtype}:
            check_sample(look_at(source, self.local), str(settings.dtype), source.first)
        grids = self._grids(layer, placement.mag, others)
        shard, chunk = grids[0].shard, grids[0].chunk
        return LayerPlan(
            layer=layer,
            source=source,
            grids=grids,
            batch=lcm(shard[2], settings.batch_size or 1),
            kernel=kernel_for(settings.interpolation_mode, category).name,
            codec=str(named_codec(settings, layer)),
            pad=settings.on_mismatch == "pad",
            job_bytes=settings.job_size or self._job_bytes(layer, source),
            evidence=evidence,
            passing=settings.passes,
            feed=choose_feed(
                source,
                size,
                chunk,
                settings.batch_size,
                budget=self.budget - rest_memory(layer, grids[0], FEWEST_THREADS, source.extra),
            ),
            display=shown_as(part.channel, values, layer.dtype),
            contrast=settings.contrast,
            largest_id=part.about.largest_id if category == "segmentation" else 0,
            values=values,
        )

    def _category(self, part: Part, earlier: LayerPlan | None) -> tuple[str, str]:
        if self.settings.category:
            return self.settings.category, "as the option says"
        if part.about.category:
            return part.about.category, "as the source states"
        if earlier and _same_first(earlier.source, part.source):
            return earlier.layer.category, earlier.evidence
        is_alone = part.source.first == str(self.settings.source)
        return judge_category(part.source, self.local, part.about.name, is_alone=is_alone)

    def _grids(self, layer: Layer, start: Mag, others: Iterable[LayerPlan]) -> tuple[Grid, ...]:
        """Lay out all mags, finest first."""
        rules, chunk = DATA_FORMATS[layer.data_format], self.settings.chunk_shape
        finest = lay_grid(layer, start, chunk=chunk, shard=self.settings.finest_shard)
        is_flat = layer.box.size[2] <= chunk[2]
        coarse = shard_of(rules.flat if is_flat else rules.coarse, chunk)
        mags = [*self.finest, *(grid.mag for other in others for grid in other.grids)]
        ladder = self._ladder(layer, start, mags)
        return (finest, *(lay_grid(layer, mag, chunk=chunk, shard=coarse) for mag in ladder))

    def _ladder(self, layer: Layer, start: Mag, others: list[Mag]) -> list[Mag]:
        settings = self.settings
        if not settings.downsample:
            return []
        return list_mags(
            layer.box.size,
            self.scale,
            sampling_mode=settings.sampling_mode,
            max_mag=Mag.parse(settings.max_mag) if settings.max_mag else None,
            aligned_with=others,
            start=start,
        )

    def _job_bytes(self, layer: Layer, source: Source) -> int:
        """Give the voxels of one job: few where parts are sent while others are made.

        Of slices that are taken across each job reads all.
        """
        if source.is_across or not self.settings.kind.uploads:
            return JOB_BYTES
        layer_bytes = layer.box.voxels * layer.frames * layer.voxel_bytes
        return min(JOB_BYTES, max(LEAST_JOB_BYTES, layer_bytes // PARTS))


def _same_first(earlier: Source, source: Source) -> bool:
    """Whether the first file is the one that was judged."""
    return (earlier.first, earlier.first_mark) == (source.first, source.first_mark)


def _check_voxels(layer: Layer, source: Source) -> None:
    """Refuse what WEBKNOSSOS cannot show, before anything is written."""
    dtypes = COLOR_DTYPES if layer.category == "color" else SEGMENTATION_DTYPES
    if layer.dtype not in dtypes:
        known = ", ".join(
            sorted(dtypes, key=lambda name: (name.strip("0123456789"), ITEM_BYTES[name]))
        )
        raise SourceError(
            f"a {layer.category} layer cannot hold {layer.dtype}",
            source.first,
            f"Give --dtype, one of {known}, or --category.",
        )
    if layer.channels == 3 and layer.category == "segmentation":
        raise SourceError(
            "is RGB, and a segmentation needs one number per voxel",
            source.first,
            "Set --category color, or --channels with the number of the one to take.",
        )
    if words := format_of(layer.data_format).refuse(layer):
        raise SourceError(words, source.first, "Choose --data-format zarr3.")
