"""Where each layer lies in the dataset, and which of its mags the source's voxels are.

WEBKNOSSOS counts in voxels of mag 1, from 0, and mags are powers of two. What a source states is
kept relative to the dataset's voxel size; what cannot be is said with its amount.
"""

from collections import defaultdict
from dataclasses import dataclass
from math import ceil, log2
from typing import NamedTuple

from wkflow.errors import SourceError
from wkflow.model.box import Triple, triple
from wkflow.model.mag import Mag
from wkflow.planning.choose_voxel_size import TOLERANCE, Stated
from wkflow.planning.find_volumes import Volume

LARGEST = 2**31 - 1
"""WEBKNOSSOS keeps positions as signed integers of 32 bits."""

LARGEST_MAG = 2**15

EXACT_VX = 0.02
"""So far may a place be from a whole number of voxels: files have few digits."""

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Placement:
    """The box of a layer in mag 1 of the dataset, and the mag that its voxels are."""

    begin: Triple
    end: Triple
    mag: Mag


class Placed(NamedTuple):
    """Placements, one for each volume; `sizes` is what each volume says of the voxel size of mag 1.

    The first of `sizes` is the dataset's; those of layers that fit it are left out.
    """

    placements: list[Placement]
    sizes: list[tuple[Volume, Stated]]
    notes: tuple[str, ...]


class _Fit(NamedTuple):
    """How many voxels of the dataset one of a volume's finest, and one of its own, spans."""

    step: Vector
    mag: Mag
    is_kept: bool


def place_layers(volumes: list[Volume]) -> Placed:
    """Say where volumes lie to one another.

    Raises
    ------
    SourceError
        If one lies so far away that WEBKNOSSOS cannot count it.
    """
    sizes = [finest_nm(volume) for volume in volumes]
    reference = _reference(volumes, sizes)
    fits = [
        _fit(volume, size, sizes[reference]) for volume, size in zip(volumes, sizes, strict=True)
    ]
    begins = _in_frames(volumes, [_begin(*pair) for pair in zip(volumes, fits, strict=True)])
    whole = [_whole(*one) for one in zip(volumes, begins, fits, strict=True)]
    shift = _shift(whole, fits)
    placements = [
        _placement(volume, _sum(begin, shift), fit)
        for volume, begin, fit in zip(volumes, whole, fits, strict=True)
    ]
    others = [n for n, fit in enumerate(fits) if n != reference and not fit.is_kept]
    listed = [(volumes[n], sizes[n]) for n in (reference, *others)]
    notes: list[str] = []
    for volume, exact, begin, fit, placement in zip(
        volumes, begins, whole, fits, placements, strict=True
    ):
        notes += _notes(volume, exact, begin, fit, placement)
    if any(shift):
        notes.append(
            f"all layers are moved by {_commas(shift)} voxels (x,y,z): WEBKNOSSOS has no negative "
            "positions"
        )
    return Placed(placements, listed, tuple(notes))


def finest_nm(volume: Volume) -> Stated:
    """Give the size of the finest voxels that a volume's source knows."""
    x, y, z = (
        None if size is None else size / mag
        for size, mag in zip(volume.about.voxel_nm, volume.about.place.mag, strict=True)
    )
    return x, y, z


def _reference(volumes: list[Volume], sizes: list[Stated]) -> int:
    """Choose the volume whose voxels are the dataset's: the first that all others are mags of."""
    stated = [n for n, size in enumerate(sizes) if None not in size] or [
        n for n, size in enumerate(sizes) if any(size)
    ]
    for n in stated:
        if all(_fit(*pair, sizes[n]).is_kept for pair in zip(volumes, sizes, strict=True)):
            return n
    return stated[0] if stated else 0


def _fit(volume: Volume, size: Stated, finest: Stated) -> _Fit:
    steps = [
        1.0 if own is None or one is None else _power(own / one)
        for own, one in zip(size, finest, strict=True)
    ]
    mags = [step * own for step, own in zip(steps, volume.about.place.mag, strict=True)]
    if all(
        mag.is_integer() and 1 <= mag <= LARGEST_MAG and int(mag).bit_count() == 1 for mag in mags
    ):
        return _Fit((steps[0], steps[1], steps[2]), Mag(*map(int, mags)), is_kept=True)
    return _Fit((steps[0], steps[1], steps[2]), Mag(1, 1, 1), is_kept=False)


