"""The page about output says what programs get."""

import re
from pathlib import Path

from wkflow.cli.summary import Summary

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "output.md"
PACKAGE = Path(__file__).parents[2] / "workflow" / "wkflow" / "cli"


def test_every_key_is_documented() -> None:
    """In the order in which they are printed, and no others."""
    text = PAGE.read_text(encoding="utf-8")
    part = text[text.index("| key |") : text.index("`voxels` and `bytes` count")]
    rows = re.findall(r"^\| (`[^|]*`) \|", part, re.MULTILINE)
    assert re.findall(r"`(\w+)`", " ".join(rows)) == list(Summary().to_dict())


def test_every_event_is_documented() -> None:
    """Each that the command line tells, and no others."""
    text = PAGE.read_text(encoding="utf-8")
    part = text[text.index("| event |") :]
    documented = re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)
    code = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    told = set(re.findall(r"\.tell\(\s*\"(\w+)\"", code))
    assert set(documented) == told
