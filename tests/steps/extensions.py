"""Datasets that exist, for steps that add mags to them: written by hand, read by others."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wkflow.model.plan import Plan
from wkflow.options.settings import Settings
from wkflow.planning.mag_folders import start_anew
from wkflow.planning.plan_downsampling import plan_downsampling
from wkflow.run_folder import DRAFT
from wkflow.steps.create_layer import create_layer
from wkflow.steps.downsample_block import downsample_block
from wkflow.steps.downsample_rest import downsample_rest
from wkflow.steps.extend_properties import extend_properties

from tests.datasets import PROPERTIES, HandLayer, Voxels, write_dataset
from tests.runs import noise

SIZE = (70, 50, 40)
SMALL = {"chunk_shape": 8, "shard_shape": 16}


def voxels_of(*, factor: int = 1, dtype: str = "uint8", seed: int = 0) -> Voxels:
    """Give voxels (t, c, x, y, z) of a mag of a small layer; none of them is zero."""
    extents = (-(-extent // factor) for extent in SIZE)
    return noise(1, 1, *extents, dtype=dtype, seed=seed) | 1


def layer_of(*mags: int, name: str = "em", **options: Any) -> HandLayer:  # noqa: ANN401
    """Describe a small layer that has these mags."""
    return HandLayer(name, {str(mag): voxels_of(factor=mag) for mag in mags}, **options)


def settings_of(dataset: Path, **options: object) -> Settings:
    """Give the settings of a small extension."""
    given = {
        "command": "downsample",
        "target": dataset,
        "max_mag": "4",
        "sampling_mode": "isotropic",
    }
    return Settings.parse(given | options, where="test")


def document_of(dataset: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((dataset / PROPERTIES).read_text())
    return found


def change(dataset: Path, mend: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Change the first layer's properties, and give all of them."""
    document = document_of(dataset)
    mend(document["dataLayers"][0])
    (dataset / PROPERTIES).write_text(json.dumps(document))
    return document


def drawn(dataset: Path, **options: object) -> Plan:
    """Draw a plan as the Snakefile does, and keep it."""
    settings = settings_of(dataset, **options)
    plan = plan_downsampling(settings)
    start_anew(plan, settings.run_folder)
    plan.write(settings.run_folder / DRAFT)
    return plan


def computed(plan: Plan, run_folder: Path) -> list[str]:
    """Run all jobs of a plan but for the last one; give the paths of their receipts."""
    receipts = []
    for one in plan.layers:
        create_layer(plan, one.layer.name)
    for job, _ in plan.jobs():
        rule, layer, *rest = job.split("/")
        if rule == "downsample_block":
            made = downsample_block(plan, layer, *rest, threads=2, tick=lambda _: None)
        else:
            made = downsample_rest(plan, layer, threads=2, tick=lambda _: None)
        receipts.append(str(run_folder / "receipts" / f"{job}.json"))
        made.write(receipts[-1])
    return receipts


def extend(dataset: Path, **options: object) -> Plan:
    """Add mags to a dataset, from the first step to the last."""
    plan = drawn(dataset, **options)
    if plan.layers:
        receipts = computed(plan, settings_of(dataset, **options).run_folder)
        extend_properties(plan, receipts).write(
            settings_of(dataset, **options).run_folder / "receipts" / "extend_properties.json"
        )
    return plan


def files_of(dataset: Path) -> dict[str, bytes]:
    """Read all files of a dataset, by name."""
    return {
        path.relative_to(dataset).as_posix(): path.read_bytes()
        for path in dataset.rglob("*")
        if path.is_file()
    }


__all__ = [
    "SIZE", "SMALL", "HandLayer", "Voxels", "change", "computed", "document_of", "drawn", "extend",
    "files_of", "layer_of", "settings_of", "voxels_of", "write_dataset",
]  # fmt: skip
