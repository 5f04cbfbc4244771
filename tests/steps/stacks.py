"""Image stacks as other programs write them, and the plans that are drawn of them."""

from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image
from wkflow.model.plan import Plan
from wkflow.options.settings import Settings
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.steps.create_layer import create_layer

Volume = NDArray[np.generic]
SHAPES = {"chunk_shape": 8, "shard_shape": "16,16,8"}


def grains(depth: int = 20, height: int = 37, width: int = 45, dtype: str = "uint8") -> Volume:
    """Make a volume (z, y, x) of noise without zeros."""
    rng = np.random.default_rng(11)
    return rng.integers(1, 250, (depth, height, width)).astype(dtype)


def write_tiffs(folder: Path, volume: Volume, begin: int = 0) -> Path:
    """Write one TIFF per slice."""
    folder.mkdir(parents=True, exist_ok=True)
    for z, plane in enumerate(volume, start=begin):
        tifffile.imwrite(folder / f"slice_{z}.tif", plane)
    return folder


def write_pngs(folder: Path, volume: Volume) -> Path:
    """Write one PNG per slice, grey or RGB."""
    folder.mkdir(parents=True, exist_ok=True)
    for z, plane in enumerate(volume):
        Image.fromarray(plane).save(folder / f"{z:03d}.png")
    return folder


def settings_of(source: Path, **options: object) -> Settings:
    """Give the settings of a small run whose target is beside its source."""
    given: dict[str, object] = {
        "source": source,
        "target": source.parent / "target",
        "voxel_size": "10,10,10",
        "category": "color",
    }
    return Settings.parse(given | SHAPES | options, where="test")


def plan_of(source: Path, **options: object) -> Plan:
    return plan_conversion(settings_of(source, **options))


def laid_out(source: Path, **options: object) -> Plan:
    """Draw the plan and lay its layers out, so that slabs can be converted."""
    plan = plan_of(source, **options)
    for one in plan.layers:
        create_layer(plan, one.layer.name)
    return plan
