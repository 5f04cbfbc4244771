"""Open datasets of a server by URL, and print as JSON how they differ from those on disk.

Run as a script by the official environment's Python, with URL, TOKEN and FOLDER, and the access
modes after them. The fields of the answer are those of `judge.py`, by access mode.
"""

import json
import sys
import warnings

from judge import Facts, compare
from webknossos import Dataset, RemoteAccessMode, RemoteDataset, webknossos_context


def main(url: str, token: str, folder: str, *modes: str) -> Facts:
    """Compare one remote dataset with one on disk, in each access mode."""
    local = Dataset.open(folder)
    host = "/".join(url.split("/")[:3])
    verdicts = {}
    with webknossos_context(url=host, token=token):
        for mode in modes:
            remote = RemoteDataset.open(url, access_mode=RemoteAccessMode(mode))
            verdicts[mode] = compare(remote, local)
    return verdicts


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
