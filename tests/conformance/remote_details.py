"""Print as JSON what a dataset of a server says of itself, change it, and print it again.

Run as a script by the official environment's Python, with URL and TOKEN.
"""

import json
import sys
import warnings
from typing import Any

from webknossos import RemoteDataset, Team, webknossos_context


def described(dataset: RemoteDataset) -> dict[str, Any]:
    return {
        "tags": list(dataset.tags),
        "teams": [team.name for team in dataset.allowed_teams],
        "description": dataset.description,
        "metadata": dict(dataset.metadata.items()),
        "public": dataset.is_public,
    }


def main(url: str, token: str) -> list[Any]:
    """Give both states, and the names of all datasets before and after it is deleted."""
    with webknossos_context(url="/".join(url.split("/")[:3]), token=token):
        dataset = RemoteDataset.open(url)
        first = described(dataset)
        dataset.tags = ["theirs"]
        dataset.allowed_teams = [Team.get_by_name("Lab Birch")]
        dataset.description = None
        dataset.metadata = {"number": 1, "list": ["a", "b"], "text": "x"}
        dataset.is_public = False
        second = described(RemoteDataset.open(url))
        before = sorted(one.name for one in RemoteDataset.list().values())
        dataset.delete()
        return [first, second, before, sorted(one.name for one in RemoteDataset.list().values())]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
