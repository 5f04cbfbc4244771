"""The window of a layer, as far as its voxels have told it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from wkflow import json_document
from wkflow.model.plan import Plan
from wkflow.model.value_map import Ends


@dataclass(frozen=True, slots=True)
class ChosenWindow:
    """What is known of the window of a layer when so many `digits` of its ends have been counted.

    Values are told by their keys (`voxels/value_keys.py`): `prefixes` are the first digits of both
    ends, `ranks` their places among the voxels with this prefix, from 1; `left_out` are values
    that do not count, with their numbers of samples, `ends` the smallest and the largest value of
    all, `counted` the finite samples. `window` is there with the last digit, `evidence` says why
    it is that.
    """

    rule: str
    digits: int
    prefixes: tuple[int, int]
    ranks: tuple[int, int]
    left_out: tuple[tuple[int, int], ...]
    ends: tuple[int, int]
    counted: int
    window: Ends | None = None
    evidence: str = ""
    seconds: float = 0.0

    def write(self, path: str | Path) -> None:
        """Put it in its place, whole or not at all."""
        json_document.write(path, self, indent=None)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read what `write` wrote.

        Raises
        ------
        ConfigError
            If it is damaged, or of another version.
        """
        remedy = "Remove it: it is made anew."
        return json_document.read_own(cls, path, called="chosen window", remedy=remedy)


def with_window(plan: Plan, receipts: Sequence[str]) -> Plan:
    """Give the plan with the window that the voxels of a layer chose.

    `receipts` are none, or hold that of the last digit: `receipts/choose_window/LAYER/DIGIT.json`.
    """
    if not receipts:
        return plan
    layer, told = Path(receipts[-1]).parent.name, ChosenWindow.read(receipts[-1])
    return replace(plan, layers=tuple(
        replace(one, values=replace(one.values, window=told.window, evidence=told.evidence))
        if one.layer.name == layer and one.values else one
        for one in plan.layers
    ))  # fmt: skip
