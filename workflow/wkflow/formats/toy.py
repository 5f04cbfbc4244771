"""A format that stands for any new one: Zarr v2 with flat names of chunks.

https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html#storing-chunks
"""

import json

from wkflow.formats.layout import as_json
from wkflow.formats.zarr2 import Zarr2
from wkflow.model.box import Triple
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer


class Toy(Zarr2):
    """Arrays of chunks in one folder each."""

    def path(self, layer: Layer, grid: Grid, frame: int, position: Triple) -> str:
        """Give the file of a chunk: `em/1/<t>.0.x.y.z`."""
        group, _, place = super().path(layer, grid, frame, position).partition(f"/{grid.name}/")
        return f"{group}/{grid.name}/{place.replace('/', '.')}"

    def documents(
        self, layer: Layer, grids: tuple[Grid, ...], codec: Codec,
        *, voxel_size: tuple[float, float, float], unit: str,
    ) -> dict[str, bytes]:  # fmt: skip
        found = super().documents(layer, grids, codec, voxel_size=voxel_size, unit=unit)
        flat = {"dimension_separator": "."}
        return {
            name: as_json(json.loads(content) | flat) if name.endswith(".zarray") else content
            for name, content in found.items()
        }
