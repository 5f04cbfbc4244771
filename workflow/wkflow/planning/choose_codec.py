"""How strongly chunks are compressed: some are, by each level, and the fastest of the small wins.

On noisy microscopy all levels of zstd make the same size, and the first is several times faster; on
labels one in the middle may be the smallest. Bytes are compared and never times, so the choice is
the same on all machines; it is kept while the layer is appended to or mended.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from itertools import product
from math import prod
from operator import sub
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import WkflowError
from wkflow.formats.chunk_codec import encoder
from wkflow.model.box import Box, Triple
from wkflow.model.codec import Codec, default_codec
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.layer import Layer
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.source import Source
from wkflow.network.urls import is_url
from wkflow.options.parsers import AUTO
from wkflow.options.settings import Settings
from wkflow.run_folder import PLAN
from wkflow.voxels.finer_mag import finer_voxels
from wkflow.voxels.kernels import REDUCERS
from wkflow.voxels.layer_reader import LayerReader
from wkflow.voxels.map_values import mapped_sample

Voxels = NDArray[np.generic]

CANDIDATES = tuple(Codec("zstd", level) for level in range(1, 6))
"""The fastest first; the official tool takes the last one."""

TOLERANCE = 1.02
"""Two percent more on the disk is a fair price for speed; more is not."""

PLACES = 3
"""Along x and y of a slice, evenly spread."""

ENOUGH_BYTES = 2**23
"""Voxels that are encoded by each candidate: more of them would not tell more."""

COSTLY_BYTES = 2**26
"""Voxels that are decoded to look at a few: about a quarter of a second's work."""


def named_codec(settings: Settings, layer: Layer) -> Codec:
    """Give the codec that an option names, else the default of the layer's format and category."""
    named = settings.compression or AUTO
    if settings.compress and named != AUTO:
        return Codec.parse(named, layer.data_format)
    return default_codec(layer, compress=settings.compress)


def with_chosen_codec(
    plan: LayerPlan, settings: Settings, known: dict[str, Any] | None = None
) -> LayerPlan:
    """Give the plan with the codec that suits its voxels, if no option and no format says which.

    `known` is one of `known_codecs`: what the last run took stays, or all would be made anew.
    """
    named = settings.compression or AUTO
    if not settings.compress or named != AUTO or DATA_FORMATS[plan.layer.data_format].codec:
        return plan
    if known and _is_alike(known, plan) and _was_free(known, plan.layer):
        return replace(plan, codec=known["codec"], codec_evidence=known.get("codec_evidence", ""))
    try:
        codec, evidence = choose_codec(_sample(plan), plan)
    except WkflowError:  # told when it is converted, with all that is wrong
        return plan
    return replace(plan, codec=str(codec), codec_evidence=evidence) if codec else plan


def known_codecs(run_folder: Path) -> dict[str, dict[str, Any]]:
    """Give the layers of the last run's plan as JSON, by name: it may be of an earlier version."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        layers = json.loads((run_folder / PLAN).read_bytes())["layers"]
        return {one["layer"]["name"]: one for one in layers}
    return {}


def _is_alike(known: dict[str, Any], plan: LayerPlan) -> bool:
    """Whether the layer and its chunks are what they were, so that one codec suits both.

    A stack whose first slice is another file is moved along z, and made anew in any case.
    """
    layer, facts = plan.layer, ("category", "dtype", "channels", "data_format")
    try:
        return (
            all(known["layer"][name] == getattr(layer, name) for name in facts)
            and tuple(known["grids"][0]["chunk"]) == plan.grids[0].chunk
            and known["source"]["files"][:1] == list(plan.source.files[:1])
        )
    except (LookupError, TypeError):
        return False


def _was_free(known: dict[str, Any], layer: Layer) -> bool:
    """Whether the codec was chosen, or, by an earlier version, was the default: no option's."""
    return bool(known.get("codec_evidence")) or known.get("codec") == str(default_codec(layer))


def choose_codec(blocks: Iterable[Voxels], plan: LayerPlan) -> tuple[Codec | None, str]:
    """Choose by blocks (z, y, x, c) of the finest mag, and what they are in the next one.

    Returns
    -------
    the fastest candidate within `TOLERANCE` of the smallest, and the evidence; None and nothing
    where all voxels are zeros
    """
    chunks = [
        chunk
        for block in blocks
        for mag in (block, *_reduced(block, plan))
        for chunk in _cut(mag, plan.grids[-1].chunk)
        if chunk.any()
    ]
    if not chunks:
        return None, ""
    sizes = [
        sum(len(*encode(chunk[np.newaxis])) for chunk in chunks)
        for encode in map(encoder, CANDIDATES)
    ]
    fit = next(i for i, size in enumerate(sizes) if size <= TOLERANCE * min(sizes))
    whole = sum(chunk.nbytes for chunk in chunks)
    shares = ", ".join(f"{100 * size / whole:.2f}" for size in sizes)
    first, last = CANDIDATES[0], CANDIDATES[-1].level
    return CANDIDATES[fit], f"of {len(chunks)} chunks {first} to {last} leave {shares} %"


