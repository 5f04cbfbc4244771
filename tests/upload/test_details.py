"""Tags, teams, description, metadata and who may see a dataset, from a whole run to the server."""

import json
from pathlib import Path
from typing import Any

import requests

from tests.standin.server import Standin
from tests.upload.runs import chunks_of, converted, lines, only_one, proof, url_of, wkflow

SAID = (
    *("--tags", "em,retina", "--teams", "Lab Alder", "--description", "A *retina*", "--public"),
    *("--metadata", "animal=M007", "--metadata", "age=12"),
)


def told(standin: Standin) -> dict[str, Any]:
    """Give what the server says of its only dataset."""
    url = f"{standin.url}/api/v16/datasets/{only_one(standin)['id']}"
    headers = {"X-Auth-Token": standin.token}
    found: dict[str, Any] = requests.get(url, headers=headers, timeout=60).json()
    return found


def test_details_are_set_and_changed_without_a_second_upload(
    standin: Standin, stack: Path, here: Path
) -> None:
    """A wrong team is told before a voxel is read; other tags make no other dataset."""
    first = ("remote-convert", "--voxel-size", "4,4,40", stack)
    run = wkflow(*first, *SAID, "--teams=Lab Elder", standin=standin, cwd=here)
    assert run.returncode == 2  # given twice
    run = wkflow(*first, "--teams", "Lab Elder", standin=standin, cwd=here)
    assert run.returncode == 4
    assert "no team 'Lab Elder'" in lines(run)[-2]
    assert "Lab Alder" in lines(run)[-1]
    folder = here / "stack.upload"
    assert (converted(folder), standin.uploads()) == ([], [])

    url = url_of(wkflow(*first, *SAID, standin=standin, cwd=here))
    found = told(standin)
    assert (found["tags"], found["description"]) == (["em", "retina"], "A *retina*")
    assert [team["name"] for team in found["allowedTeams"]] == ["Lab Alder"]
    assert [(one["key"], one["value"]) for one in found["metadata"]] == [
        ("animal", "M007"), ("age", 12),
    ]  # fmt: skip
    assert found["isPublic"] is True
    assert proof(folder)["details"]["metadata"] == {"animal": "M007", "age": 12}
    page = (folder / "report.html").read_text()
    assert "<dt>Teams</dt><dd>Lab Alder</dd>" in page
    assert "No pictures" not in page

    sent = chunks_of(standin)
    again = wkflow(*first, "--tags", "em", "--no-public", standin=standin, cwd=here)
    assert url_of(again) == url
    assert chunks_of(standin) == sent
    assert (told(standin)["tags"], told(standin)["isPublic"]) == (["em"], False)
    assert told(standin)["description"] == "A *retina*"
    page = (folder / "report.html").read_text()
    assert "<dt>Tags</dt><dd>em</dd>" in page
    assert "No pictures" not in page
    for words in (("--tags", "em", "--no-public"), ()):
        run = wkflow(*first, *words, "--json", standin=standin, cwd=here)
        assert json.loads(run.stdout)["end"] == "nothing_to_do"
    url_of(wkflow(*first, *SAID, standin=standin, cwd=here))
    assert told(standin)["tags"] == ["em", "retina"]