def _power(ratio: float) -> float:
    """Give the power of two that a ratio is, written with fewer digits; else the ratio itself."""
    near: float = 2.0 ** round(log2(ratio))
    return near if abs(near - ratio) <= TOLERANCE * near else ratio


def _begin(volume: Volume, fit: _Fit) -> Vector:
    """Give the place of the first voxel in voxels of the dataset."""
    place = volume.about.place
    found = []
    for begin, step, mag in zip(place.begin, fit.step, fit.mag.factors, strict=True):
        at = begin * step
        corner = at - (mag - 1) / 2
        is_middle = place.is_centred and _misses(at, mag) and not _misses(corner, mag)
        found.append(corner if is_middle else at)
    return found[0], found[1], found[2]


def _misses(at: float, mag: int) -> bool:
    return abs(at - round(at / mag) * mag) > EXACT_VX


def _in_frames(volumes: list[Volume], begins: list[Vector]) -> list[Vector]:
    """Count from the least begin of each frame whose own origin means nothing."""
    frames: dict[str, list[int]] = defaultdict(list)
    for number, volume in enumerate(volumes):
        frames[volume.about.place.frame].append(number)
    found = list(begins)
    for frame, members in frames.items():
        if frame:
            least = tuple(min(begins[n][axis] for n in members) for axis in range(3))
            for n in members:
                x, y, z = (b - first for b, first in zip(begins[n], least, strict=True))
                found[n] = (x, y, z)
    return found


def _whole(volume: Volume, begin: Vector, fit: _Fit) -> Triple:
    """Give whole voxels; where the source states no box of its own, whole ones of the mag."""
    mags = (1, 1, 1) if volume.about.place.size else fit.mag.factors
    return triple(round(at / mag) * mag for at, mag in zip(begin, mags, strict=True))


def _shift(begins: list[Triple], fits: list[_Fit]) -> Triple:
    """Move all layers alike, so that none begins before 0 and mags stay what they are."""
    coarsest = [max(axis) for axis in zip(*(fit.mag.factors for fit in fits), strict=True)]
    least = [min(axis) for axis in zip(*begins, strict=True)]
    return triple(
        ceil(max(0, -first) / mag) * mag for first, mag in zip(least, coarsest, strict=True)
    )


def _placement(volume: Volume, begin: Triple, fit: _Fit) -> Placement:
    header, place = volume.source.header, volume.about.place
    image = (header.width, header.height, volume.source.depth)
    ends = []
    for axis, (first, mag, count) in enumerate(zip(begin, fit.mag.factors, image, strict=True)):
        last = (first // mag + count) * mag
        stated = round(place.size[axis] * fit.step[axis]) + first if place.size else last
        ends.append(stated if last - mag < stated <= last else last)
    if max(ends) > LARGEST:
        raise SourceError(
            f"lies at {_commas(begin)} in voxels of the dataset, and WEBKNOSSOS counts to "
            f"{LARGEST}", volume.source.first,
            "Correct the offset or the voxel size that it states.",
        )  # fmt: skip
    return Placement(begin, triple(ends), fit.mag)


def _notes(
    volume: Volume, exact: Vector, begin: Triple, fit: _Fit, placement: Placement
) -> list[str]:
    name, notes = f"layer {volume.name}", []
    if any(placement.begin):
        notes.append(f"{name} begins at {_commas(placement.begin)}, as its source states")
    if fit.mag.largest > 1:
        notes.append(f"{name}: its finest mag is {fit.mag}, as its source states")
    off = [round(kept - stated, 3) for kept, stated in zip(begin, exact, strict=True)]
    if any(abs(distance) > EXACT_VX for distance in off):
        notes.append(
            f"{name} is moved by {','.join(f'{d:g}' for d in off)} voxels (x,y,z): its place is "
            "between voxels"
        )
    if not fit.is_kept:
        spans = [s * m for s, m in zip(fit.step, volume.about.place.mag, strict=True)]
        notes.append(
            f"{name} is stored as mag 1, though one of its voxels spans "
            f"{','.join(f'{span:.4g}' for span in spans)} of the dataset's: its size is not kept"
        )
    return notes


def _sum(one: Triple, other: Triple) -> Triple:
    return triple(a + b for a, b in zip(one, other, strict=True))


def _commas(values: Triple) -> str:
    return ",".join(map(str, values))
