"""Open a dataset of a server by its URL, and print as JSON how it differs from another one.

Run as a script by the official environment's Python, with URL, TOKEN and the other one's FOLDER or
URL, and the access modes after them. The fields of the answer are those of `judge.py`, by access
mode.
"""

import json
import sys
import warnings

from judge import Facts, compare
from webknossos import Dataset, RemoteAccessMode, RemoteDataset, webknossos_context


def main(url: str, token: str, other: str, *modes: str) -> Facts:
    """Compare one remote dataset with another one, on disk or there too, in each access mode."""
    host = "/".join(url.split("/")[:3])
    verdicts = {}
    with webknossos_context(url=host, token=token):
        for mode in modes:
            way = RemoteAccessMode(mode)
            remote = RemoteDataset.open(url, access_mode=way)
            is_remote = other.startswith("http")
            known = RemoteDataset.open(other, access_mode=way) if is_remote else Dataset.open(other)
            verdicts[mode] = compare(remote, known)
    return verdicts


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
