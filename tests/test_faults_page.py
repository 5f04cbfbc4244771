"""Each row of docs/faults.md has tests, and they are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "faults.md"


def rows() -> list[str]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("| ") and not line.startswith("| fault")]


def is_there(test: str) -> bool:
    """Whether a test of that name is defined in its file."""
    path, _, name = test.partition("::")
    file = ROOT / path
    function = name.rpartition("::")[2].partition("[")[0]
    return file.is_file() and re.search(
        rf"^\s*(def|class) {function}\b", file.read_text(encoding="utf-8"), re.MULTILINE
    ) is not None  # fmt: skip


def test_every_fault_has_a_test_that_is_there() -> None:
    """The third column names it, with its file."""
    assert len(rows()) > 100
    missing = []
    for row in rows():
        tests = re.findall(r"`(tests/[^`]+::[^`]+)`", row.rsplit("|", 2)[1])
        missing += [f"no test: {row}"] if not tests else []
        missing += [test for test in tests if not is_there(test)]
    assert not missing


def test_what_other_pages_name_is_there() -> None:
    """Tests that any page of the site names."""
    pages = sorted((ROOT / "docs").rglob("*.md"))
    named = {
        test
        for page in pages
        for test in re.findall(r"`(tests/[^` ]+::[^` ]+)`", page.read_text(encoding="utf-8"))
    }
    assert [test for test in sorted(named) if not is_there(test)] == []
