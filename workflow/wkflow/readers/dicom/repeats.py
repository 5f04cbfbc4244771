"""Planes that lie at one place: told apart by what differs between them, or refused.

A series holds several volumes where it has several echoes, times, image types or b-values. Which
attributes say so: PS3.3, C.8.3.1 (MR image), C.8.13.5 (enhanced MR), C.7.6.16.2 (functional
groups), https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_C.8.13.5.html
"""

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

TOLD_BY = {
    "StackID": "stack",
    "EchoNumbers": "echo",
    "EchoTime": "echo",
    "EffectiveEchoTime": "echo",
    "ImageType": "type",
    "FrameType": "type",
    "ComplexImageComponent": "type",
    "DiffusionBValue": "b",
    "DiffusionGradientOrientation": "direction",
    "SequenceName": "sequence",
    "InversionTime": "inversion",
    "FlipAngle": "flip",
    "TemporalPositionIdentifier": "time",
    "TriggerTime": "time",
    "NominalCardiacTriggerDelayTime": "time",
    "AcquisitionNumber": "acquisition",
    "OpticalPathIdentifier": "path",
    "EnergyWindowVector": "energy",
    "DetectorVector": "detector",
    "ConvolutionKernel": "kernel",
    "ReferencedSegmentNumber": "segment",
    "AcquisitionDateTime": "time",
    "AcquisitionTime": "time",
    "ContentTime": "time",
    "InstanceNumber": "instance",
}
"""Attributes that tell volumes apart, the one asked first first, and how a volume is named after
its value. `InstanceNumber` differs anyway: it is only said, never asked."""

SHORT = re.compile(r"(?=.{1,6}$)[A-Za-z0-9]+(\.[0-9]+)?")
"""A value that may stand in a name."""

CLOSE = 0.01
"""Of the mean distance: planes that lie closer lie at one place, as positions have few digits."""


@dataclass(frozen=True, slots=True)
class PlaneGroup:
    """Planes no two of which lie at one place: their numbers, and what tells them from others."""

    members: tuple[int, ...]
    label: str = ""


class RepeatsError(ValueError):
    """Planes lie at one place and are not told apart: `members` are two of them."""

    def __init__(self, members: tuple[int, int], differs: str) -> None:
        super().__init__(members, differs)
        self.members, self.differs = members, differs


def places_of(depths: Sequence[float]) -> list[int]:
    """Give planes the numbers of their places along an axis: those within `CLOSE` are one.

    >>> places_of([5.0, 0.0, 2.5, 0.001])
    [2, 0, 1, 0]
    """
    ranks = np.argsort(depths, kind="stable")
    sorted_depths = np.asarray(depths, float)[ranks]
    steps = np.diff(sorted_depths)
    limit = CLOSE * (sorted_depths[-1] - sorted_depths[0]) / max(1, len(steps))
    places = np.empty(len(ranks), int)
    places[ranks] = np.concatenate([[0], np.cumsum(steps > limit)])
    return [int(place) for place in places]


def split_repeats(
    places: Sequence[Hashable], facts: Sequence[Mapping[str, str]]
) -> tuple[PlaneGroup, ...]:
    """Make volumes in which each place occurs once.

    Parameters
    ----------
    places : sequence
        Where each plane lies.
    facts : sequence of mappings
        What each plane says of itself, by the names of `TOLD_BY`. An attribute counts if its
        values make no more volumes than planes lie at one place, so that one whose value is
        another in each plane tells nothing.

    Raises
    ------
    RepeatsError
        If planes at one place are left.

    Examples
    --------
    >>> split_repeats([0, 0, 1, 1], [{"EchoNumbers": n} for n in "1212"])
    (PlaneGroup(members=(0, 2), label='echo1'), PlaneGroup(members=(1, 3), label='echo2'))
    """
    keys: list[tuple[str, ...]] = [()] * len(places)
    asked: list[str] = []
    most = repeats = _repeats(places, keys)
    for name in TOLD_BY:
        if repeats == 1:
            break
        if name == "InstanceNumber":
            continue
        finer = [(*key, fact.get(name, "")) for key, fact in zip(keys, facts, strict=True)]
        fewer = _repeats(places, finer)
        if fewer < repeats and len(set(finer)) <= most:
            keys, repeats = finer, fewer
            asked.append(name)
    if repeats > 1:
        raise _refusal(places, keys, facts)
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        groups[key].append(number)
    labels = _labels(asked, list(groups))
    return tuple(
        PlaneGroup(tuple(members), label)
        for members, label in zip(groups.values(), labels, strict=True)
    )


def _repeats(places: Sequence[Hashable], keys: Sequence[Hashable]) -> int:
    """Count the most planes at one place that nothing tells apart."""
    return max(Counter(zip(places, keys, strict=True)).values(), default=1)


def _refusal(
    places: Sequence[Hashable],
    keys: Sequence[Hashable],
    facts: Sequence[Mapping[str, str]],
) -> RepeatsError:
    """Name two planes at one place, and the attributes in which they differ."""
    first: dict[Hashable, int] = {}
    for number, at in enumerate(zip(places, keys, strict=True)):
        if at in first:
            one, other = facts[first[at]], facts[number]
            differs = [name for name in TOLD_BY if one.get(name) != other.get(name)]
            return RepeatsError((first[at], number), ", ".join(differs))
        first[at] = number
    raise AssertionError  # called where some place repeats


def _labels(asked: Sequence[str], keys: Sequence[tuple[str, ...]]) -> list[str]:
    """Name each volume after its values, or after their number where they are long.

    Parts that all values of an attribute share (`ORIGINAL`, `PRIMARY`) are left out.
    """
    columns = []
    for number, name in enumerate(asked):
        values = list(dict.fromkeys(key[number] for key in keys))
        parts = [set(value.split("\\")) for value in values]
        shared = set.intersection(*parts)
        words = [
            "".join(part.removesuffix(".0") for part in value.split("\\") if part not in shared)
            or "0"
            for value in values
        ]
        are_short = all(SHORT.fullmatch(word) for word in words) and len(set(words)) == len(words)
        spelled = words if are_short else [str(index) for index in range(len(values))]
        spelling = dict(zip(values, spelled, strict=True))
        columns.append([TOLD_BY[name] + spelling[key[number]] for key in keys])
    return ["_".join(label) for label in zip(*columns, strict=True)] or [""] * len(keys)
