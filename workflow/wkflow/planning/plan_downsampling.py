"""Settings and a dataset that exists in, plan out: which mags it gets, and from which."""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from wkflow.errors import ConfigError
from wkflow.formats.table import format_of
from wkflow.model.box import Triple
from wkflow.model.data_formats import DATA_FORMATS, misfit, shard_of
from wkflow.model.datasource_properties import ExistingLayer
from wkflow.model.kernel import kernel_for
from wkflow.model.layer import Layer, lay_grid
from wkflow.model.mag import Mag
from wkflow.model.mag_ladder import default_coarsest, list_mags
from wkflow.model.plan import LayerPlan, Plan, digest
from wkflow.model.source import Source
from wkflow.options.settings import Settings
from wkflow.path_safety import require_inside
from wkflow.planning.choose_base_mag import Base, choose_base
from wkflow.planning.choose_codec import named_codec, with_chosen_codec
from wkflow.planning.find_dataset import Target, find_target
from wkflow.planning.mag_folders import NewFolders, ours_of, require_replaceable, taken
from wkflow.planning.mend_mags import mags_to_mend, stored_layouts
from wkflow.planning.plan_layer import JOB_BYTES
from wkflow.planning.size_jobs import shape_jobs
from wkflow.run_folder import DRAFT, is_finished, published
from wkflow.voxels.base_mag import require_base

CHANGES_NOTHING = frozenset({
    *("jobs", "memory", "distribution_strategy", "job_resources", "work_dir", "verify"),
    "upload_on_cluster",
    *("ca_bundle", "keep_local", "follow_links"),
})  # fmt: skip
"""Options with which a run may be continued that began with others."""


def plan_downsampling(settings: Settings, *, is_trial: bool = False) -> Plan:
    """Say which mags will be made; a trial asks, and leaves nothing on the disk.

    A plan that was drawn stays until it is carried out: meanwhile some of its mags are in the
    dataset.

    Raises
    ------
    SourceError
        If the target is no dataset, or a mag misses shards, or lost some since the plan was drawn.
    ConfigError
        If the options do not fit the dataset.
    """
    if settings.bounding_box:
        settings = settings.model_copy(update={"overwrite_mags": True})
    begun = _begun(settings)
    if begun and settings.kind.is_remote and begun.drawn_from == _told(settings, ""):
        return begun
    if settings.kind.is_remote and settings.overwrite_mags:
        raise ConfigError(
            "a server's mags cannot be made anew",
            "bounding_box" if settings.bounding_box else "overwrite_mags",
            "Delete them there, then give the command without it.",
        )  # fmt: skip
    target = find_target(settings)
    state = _told(settings, "" if settings.kind.is_remote else target.state)
    if begun and (begun.drawn_from == state or published(settings.run_folder) == target.state):
        require_base(begun)
        return begun
    if not (is_trial or settings.kind.is_remote):
        _check_writable(settings.dataset)
    plan = _drawn(settings, target, state)
    if settings.kind.is_remote and is_trial:  # which reads no voxel of a server
        return plan
    if settings.kind.is_remote and plan.layers:
        from wkflow.planning.find_remote_dataset import check_allowed  # noqa: PLC0415 -- most are local

        check_allowed(settings, plan)  # before a voxel is read
    if plan.changed:  # what is kept says how the rest is stored
        return plan
    return replace(plan, layers=tuple(with_chosen_codec(one, settings) for one in plan.layers))


def _told(settings: Settings, state: str) -> str:
    options = {k: v for k, v in settings.to_dict().items() if k not in CHANGES_NOTHING}
    return digest(options, state)


def _begun(settings: Settings) -> Plan | None:
    """Give the plan that was drawn before and is not carried out yet."""
    if is_finished(settings.run_folder):
        return None
    with suppress(OSError, ConfigError):
        plan = Plan.read(settings.run_folder / DRAFT)
        return plan if plan.extends else None
    return None


def _check_writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(
            "cannot be written", str(folder), "Ask for the right to, or copy the dataset."
        )


def _drawn(settings: Settings, target: Target, state: str) -> Plan:
    layers: list[LayerPlan] = []
    notes = list(target.notes)
    too_fine: list[ConfigError] = []
    chosen = target.chosen(settings.layer_name)
    ours = ours_of(settings.run_folder)
    for layer in chosen:
        base = choose_base(target, layer, settings)
        others = [*_others(target, chosen, layer, settings, base), *_planned(layers)]
        try:
            ladder = _ladder(settings, target, layer, base, others)
        except _TooFineError as error:
            too_fine.append(error)
            continue
        notes += base.notes if ladder else ()
        if ladder:
            names = NewFolders(settings, layer, taken(target, layers), ours)
            layers.append(_layer_plan(settings, layer, base, ladder, names))
    if too_fine and len(too_fine) == len(chosen):
        raise too_fine[0]
    if not settings.kind.is_remote:
        require_replaceable(settings, target, layers)
    if settings.kind.is_remote and settings.transfer_mode == "symlink":
        notes.append(f"the server's mags are links into {settings.dataset}: keep it")
    return Plan(
        dataset=str(settings.dataset),
        name=target.existing.name,
        voxel_size=target.existing.voxel_size,
        unit=target.existing.unit,
        overwrite=settings.overwrite_mags,
        layers=shape_jobs(settings, layers),
        notes=tuple(dict.fromkeys(notes)),
        extends=True,
        drawn_from=state,
        destination=target.url,
        changed=_changed(settings),
    )