def _reduced(block: Voxels, plan: LayerPlan) -> list[Voxels]:
    """Give the block in the next mag, as far as it holds whole cells."""
    if len(plan.grids) == 1:
        return []
    factor = plan.grids[1].mag.over(plan.grids[0].mag)
    x, y, z = (size // f * f for size, f in zip(block.shape[2::-1], factor, strict=True))
    if not x * y * z:
        return []
    kernel = "bilinear" if plan.kernel == "bicubic" else plan.kernel  # which wants a halo
    return [REDUCERS[kernel](np.ascontiguousarray(block[:z, :y, :x]).T, factor).T]


def _cut(block: Voxels, chunk: Triple) -> Iterator[Voxels]:
    x, y, z = chunk
    depth, height, width, _ = block.shape
    for k, j, i in product(range(0, depth, z), range(0, height, y), range(0, width, x)):
        yield np.ascontiguousarray(block[k : k + z, j : j + y, i : i + x])


def _sample(plan: LayerPlan) -> Iterator[Voxels]:
    """Read blocks (z, y, x, c) at fixed places of one depth, in the dtype of the layer.

    None of images that would be downloaded for it, nor of what costs too much to decode.
    """
    if plan.given:
        yield from _of_mag(plan)
    elif not is_url(plan.source.first) and (regions := _regions(plan)):
        yield from _of_source(plan, regions)


def _of_mag(plan: LayerPlan) -> Iterator[Voxels]:
    grid = plan.grids[0]
    with finer_voxels(Path(), plan, grid) as frame, frame(plan.layer.frames // 2) as region:
        for place in _places(plan, grid.box.size, grid.chunk[2]):
            yield region(place.moved(grid.begin)).T


def _of_source(plan: LayerPlan, regions: list[tuple[Box, list[Box]]]) -> Iterator[Voxels]:
    frame = 0 if plan.source.is_stream else plan.layer.frames // 2
    with ExitStack() as stack:
        reader = LayerReader(plan, frame, stack)
        stack.enter_context(reader.holding(regions[0][0]))
        for region, places in regions:
            voxels = reader.empty(region)
            reader.read(region, voxels)
            for place in places:
                (x0, y0, z0), (x1, y1, z1) = (
                    tuple(map(sub, edge, region.begin)) for edge in (place.begin, place.end)
                )
                block = voxels[z0:z1, y0:y1, x0:x1]
                yield mapped_sample(block, plan.values, plan.layer.dtype) if plan.values else (
                    _cast(block, plan.layer.dtype))  # fmt: skip


def _regions(plan: LayerPlan) -> list[tuple[Box, list[Box]]]:
    """Give what is decoded at once, and the places in it: as deep a chunk as is not too costly."""
    source = plan.source
    header, (width, height, _) = source.header, source.grain
    size = (header.width, header.height, source.depth)
    depth = min(plan.grids[0].chunk[2], source.depth)
    while depth:
        places = _places(plan, size, depth)
        regions: dict[Box, list[Box]] = {}
        for place in places:
            (_, y0, z0), (_, y1, z1) = place.begin, place.end
            wide = Box((0, y0, z0), (size[0], y1, z1)) if width >= size[0] else place
            region = Box((0, 0, z0), (*size[:2], z1)) if height >= size[1] else wide
            regions.setdefault(region, []).append(place)
        if sum(_cost(source, region) for region in regions) <= COSTLY_BYTES:
            return list(regions.items())
        depth //= 2
    return []


def _cost(source: Source, region: Box) -> int:
    """Give the bytes that are decoded for a region; in a stream all before it are."""
    grain = (*source.grain[:2], 1) if source.is_stack else source.grain
    begin = (*region.begin[:2], 0) if source.is_stream else region.begin
    spans = (-(-e // g) - b // g for b, e, g in zip(begin, region.end, grain, strict=True))
    return prod(spans) * prod(grain) * _voxel_bytes(source)


def _voxel_bytes(source: Source) -> int:
    return source.header.samples * np.dtype(source.header.dtype).itemsize


def _places(plan: LayerPlan, size: Triple, depth: int) -> list[Box]:
    """Spread blocks over a slice: 2 x 2 chunks wide, `depth` voxels deep, in the middle depth."""
    chunk = plan.grids[0].chunk
    edges = (min(2 * chunk[0], size[0]), min(2 * chunk[1], size[1]), min(depth, size[2]))
    most = PLACES if prod(edges) * plan.layer.voxel_bytes * PLACES**2 <= ENOUGH_BYTES else 1
    x, y = (
        dict.fromkeys((whole - edge) * (2 * i + 1) // (2 * most) for i in range(most))
        for whole, edge in zip(size[:2], edges, strict=False)
    )
    z = (size[2] - edges[2]) // 2
    if plan.source.is_stream:
        reachable = COSTLY_BYTES // (size[0] * size[1] * _voxel_bytes(plan.source))
        z = min(z, max(0, reachable - edges[2]))
    return [Box((i, j, z), (i + edges[0], j + edges[1], z + edges[2])) for j in y for i in x]


def _cast(voxels: Voxels, dtype: str) -> Voxels:
    if voxels.dtype.kind == "f" and np.dtype(dtype).kind != "f":
        voxels = np.rint(voxels)
    with np.errstate(invalid="ignore"):  # jobs tell of values that do not fit
        return voxels.astype(dtype)
