"""Compare two layers of a server's dataset, and let it have one of them under another name.

Run as a script by the official environment's Python, with URL, TOKEN, the names of the two layers,
and the URL of a dataset that gets the second one. Prints as JSON, by access mode, whether each mag
that both have is equal, and the layers that the other dataset has in the end.
"""

import json
import sys
import warnings

import numpy as np
from webknossos import RemoteAccessMode, RemoteDataset, webknossos_context


def main(url: str, token: str, one: str, other: str, target: str) -> list[object]:
    """Compare, and add."""
    found: dict[str, dict[str, bool]] = {}
    with webknossos_context(url="/".join(url.split("/")[:3]), token=token):
        for mode in ("zarr_streaming", "proxy_path"):
            layers = RemoteDataset.open(url, access_mode=RemoteAccessMode(mode)).layers
            both = sorted(set(layers[one].mags) & set(layers[other].mags))
            found[mode] = {
                str(mag): bool(
                    np.array_equal(layers[one].mags[mag].read(), layers[other].mags[mag].read())
                )
                for mag in both
            }
        source = RemoteDataset.open(url).get_layer(other)
        dataset = RemoteDataset.open(target)
        dataset.add_layer_as_ref(source, new_layer_name="theirs")
        return [found, sorted(RemoteDataset.open(target).layers)]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
