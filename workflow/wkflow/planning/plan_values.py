"""Which values of a layer's source become which: as options ask for, where it has a meaning."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from wkflow.errors import SourceError
from wkflow.model.intensity_range import AUTO, parse_window
from wkflow.model.layer import Layer
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.source import Channel, Window
from wkflow.model.value_map import TOP, ValueMap
from wkflow.options.settings import Settings
from wkflow.voxels.value_keys import digits_of

TIMES = {1: "once", 2: "twice"}


def plan_values(settings: Settings, layer: Layer, source: str, where: str) -> ValueMap | None:
    """Say how values become others; None where they stay.

    `source` is the dtype of the images, `where` the layer's first file.

    Raises
    ------
    SourceError
        If the layer is a segmentation, or such values are not to be mapped.
    """
    if not (settings.window or settings.invert):
        return None
    option = "--window" if settings.window else "--invert"
    if layer.category == "segmentation":
        raise SourceError(
            f"would become the segmentation {layer.name}, whose numbers are names of segments",
            where, f"Leave {option} out, or convert it by itself, or give --category color.",
        )  # fmt: skip
    if settings.window is None:
        return _inverted(layer, source, where)
    if layer.dtype not in TOP:
        raise SourceError(
            f"holds {layer.dtype}, and a window is mapped to {' or '.join(TOP)}", where,
            f"Add --dtype {' or --dtype '.join(TOP)}.",
        )  # fmt: skip
    if settings.window == AUTO:
        return ValueMap(None, is_auto=True, invert=settings.invert)
    low, high = parse_window(settings.window)
    least, largest = _limits(source)
    if low >= largest or high <= least:
        raise SourceError(
            f"holds {source}, from {least:g} to {largest:g}: none of it lies within the window "
            f"{low:g} to {high:g}", where, "Give a --window of values that occur, or auto.",
        )  # fmt: skip
    return ValueMap((low, high), invert=settings.invert)


def _inverted(layer: Layer, source: str, where: str) -> ValueMap:
    if layer.dtype != source or np.dtype(source).kind == "f":
        what = source if layer.dtype == source else f"{source}, which becomes {layer.dtype}"
        raise SourceError(
            f"holds {what}: what is dark and what bright there, a window has to say", where,
            "Add --window LOW,HIGH or auto.",
        )  # fmt: skip
    return ValueMap(invert=True)


def _limits(dtype: str) -> Window:
    kind = np.dtype(dtype)
    limits = np.finfo(kind) if kind.kind == "f" else np.iinfo(kind)
    return float(limits.min), float(limits.max)


def shown_as(channel: Channel, values: ValueMap | None, dtype: str) -> Channel:
    """Give how a layer is first shown: a range that the file states is of its own values.

    Inverted, it is turned round; after a window the new values have one of their own.
    """
    if values is None or channel.window is None:
        return channel
    if values.scales:
        return replace(channel, window=None)
    least, largest = _limits(dtype)
    low, high = channel.window
    return replace(channel, window=(least + largest - high, least + largest - low))


def value_notes(layers: Iterable[LayerPlan]) -> Iterator[str]:
    """Say what a person should know of windows before the run."""
    for one in layers:
        dtype = one.source.header.dtype
        if one.values and one.values.is_auto:
            passes = digits_of(dtype)
            times = TIMES.get(passes, f"{passes} times")
            yield (
                f"layer {one.layer.name}: before it is converted, all its voxels are read {times} "
                "to choose the window"
            )
        elif one.values and one.values.window:
            (low, high), (least, largest) = one.values.window, _limits(dtype)
            if low < least or high > largest:
                yield (
                    f"layer {one.layer.name}: the window {low:g} to {high:g} reaches beyond what "
                    f"{dtype} holds ({least:g} to {largest:g})"
                )


def values_lines(one: LayerPlan) -> list[str]:
    """Say in a line, for a dry run, which values become which; in none where they stay."""
    values = one.values
    if values is None:
        return []
    if not values.scales:
        return ["values are inverted"]
    first, last = (TOP[one.layer.dtype], 0) if values.invert else (0, TOP[one.layer.dtype])
    ends = "percentiles of all values, when they are read,"
    if values.window:
        ends = "values {:g} to {:g}".format(*values.window)
    return [f"{ends} become {first} to {last}"]
