"""Settings and headers in, plan out. Opens one image per layer; decodes voxels only to judge."""

from collections.abc import Iterable
from dataclasses import replace
from math import prod
from pathlib import Path

from wkflow.codec import DEFAULT_COLOR, DEFAULT_SEGMENTATION
from wkflow.errors import ConfigError, SourceError, several
from wkflow.kernels import kernel_for
from wkflow.ladder import FINEST, climb
from wkflow.layer import COLOR_DTYPES, SEGMENTATION_DTYPES, Layer, lay_grid
from wkflow.mag import Mag
from wkflow.plan import CLAIM, PLAN, LayerPlan, Plan
from wkflow.readers import probe
from wkflow.settings import Settings
from wkflow.source import Header, Source
from wkflow.steps.find_layers import Found, find_layers
from wkflow.steps.judge_category import judge_category

FLAT_SHARD_CHUNKS, COARSE_SHARD_CHUNKS = (128, 128, 1), (32, 32, 32)
"""Chunks of a shard above mag 1: as the official tool, flat for layers of one chunk's depth."""


JOB_BYTES, LEAST_JOB_BYTES = 2**30, 2**27
"""What is worth the start of a job, and what is just worth it where another one waits for it."""

PARTS = 16
"""Of a layer that is sent while it is converted: the first is soon ready, the last soon sent."""


def draw_plan(settings: Settings) -> Plan:
    """Say what the run will do.

    Raises
    ------
    SourceError
        If the source holds nothing that can be converted.
    ConfigError
        If the target is somebody else's, or the options do not fit the images.
    """
    _claim(settings)
    found = find_layers(settings.source)
    layers: list[LayerPlan] = []
    earlier = _earlier(settings.run_folder / PLAN)
    for name, one in zip(_names(settings, found), found, strict=True):
        layers.append(_plan_layer(settings, name, one, layers, earlier.get(name)))
    return Plan(
        dataset=str(settings.dataset),
        name=settings.dataset_name,
        voxel_size=settings.scale,
        unit=settings.unit,
        overwrite=settings.overwrite_existing,
        layers=tuple(layers),
        notes=tuple(note for one in found for note in one.notes),
    )


def _claim(settings: Settings) -> None:
    """Refuse a target that holds something which no run of this folder made."""
    target = settings.dataset
    if settings.overwrite_existing or (settings.run_folder / CLAIM).exists():
        return
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(
            "exists and was not made by a run of this folder",
            str(target),
            "Choose another target, or clear this one with --overwrite-existing.",
        )


def _earlier(path: Path) -> dict[str, LayerPlan]:
    """Give the layers of the last run: what was judged then stays."""
    try:
        return {plan.layer.name: plan for plan in Plan.read(path).layers}
    except (OSError, ConfigError):
        return {}


def _names(settings: Settings, found: list[Found]) -> list[str]:
    given = settings.layer_name
    if given is None:
        return [one.name for one in found]
    return [given] if len(found) == 1 else [f"{given}_{one.name}" for one in found]


def _plan_layer(
    settings: Settings,
    name: str,
    found: Found,
    others: Iterable[LayerPlan],
    earlier: LayerPlan | None,
) -> LayerPlan:
    header = _header(found.files)
    if settings.on_mismatch == "pad" and len(found.files) > 1:
        header = _largest(found.files, header)
    source = Source(found.files, found.marks, header)
    category, evidence = _category(settings, source, earlier)
    layer = Layer(name, category, header.dtype, header.channels,
                  (header.width, header.height, source.depth))  # fmt: skip
    _check_voxels(layer, source)
    mags = [mag for other in others for mag in (grid.mag for grid in other.grids)]
    ladder = _ladder(settings, layer, mags)
    flat = layer.size[2] <= settings.chunk_shape[2]
    chunks = FLAT_SHARD_CHUNKS if flat else COARSE_SHARD_CHUNKS
    x, y, z = (n * c for n, c in zip(chunks, settings.chunk_shape, strict=True))
    finest = lay_grid(layer, FINEST, chunk=settings.chunk_shape, shard=settings.finest_shard)
    coarser = [lay_grid(layer, mag, chunk=settings.chunk_shape, shard=(x, y, z)) for mag in ladder]
    return LayerPlan(
        layer=layer,
        source=source,
        grids=(finest, *coarser),
        batch=max(finest.shard[2], settings.batch_size or 0),
        kernel=kernel_for(settings.interpolation_mode, category).name,
        codec=_codec(settings, category),
        pad=settings.on_mismatch == "pad",
        job_bytes=settings.job_size or _job_bytes(settings, layer),
        evidence=evidence,
        passing=settings.passes,
    )


def _header(files: tuple[str, ...]) -> Header:
    """Read the first slice's header; if that fails, name all slices whose headers fail."""
    try:
        return probe(files[0])
    except SourceError as first:
        faults = [first, *filter(None, map(_fault, files[1:]))]
        raise several(faults) from None


def _fault(file: str) -> SourceError | None:
    try:
        probe(file)
    except SourceError as fault:
        return fault
    return None


def _largest(files: tuple[str, ...], first: Header) -> Header:
    """Give the header of the first slice with the largest width and height of all."""
    headers = [probe(file) for file in files]
    return replace(
        first,
        width=max(header.width for header in headers),
        height=max(header.height for header in headers),
    )


def _category(settings: Settings, source: Source, earlier: LayerPlan | None) -> tuple[str, str]:
    if settings.category:
        return settings.category, "as the option says"
    if earlier and (earlier.source.files[0], earlier.source.marks[0]) == (
        source.files[0], source.marks[0],
    ):  # fmt: skip
        return earlier.layer.category, earlier.evidence
    return judge_category(source)


def _check_voxels(layer: Layer, source: Source) -> None:
    """Refuse what WEBKNOSSOS cannot show, before anything is written."""
    dtypes = COLOR_DTYPES if layer.category == "color" else SEGMENTATION_DTYPES
    if layer.dtype not in dtypes:
        raise SourceError(
            f"a {layer.category} layer cannot hold {layer.dtype}",
            source.files[0],
            f"Convert the images to one of {', '.join(sorted(dtypes))}, or set --category.",
        )
    if (layer.channels, layer.dtype) not in {(1, layer.dtype), (3, "uint8")}:
        raise SourceError(
            f"holds {layer.channels} channels of {layer.dtype}",
            source.files[0],
            "Only grey images and uint8 RGB are read yet; save each channel as a folder.",
        )
    if layer.channels == 3 and layer.category == "segmentation":
        raise SourceError(
            "is RGB, and a segmentation needs one number per voxel",
            source.files[0],
            "Set --category color, or save the labels as grey images.",
        )


def _ladder(settings: Settings, layer: Layer, others: list[Mag]) -> list[Mag]:
    if not settings.downsample:
        return []
    return climb(
        layer.size,
        settings.scale,
        sampling_mode=settings.sampling_mode,
        max_mag=Mag.parse(settings.max_mag) if settings.max_mag else None,
        aligned_with=others,
    )


def _job_bytes(settings: Settings, layer: Layer) -> int:
    """Give the voxels of one job: few where parts are sent while others are made."""
    if not settings.sends:
        return JOB_BYTES
    return min(JOB_BYTES, max(LEAST_JOB_BYTES, prod(layer.size) * layer.voxel_bytes // PARTS))


def _codec(settings: Settings, category: str) -> str:
    if not settings.compress:
        return "none:0"
    default = DEFAULT_SEGMENTATION if category == "segmentation" else DEFAULT_COLOR
    return settings.compression or str(default)