def _changed(settings: Settings) -> tuple[Triple, ...]:
    box = settings.selected_box
    return (box.begin, box.end) if settings.bounding_box else ()


class _TooFineError(ConfigError):
    """The coarsest mag that is wanted is finer than what is there."""


def _others(
    target: Target,
    chosen: list[ExistingLayer],
    layer: ExistingLayer,
    settings: Settings,
    base: Base,
) -> list[Mag]:
    """List the mags to align with: of all layers, but for those that are made anew."""
    found: list[Mag] = []
    for other in target.existing.layers:
        mags = [one.mag for one in other.mags]
        if other is layer:
            mags = [mag for mag in mags if mag not in base.torn]
        is_anew = settings.overwrite_mags and other in chosen
        found += mags[:1] if is_anew else mags
    return found


def _planned(layers: list[LayerPlan]) -> list[Mag]:
    return [grid.mag for one in layers for grid in one.made]


def _ladder(
    settings: Settings, target: Target, layer: ExistingLayer, base: Base, others: list[Mag]
) -> list[Mag]:
    """List the mags to make, finest first."""
    name, finest = layer.layer.name, base.mag
    if settings.bounding_box:
        return mags_to_mend(settings, layer, finest)
    coarsest = Mag.parse(settings.max_mag) if settings.max_mag else None
    if coarsest and coarsest.largest < finest.largest:
        raise _TooFineError(
            f"mag {coarsest} is finer than mag {finest}, which layer {name} has already",
            "coarsest_mag", "Give a coarser one, or --from-mag with a finer one of the layer.",
        )  # fmt: skip
    again = layer.mags if settings.overwrite_mags else ()
    largest = [mag.largest for mag in (*base.torn, *(one.mag for one in again))]
    if largest and coarsest is None:
        least = default_coarsest(layer.layer.box.size)
        coarsest = Mag(*(max(*largest, least.largest),) * 3)
    ladder = list_mags(
        layer.layer.box.size,
        target.existing.voxel_size,
        sampling_mode=settings.sampling_mode,
        max_mag=coarsest,
        aligned_with=others,
        start=finest,
    )
    there = [str(mag) for mag in ladder if layer.mag(mag) and mag not in base.torn]
    if there and not settings.overwrite_mags:
        raise ConfigError(
            f"layer {name} has mag {', '.join(there)} already", "from_mag",
            "--overwrite-mags makes it anew; without --from-mag the ladder goes on above it.",
        )  # fmt: skip
    return ladder


def _layer_plan(
    settings: Settings, layer: ExistingLayer, base: Base, ladder: list[Mag], folders: NewFolders
) -> LayerPlan:
    own = _ordered(layer, base)
    chunk, shard = _shapes(settings, own)
    grids = [lay_grid(own, mag, chunk=chunk, shard=shard) for mag in ladder]
    codec = named_codec(settings, own)
    if settings.bounding_box:
        grids, codec = stored_layouts(settings.dataset, own, layer, ladder)
    made = [replace(grid, folder=folders.name(grid.mag)) for grid in grids]
    for grid in (
        () if settings.kind.is_remote else made
    ):  # what was moved to a server's storage is a link
        require_inside(settings.dataset, f"{own.path}/{grid.name}")
    words = format_of(own.data_format).refuse(own)
    if settings.kind.is_remote:
        words = DATA_FORMATS[own.data_format].refuses_mags or words
    if words:
        raise ConfigError(words, own.name, "Convert the dataset to zarr3.")
    return LayerPlan(
        layer=own,
        source=Source.of_nothing(),
        grids=(base.grid, *made),
        batch=1,
        kernel=kernel_for(settings.interpolation_mode, own.category).name,
        codec=str(codec),
        pad=False,
        job_bytes=settings.job_size or JOB_BYTES,
        evidence="as it is",
        given=replace(
            base.given,
            misses=settings.missing_shards,
            ca_bundle=str(settings.ca_bundle) if settings.ca_bundle else None,
            insecure=settings.insecure,
        ),
    )


def _ordered(layer: ExistingLayer, base: Base) -> Layer:
    """Give the layer with the axes of its arrays: the official tool wants one order in all mags."""
    own, mag = layer.layer, layer.mag(base.mag)
    axes = mag.axes if mag and DATA_FORMATS[own.data_format].has_axes else ()
    usual = tuple(own.arranged([name for name, _ in own.axes], "cxyz"))
    return replace(own, order=axes) if axes and axes != usual else own


def _shapes(settings: Settings, layer: Layer) -> tuple[Triple, Triple]:
    """Give the shapes of chunks and shards of new mags, as the official tool chooses them."""
    rules, chunk = DATA_FORMATS[layer.data_format], settings.chunk_shape
    is_flat = layer.size[2] - layer.begin[2] <= chunk[2]
    coarse = shard_of(rules.flat if is_flat else rules.coarse, chunk)
    shard = settings.shard_shape or coarse
    if words := misfit(layer.data_format, shard, chunk):
        raise ConfigError(words, f"layer {layer.name}", "Leave --shard-shape out.")
    return chunk, shard
