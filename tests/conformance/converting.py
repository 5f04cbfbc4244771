"""Convert SOURCE to TARGET with the official library, as its command does, but with small shards.

Run as a script by the official environment's Python, with the command's options. The command fills
shards of 1024 x 1024 x 1024 in every coarser mag, whatever shards it is asked for: that takes it
seconds for each.
"""

import argparse
import sys
import warnings

from cluster_tools import get_executor
from webknossos import Dataset, Mag
from webknossos.dataset import SamplingModes
from webknossos.dataset_properties import VoxelSize

EDGES = {"chunk_shape": 32, "shard_shape": 64}


def main(arguments: list[str]) -> None:
    """Convert, and add mags to all layers, in their order."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--voxel-size", required=True)
    parser.add_argument("--sampling-mode", default="anisotropic")
    parser.add_argument("--interpolation-mode", default="default")
    parser.add_argument("--max-mag")
    parser.add_argument("--category")
    parser.add_argument("--no-downsample", action="store_true")
    given = parser.parse_args(arguments)
    x, y, z = map(float, given.voxel_size.split(","))
    with get_executor("sequential") as executor:
        dataset = Dataset.from_images(
            given.source,
            given.target,
            voxel_size_with_unit=VoxelSize((x, y, z)),
            layer_category=given.category,
            executor=executor,
            **EDGES,
        )
        for layer in () if given.no_downsample else dataset.layers.values():
            layer.downsample(
                coarsest_mag=Mag(given.max_mag) if given.max_mag else None,
                sampling_mode=SamplingModes.parse(given.sampling_mode),
                interpolation_mode=given.interpolation_mode,
                executor=executor,
                **EDGES,
            )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1:])
