"""A dataset in Neuroglancer, served on this machine alone.

The package `neuroglancer` serves its own client, under a token that nobody can guess. Beside it the
same server gives the layers as precomputed volumes: one origin, so no other page may read them.
"""

import os
import socket
from asyncio import wrap_future
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

import neuroglancer
import neuroglancer.server
from neuroglancer.random_token import make_random_token
from tornado.web import HTTPError, RequestHandler

from wkflow.errors import ConfigError, SourceError
from wkflow.inspection.precomputed_view import ShownLayer

LOOPBACK = "127.0.0.1"

PANEL_PIXELS = 400
"""Of one view of four, about: so the whole layer is seen at first."""

Say = Callable[[str], object]


@contextmanager
def serving(layers: Sequence[ShownLayer], *, port: int, say: Say) -> Iterator[str]:
    """Serve a view of the layers for the block; give its address.

    Parameters
    ----------
    layers
        What is shown, in this order.
    port
        On the loopback address; 0 for any that is free.
    say
        Told of each file that is damaged, once.

    Raises
    ------
    ConfigError
        If the port is taken.
    """
    _require_free(port)
    neuroglancer.set_server_bind_address(LOOPBACK, port)
    try:
        neuroglancer.server.start()
        viewer, token = neuroglancer.Viewer(), make_random_token()
        options = {"layers": tuple(layers), "say": say, "told": set(), "lock": Lock()}
        app = neuroglancer.server.global_server.app
        app.add_handlers(".*", [
            (rf"/volumes/{token}/(\d+)/info", _Info, options),
            (rf"/volumes/{token}/(\d+)/([^/]+)/([^/]+)", _Chunk, options),
        ])  # fmt: skip
        below = f"{neuroglancer.server.get_server_url()}/volumes/{token}"
        with viewer.txn() as state:
            show(state, layers, below)
        yield viewer.get_viewer_url()
    finally:
        neuroglancer.server.stop()


def _require_free(port: int) -> None:
    """Raise a ConfigError if the port is taken, or is none."""
    with socket.socket() as trial:
        if os.name == "posix":  # connections of a view that has ended do no harm
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except (OSError, OverflowError) as error:
            raise ConfigError(
                f"cannot be used: {error}", f"--port {port}", "Give another, or none."
            ) from None


def show(state: Any, layers: Sequence[ShownLayer], below: str) -> None:  # noqa: ANN401 -- a class without types
    """Put the layers into a viewer's state: the whole of the first one, from its middle."""
    first = layers[0]
    box = first.layer.layer.box
    state.dimensions = neuroglancer.CoordinateSpace(
        names=list("xyz"), units="nm", scales=list(first.nanometers)
    )
    state.position = [(b + e) / 2 for b, e in zip(box.begin, box.end, strict=True)]
    state.cross_section_scale = max(box.size[:2]) / PANEL_PIXELS
    state.projection_scale = 2 * max(box.size)
    state.layout = "4panel"
    colors = [one for one in layers if one.layer.layer.category == "color"]
    for number, one in enumerate(layers):
        source = f"precomputed://{below}/{number}"
        state.layers[one.layer.layer.name] = (
            neuroglancer.ImageLayer(
                source=source,
                shader=shader_of(one),
                blend="additive" if len(colors) > 1 else "default",
                opacity=1.0,
            )
            if one in colors
            else neuroglancer.SegmentationLayer(source=source)
        )


def shader_of(one: ShownLayer) -> str:
    """Write the program that shows a color layer: its window, and its colour.

    Three channels are red, green and blue; of other numbers of them the first is shown.
    """
    window = one.layer.window or one.layer.limits
    stated = f"range=[{window[0]:g}, {window[1]:g}]" if window else ""
    if one.layer.layer.channels == 3:
        lines = [
            f"#uicontrol invlerp {name}({', '.join(filter(None, [stated, f'channel={at}']))})"
            for at, name in enumerate(("red", "green", "blue"))
        ]
        return "\n".join([*lines, "void main() {\n  emitRGB(vec3(red(), green(), blue()));\n}\n"])
    color = "#{:02x}{:02x}{:02x}".format(*(one.layer.color or (255, 255, 255)))
    return (
        f"#uicontrol invlerp normalized({stated})\n"
        f'#uicontrol vec3 tint color(default="{color}")\n'
        "void main() {\n  emitRGB(tint * normalized());\n}\n"
    )


class _Volume(RequestHandler):
    """What all answers have in common."""

    def initialize(
        self, layers: tuple[ShownLayer, ...], say: Say, told: set[str], lock: Lock
    ) -> None:
        self._layers, self._say, self._told, self._lock = layers, say, told, lock

    def _layer(self, number: str) -> ShownLayer:
        if int(number) >= len(self._layers):
            raise HTTPError(404)
        return self._layers[int(number)]

    def _tell(self, error: SourceError) -> None:
        with self._lock:
            is_new = error.where not in self._told
            self._told.add(error.where)
        if is_new:
            self._say(f"{error.where}: {error.what}")


class _Info(_Volume):
    def get(self, number: str) -> None:
        """Send the description of a layer."""
        self.write(self._layer(number).info())


class _Chunk(_Volume):
    async def get(self, number: str, mag: str, name: str) -> None:
        """Send the voxels of a chunk; they are decoded by another thread."""
        layer = self._layer(number)
        pool = neuroglancer.server.global_server.executor
        try:
            voxels = await wrap_future(pool.submit(layer.chunk, mag, name))
        except LookupError:
            raise HTTPError(404) from None
        except SourceError as error:
            self._tell(error)
            raise HTTPError(500, reason="a file is damaged") from None
        self.set_header("Content-Type", "application/octet-stream")
        self.write(voxels)
