"""Settings and headers in, plan out. Reads all headers; decodes voxels only to judge."""

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from typing import NamedTuple

from wkflow.errors import ConfigError, SourceError, several
from wkflow.model import layer_names
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.doubtful_slices import DoubtfulSlices, keep_doubtful
from wkflow.model.name_pattern import NamePattern
from wkflow.model.plan import LayerPlan, Plan
from wkflow.options.layers import each_layer
from wkflow.options.settings import Settings
from wkflow.planning.added_layers import with_place_for
from wkflow.planning.check_headers import KnownHeaders
from wkflow.planning.check_resources import memory_budget
from wkflow.planning.check_target import (
    check_target,
    require_files_apart,
    require_layers_inside,
)
from wkflow.planning.choose_codec import known_codecs, with_chosen_codec
from wkflow.planning.choose_voxel_size import choose_scale_like
from wkflow.planning.dropped_mags import dropped_notes
from wkflow.planning.find_destination import find_destination
from wkflow.planning.find_layers import ImageFolder, layer_name
from wkflow.planning.find_volumes import Looking, Volume, find_volumes
from wkflow.planning.moved_slices import moved_notes
from wkflow.planning.open_source import OpenSource, located
from wkflow.planning.place_layers import place_layers
from wkflow.planning.plan_layer import LayerPlanner
from wkflow.planning.plan_values import value_notes
from wkflow.planning.read_pattern import regroup
from wkflow.planning.select_parts import select_parts, wanted_planes
from wkflow.planning.size_jobs import shape_jobs
from wkflow.planning.split_channels import split_channels
from wkflow.planning.taken_across import across_notes
from wkflow.planning.target_state import TargetState
from wkflow.planning.turn_volumes import turn_volumes
from wkflow.run_folder import PLAN
from wkflow.sources.display_names import renamed

MANY_LAYERS = 20
"""Beyond it a person may have meant something else: the official tool stops there."""


def plan_conversion(settings: Settings, *, is_trial: bool = False) -> Plan:
    """Say what the run will do; a trial leaves nothing on the disk.

    Raises
    ------
    SourceError
        If the source holds nothing that can be converted.
    ConfigError
        If the target is somebody else's, or the options do not fit the images.
    """
    check_target(settings)
    with ExitStack() as places:
        looked_at = _look_at_sources(settings, places, is_trial=is_trial)
        volumes = [volume for one in looked_at for volume in one.volumes]
        placed = place_layers(volumes)
        known = find_destination(settings)
        existing = known.existing if known else None
        chosen = choose_scale_like(existing, settings, placed.sizes)
        parts_of = select_parts(settings, volumes, placed, chosen)
        volumes, placed, chosen = turn_volumes(settings, *parts_of, whole=placed.placements)
        owners = [one for one in looked_at for _ in one.volumes]
        doubtful: dict[str, tuple[DoubtfulSlices, ...]] = {}
        parts = []
        for one, volume, placement in zip(owners, volumes, placed.placements, strict=True):
            channels, dtype = one.settings.channels, one.settings.dtype
            for part in split_channels(volume, channels, dtype=dtype):
                parts.append((one, replace(part, placement=placement)))
                doubtful[part.name] = volume.doubtful
        finest = (*(one.mag for one in placed.placements), *(existing.mags if existing else ()))
        budget, earlier = memory_budget(settings), _earlier(settings)
        known_layers = {one.layer.name: one for one in earlier.layers} if earlier else {}
        layers: list[LayerPlan] = []
        for one, part in parts:
            planner = LayerPlanner(one.settings, chosen.scale, budget, one.place.local, finest)
            layers.append(planner.plan(part, layers, known_layers.get(part.name)))
        is_other = TargetState.of(settings).is_other_source
        codecs = {} if is_other else known_codecs(settings.run_folder)
        layers = [
            with_chosen_codec(layer, one.settings, codecs.get(layer.layer.name))
            for layer, (one, _) in zip(layers, parts, strict=True)
        ]
        layers = list(shape_jobs(settings, layers))
        _require_apart(layers)
        notes = (*chosen.notes, *placed.notes, *_notes(settings, volumes, len(parts)))
        notes += (*moved_notes(layers, earlier), *value_notes(layers))
        notes += tuple(across_notes(settings, layers, parts_of[0]))
        names = {path: called for one in looked_at for path, called in one.place.names.items()}
    if not is_trial:
        keep_doubtful(settings.run_folder, doubtful)
    require_files_apart(settings, layers)
    require_layers_inside(settings, layers)
    plan = Plan(
        dataset=str(settings.dataset),
        name=settings.dataset_name,
        voxel_size=chosen.scale,
        unit=chosen.unit,
        overwrite=settings.overwrite_existing,
        layers=tuple(layers),
        notes=tuple(renamed(note, names) for note in notes),
        source_metadata=settings.source_metadata,
    )
    if known:
        return with_place_for(plan, known, settings)
    return replace(plan, notes=(*plan.notes, *dropped_notes(plan, earlier)))


