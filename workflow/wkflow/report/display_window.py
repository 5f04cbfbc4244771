"""Which values of a layer are shown black and white: as its dataset says, else by percentiles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.report.layer_values import LayerValues
from wkflow.voxels.choose_intensity_range import by_percentiles


@dataclass(frozen=True, slots=True)
class Window:
    """Values from `low` (black) to `high` (white); `origin` says in words who chose them."""

    low: float
    high: float
    origin: str


def window_of(view: Mapping[str, Any], values: LayerValues, channels: int = 1) -> Window:
    """Give the window of a layer.

    Parameters
    ----------
    view
        `defaultViewConfiguration` of its layer in the properties.
    values
        How often which value occurs, and why the view's range is what it is, where that is known.
    channels
        Of the layer.
    """
    stated = view.get("intensityRange")
    if isinstance(stated, list) and len(stated) == 2:
        low, high = map(float, stated)
        return Window(low, high, values.evidence or "as the dataset says (intensityRange)")
    histogram, ends = values.counted.histogram, values.counted.ends
    if channels == 3 and histogram and histogram.dtype == np.uint8:
        return Window(0.0, 255.0, "all values of a colour")
    if ends is None:
        return Window(0.0, 1.0, "there is no finite value")
    if histogram is None:
        return Window(*ends, "the smallest and the largest value")
    found = by_percentiles(histogram, ends, channels)
    return Window(*(found.window or ends), found.evidence)


def scaled(volume: NDArray[Any], window: Window) -> NDArray[np.uint8]:
    """Map a window to 0 to 255, rounded; what lies outside is clipped, NaN is black."""
    span = window.high - window.low
    factor = 255 / span if span > 0 else 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        shades = (volume.astype(np.float32) - np.float32(window.low)) * np.float32(factor)
    shades = np.nan_to_num(shades, nan=0.0, posinf=255.0, neginf=0.0)
    bytes_: NDArray[np.uint8] = np.clip(np.rint(shades), 0, 255).astype(np.uint8)
    return bytes_
