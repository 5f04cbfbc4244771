"""Choose the window of a layer from what was counted in all its slabs, digit by digit."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic

from wkflow.errors import IncompleteError
from wkflow.model.chosen_window import ChosenWindow
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt
from wkflow.run_folder import counts_path
from wkflow.steps.count_values import begin_counts
from wkflow.voxels.choose_window import begin_window, next_digit


def choose_window(
    plan: Plan, layer: str, digit: str, receipts: Iterable[str], earlier: Sequence[str] = ()
) -> ChosenWindow:
    """Tell one more digit of both ends of the window; with the last one, the window itself.

    `receipts` are those of the slabs that counted it, `earlier` holds what was known before.

    Raises
    ------
    IncompleteError
        If counts are lost or damaged; their receipts go, so that the same command makes them anew.
    """
    started = monotonic()
    counts = begin_counts(plan, layer, digit, earlier)
    lost = []
    for receipt in receipts:
        part = counts.read(counts_path(receipt), Receipt.read(receipt).histogram)
        if part is None:
            lost.append(receipt)
        else:
            counts.add(part)
    for receipt in lost:
        Path(receipt).unlink()
    if lost:
        raise IncompleteError(
            f"counts of {len(lost)} slabs are lost", f"layer {layer}",
            "Give the same command again: they are made anew.",
        )  # fmt: skip
    dtype = plan.layer(layer).source.header.dtype
    known = [ChosenWindow.read(path) for path in earlier] or [begin_window(counts, dtype)]
    return replace(next_digit(known[-1], counts, dtype), seconds=monotonic() - started)
