"""Downsample FOLDER with the official library, as its command does, but with small shards.

Run as a script by the official environment's Python, with a sampling mode, and a coarsest mag if
there is one. Its default shards of 1024 x 1024 x 1024 take a minute and gigabytes for each mag.
"""

import sys
import warnings

from cluster_tools import get_executor
from webknossos import Dataset, Mag


def main(folder: str, mode: str, *coarsest: str) -> None:
    """Add mags to all layers, in their order."""
    with get_executor("sequential") as executor:
        for layer in Dataset.open(folder).layers.values():
            layer.downsample(
                sampling_mode=mode,
                coarsest_mag=Mag(coarsest[0]) if coarsest else None,
                chunk_shape=32,
                shard_shape=32 if str(layer.data_format) == "zarr" else 64,
                executor=executor,
            )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
