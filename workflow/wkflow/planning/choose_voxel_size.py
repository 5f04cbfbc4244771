"""The voxel size of a dataset: what the option says, else what the files state.

Of layers for a dataset that exists it is that of the dataset.
"""

import math
from dataclasses import dataclass

from wkflow.errors import ConfigError, SourceError
from wkflow.model.datasource_properties import Existing
from wkflow.model.units import NANOMETER, NANOMETERS
from wkflow.options.parsers import is_plausible
from wkflow.options.settings import Settings
from wkflow.planning.find_volumes import Volume

TOLERANCE = 0.01
"""Sizes that differ by less are the same, written with fewer digits."""

Scale = tuple[float, float, float]
Stated = tuple[float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The size of a voxel along x, y and z in `unit`, and what to say of it."""

    scale: Scale
    unit: str = NANOMETER
    notes: tuple[str, ...] = ()


def choose_scale(settings: Settings, sizes: list[tuple[Volume, Stated]]) -> Chosen:
    """Choose the voxel size; the option wins, and a note says so if files state another.

    Without the option `unit` it is in nanometers, or, where a size that a dataset of WEBKNOSSOS
    states is used, in that dataset's unit: a person sees the same numbers again.

    `sizes` are those that volumes state for mag 1, in nanometers, the dataset's first.

    Raises
    ------
    ConfigError
        If neither the option nor a file states it.
    """
    given = settings.voxel_size
    unit = settings.unit or (_unit_of(sizes) if given is None else NANOMETER)
    stated = [(volume, _in_unit(volume, size, NANOMETERS[unit])) for volume, size in sizes]
    if given is None:
        first, given = _first_whole(stated, unit)
        _require_plausible(first, given, unit)
        says = f"voxel size {_spell(given)} {unit}, as {first.source.first} states"
        others = _others(given, stated, unit, "the first is used")
        return Chosen(given, unit, (says, *others))
    return Chosen(given, unit, _others(given, stated, unit, "--voxel-size is used"))


def _unit_of(sizes: list[tuple[Volume, Stated]]) -> str:
    """Give the unit of the volume whose size is used."""
    used = (volume for volume, size in sizes if None not in _in_unit(volume, size, 1.0))
    return next((volume.about.unit for volume in used), "") or NANOMETER


def _require_plausible(first: Volume, size: Scale, unit: str) -> None:
    """Refuse what a file states by a slip of the unit, or what is no size at all."""
    is_size = all(math.isfinite(edge) and edge > 0 for edge in size)
    if not is_size or not is_plausible(size, unit):
        raise SourceError(
            f"states an implausible voxel size: {_spell(size)} {unit}",
            first.source.first,
            "Give the right one: --voxel-size x,y,z, in --unit.",
        )


def _in_unit(volume: Volume, size: Stated, nanometers: float) -> Stated:
    """Convert what a file states; a single slice is as thick as it is wide."""
    x, y, z = size
    if z is None and volume.source.depth == 1:
        z = x
    a, b, c = (None if nm is None else _round(nm / nanometers) for nm in (x, y, z))
    return a, b, c


def _round(value: float) -> float:
    """Drop the digits that only the conversion between units made."""
    return float(f"{value:.9g}")


def _first_whole(stated: list[tuple[Volume, Stated]], unit: str) -> tuple[Volume, Scale]:
    for volume, (x, y, z) in stated:
        if x is not None and y is not None and z is not None:
            return volume, (x, y, z)
    known = next((size for _, size in stated if any(size)), None)
    partly = f"; the files state {_spell(known)} {unit} only" if known else ""
    raise ConfigError(
        f"is required: the files state none{partly}" if not partly else f"is required{partly}",
        "voxel_size",
        "Give x,y,z of one voxel: --voxel-size 11.24,11.24,25 (in --unit, nanometer by default).",
    )


def _others(
    used: Scale, stated: list[tuple[Volume, Stated]], unit: str, what: str
) -> tuple[str, ...]:
    """Say of the first file that states another size."""
    for volume, size in stated:
        pairs = zip(size, used, strict=True)
        if any(own is not None and abs(own - one) > TOLERANCE * one for own, one in pairs):
            return (f"{volume.source.first} states a voxel size of {_spell(size)} {unit}; {what}",)
    return ()


def _spell(size: Stated) -> str:
    return ",".join("?" if one is None else f"{one:g}" for one in size)


def choose_scale_like(
    existing: Existing | None, settings: Settings, sizes: list[tuple[Volume, Stated]]
) -> Chosen:
    """Choose the voxel size: that of the dataset which gets the layers, if there is one.

    Raises
    ------
    ConfigError
        If the option or a file says another one than the dataset has; naming both.
    """
    if existing is None:
        return choose_scale(settings, sizes)
    scale, unit = existing.voxel_size, existing.unit
    like = settings.model_copy(update={"voxel_size": scale, "unit": unit})
    chosen = choose_scale(like, sizes)
    has = f"{_commas(scale)} {unit}"
    if settings.voxel_size:
        said = settings.unit or NANOMETER
        if not _is_same(settings.voxel_size, said, scale, unit):
            raise ConfigError(
                f"{_commas(settings.voxel_size)} {said} is not that of the dataset, {has}",
                "voxel_size", "Leave it out, or convert the images to a dataset of their own.",
            )  # fmt: skip
    elif chosen.notes:
        raise ConfigError(
            f"{chosen.notes[0].rpartition(';')[0]}, and the dataset has {has}",
            str(settings.place),
            f"If the dataset is right, say so: --voxel-size {_commas(scale)} --unit {unit}.",
        )
    return chosen


def _is_same(one: Scale, unit: str, other: Scale, other_unit: str) -> bool:
    factor = NANOMETERS[unit] / NANOMETERS[other_unit]
    return all(abs(a * factor - b) <= TOLERANCE * abs(b) for a, b in zip(one, other, strict=True))


def _commas(scale: Scale) -> str:
    return ",".join(f"{edge:g}" for edge in scale)
