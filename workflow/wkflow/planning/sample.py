"""What the sample is, for who has not made it: its options, and a plan drawn without its voxels."""

from pathlib import Path

from wkflow.model.kernel import kernel_for
from wkflow.model.layer import Layer, lay_grid
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.mag import Mag
from wkflow.model.plan import Plan
from wkflow.model.source import Source

SIZE = (48, 320, 320)
"""z, y, x: three mags, and below a second of work."""

VOXEL_SIZE = (11.24, 11.24, 25.0)
LAYERS = (("color", "uint8"), ("segmentation", "uint16"))
MAGS, CHUNK, SHARD = ("1", "2-2-1", "4-4-2"), (32, 32, 32), (4096, 4096, 32)


def sample_options(folder: Path) -> dict[str, object]:
    """Give the options that convert the sample below `folder`."""
    return {
        "source": str(folder / "sample" / "slices"),
        "target": str(folder / "sample" / "dataset"),
        "voxel_size": list(VOXEL_SIZE),
    }


def sketch_sample(dataset: Path) -> Plan:
    """Plan the same jobs as for the sample, with nothing to read: good to look at, not to run."""
    layers = []
    for name, dtype in LAYERS:
        layer = Layer(name, name, dtype, 1, (SIZE[2], SIZE[1], SIZE[0]))
        grids = tuple(lay_grid(layer, Mag.parse(mag), chunk=CHUNK, shard=SHARD) for mag in MAGS)
        layers.append(
            LayerPlan(
                layer, Source.of_nothing(), grids, batch=SHARD[2], codec="zstd:1", pad=False,
                kernel=kernel_for("default", name).name, job_bytes=2**30, evidence="a sketch",
            )
        )  # fmt: skip
    return Plan(
        str(dataset), dataset.name, VOXEL_SIZE, "nanometer", overwrite=False, layers=tuple(layers)
    )
