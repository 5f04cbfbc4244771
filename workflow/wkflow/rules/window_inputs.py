"""The inputs of the rules that choose windows: passes over the voxels, one after the other."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from wkflow.model.plan import LayerPlan, Plan
from wkflow.run_folder import receipt_name


class Wildcards(Protocol):
    """What Snakemake hands to input functions."""

    layer: str
    slab: str
    digit: str


def window_receipts(one: LayerPlan) -> list[str]:
    """List what a slab of a layer has to wait for: the window, if voxels choose it."""
    passes = _passes(one)
    return [receipt_name(f"choose_window/{one.layer.name}/{passes - 1}")] if passes else []


def _passes(one: LayerPlan) -> int:
    """Say how often the voxels of a layer are read to choose its window."""
    if not (one.values and one.values.is_auto):
        return 0
    from wkflow.voxels.value_keys import digits_of  # noqa: PLC0415 -- numpy, which few runs need

    return digits_of(one.source.header.dtype)


def chooses_windows(plan: Plan) -> bool:
    """Whether voxels of a layer choose its window."""
    return any(one.values and one.values.is_auto for one in plan.layers)


def counting_jobs(plan: Plan) -> Iterator[tuple[str, int]]:
    """List the names of all jobs that count values, and how many voxels each reads."""
    for one in plan.layers:
        (x, y, _), name = one.box.size, one.layer.name
        for digit in range(_passes(one)):
            for slab in one.slabs():
                voxels = x * y * slab.depth * len(slab.frames)
                yield f"count_values/{name}/{digit}/{slab}", voxels


class WindowInputs:
    """Answers for the rules that count values."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def earlier(self, wildcards: Wildcards) -> list[str]:
        """Give the receipt of the pass before."""
        digit = int(wildcards.digit)
        return [receipt_name(f"choose_window/{wildcards.layer}/{digit - 1}")] if digit else []

    def counted(self, wildcards: Wildcards) -> list[str]:
        """List the receipts of all slabs of a layer that counted a digit."""
        name = f"count_values/{wildcards.layer}/{wildcards.digit}"
        slabs = self._plan.layer(wildcards.layer).slabs()
        return [receipt_name(f"{name}/{slab}") for slab in slabs]

    def count_recipe(self, wildcards: Wildcards) -> str:
        """Digest what the counts of a slab depend on: its source, and no way of storing it."""
        one = self._plan.layer(wildcards.layer)
        layer = replace(one.layer, dtype="", data_format="")
        return replace(one, layer=layer, codec="", values=None).slab_recipe(
            one.slab(wildcards.slab)
        )