class _LookedAt(NamedTuple):
    """A source that is open, what is found there, and the options of its layers."""

    settings: Settings
    place: OpenSource
    volumes: list[Volume]


def _look_at_sources(settings: Settings, places: ExitStack, *, is_trial: bool) -> list[_LookedAt]:
    """Open all sources, until `places` close; what is wrong with any of them is told at once."""
    known = KnownHeaders.read(settings.run_folder, keeps=not is_trial)
    looked_at, faults = [], []
    for one in each_layer(settings):
        try:
            place = places.enter_context(located(one, is_trial=is_trial))
            volumes = _called_as_stated(one, _volumes(one, place, known))
        except SourceError as fault:
            faults.append(fault)
        else:
            looked_at.append(_LookedAt(one, place, volumes))
    if faults:
        raise several(faults)
    known.keep()
    return looked_at


def _volumes(settings: Settings, place: OpenSource, known: KnownHeaders) -> list[Volume]:
    """Look at all files of all folders; what is wrong with any of them is told at once."""
    pattern = _pattern(settings)
    looking = Looking(
        raw=settings.raw_layout,
        pad=settings.on_mismatch == "pad",
        local=place.local,
        references=place.references,
        in_name_order=settings.slice_order == "names",
        missing=settings.missing_slices,
        pattern=pattern,
        known=known,
        planes=wanted_planes(settings),
    )
    volumes: list[Volume] = []
    faults: list[SourceError] = []
    found = regroup(place.found, pattern, place.root) if pattern else place.found
    for one in _renamed(settings, found):
        try:
            volumes += find_volumes(one, looking)
        except SourceError as fault:
            faults.append(fault)
    if faults:
        raise several(faults)
    return volumes


def _pattern(settings: Settings) -> NamePattern | None:
    if settings.pattern is None:
        return None
    if settings.slice_order == "names":
        raise ConfigError(
            "does not go with slice_order names: it says itself what counts", "pattern",
            "Leave one of them out.",
        )  # fmt: skip
    return NamePattern.parse(settings.pattern)


def _called_as_stated(settings: Settings, volumes: list[Volume]) -> list[Volume]:
    """Give layers the names that the source gives them, unless an option does, or two clash."""
    if settings.layer_name is not None:
        return volumes
    stated = [layer_name(one.about.layer) if one.about.layer else "" for one in volumes]
    others = [one.name for one, own in zip(volumes, stated, strict=True) if not own]
    counts = Counter([*filter(None, stated), *others])
    return [
        replace(one, name=own) if own and counts[own] == 1 else one
        for one, own in zip(volumes, stated, strict=True)
    ]


def _renamed(settings: Settings, found: list[ImageFolder]) -> list[ImageFolder]:
    """Apply the option: the name of the only layer, or a prefix."""
    given = settings.layer_name
    if given is None:
        return found
    return [
        replace(
            one,
            name=given if len(found) == 1 else f"{given}_{one.name}",
            names=tuple(f"{given}_{name}" for name in one.names),
        )
        for one in found
    ]


def _earlier(settings: Settings) -> Plan | None:
    """Give the plan of the last run: what was judged then stays, if it was of this source."""
    if TargetState.of(settings).is_other_source:
        return None
    try:
        return Plan.read(settings.run_folder / PLAN)
    except (OSError, ConfigError):
        return None


def _require_apart(layers: list[LayerPlan]) -> None:
    names = [one.layer.name for one in layers]
    for one in layers:
        try:
            layer_names.layer_name(one.layer.name)
        except ValueError as error:
            remedy = "Rename the file, or give --layer-name."
            what = f"layer {one.layer.name} {error}"
            raise ConfigError(what, one.source.first, remedy) from None
        if names.count(one.layer.name) > 1:
            raise ConfigError(
                f"several images would become layer {one.layer.name}", one.source.first,
                "Rename one of the files.",
            )  # fmt: skip


def _notes(settings: Settings, volumes: list[Volume], count: int) -> list[str]:
    """Gather what a person should know, each thing once."""
    notes = [note for volume in volumes for note in volume.notes]
    for volume in volumes:
        notes += [f"layer {volume.name}: {note}" for note in volume.about.notes]
    if settings.kind.uploads and (note := DATA_FORMATS[settings.data_format].upload_note):
        notes.append(note)
    if count > MANY_LAYERS:
        notes.append(f"{count} layers: WEBKNOSSOS shows them all, slowly; see --channels")
    return list(dict.fromkeys(notes))
