"""Frames: the volumes that a layer has along its axes beyond channel and space."""

from wkflow.model.layer import Layer


def frame_position(layer: Layer, frame: int) -> list[int]:
    """Give the index of a frame along each further axis; the last one runs fastest.

    >>> frame_position(Layer("em", "color", "uint8", 1, (9, 9, 9), (("t", 3), ("e", 4))), 6)
    [1, 2]
    """
    position = []
    for _, size in reversed(layer.axes):
        frame, index = divmod(frame, size)
        position.append(index)
    begins = layer.axis_begins or (0,) * len(layer.axes)
    return [begin + index for begin, index in zip(begins, position[::-1], strict=True)]


def frame_ends(layer: Layer) -> list[int]:
    """Give the extent of arrays along each further axis."""
    begins = layer.axis_begins or (0,) * len(layer.axes)
    return [begin + size for begin, (_, size) in zip(begins, layer.axes, strict=True)]


def refuse_axes(layer: Layer, format_name: str) -> str | None:
    """Say that a format has no place for further axes, if the layer has any."""
    if not layer.axes:
        return None
    names = " and ".join(name for name, _ in layer.axes)
    axes = "the axis" if len(layer.axes) == 1 else "the axes"
    return f"{format_name} holds only x, y and z; the source has {axes} {names} besides"
