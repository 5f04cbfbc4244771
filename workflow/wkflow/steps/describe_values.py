"""What became of the values of a layer, where they did not stay: for report.json and the page."""

from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import Any

from wkflow.model.plan import LayerPlan
from wkflow.model.receipt import Receipt
from wkflow.model.value_map import TOP, MappedValues


def values_row(one: LayerPlan, slabs: Iterable[Receipt]) -> dict[str, Any]:
    """Give what `report.json` says of it; nothing of layers whose values stay."""
    mapped = _mapped(slabs)
    if one.values is None or mapped is None:
        return {}
    row: dict[str, Any] = {"inverted": one.values.invert}
    if mapped.window:
        row |= {"window": mapped.window, "window_evidence": mapped.evidence}
        row |= {"clipped_below": mapped.below, "clipped_above": mapped.above, "nan": mapped.nan}
    return {"values": row}


def values_words(one: LayerPlan, row: dict[str, Any]) -> str:
    """Say the same in words; nothing where values stayed."""
    told = row.get("values")
    if not told:
        return ""
    if "window" not in told:
        return "values are inverted"
    low, high = told["window"]
    first, last = (TOP[one.layer.dtype], 0) if told["inverted"] else (0, TOP[one.layer.dtype])
    words = f"values {low:g} to {high:g} became {first} to {last} ({told['window_evidence']})"
    samples = one.box.voxels * one.layer.frames * one.layer.channels
    below, above = (_count(told[key], samples) for key in ("clipped_below", "clipped_above"))
    words += f"; of all samples {below} below and {above} above were clipped"
    return words + (f", {_count(told['nan'], samples)} are no numbers" if told["nan"] else "")


def _count(count: int, of: int) -> str:
    return f"{count} ({100 * count / of:.2g} %)" if count else "none"


def _mapped(slabs: Iterable[Receipt]) -> MappedValues | None:
    """Sum up what all slabs mapped."""
    found = [slab.mapped for slab in slabs if slab.mapped]
    return reduce(add, found) if found else None
