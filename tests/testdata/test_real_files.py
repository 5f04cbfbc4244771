"""Each real file becomes exactly what other readers gave, or is refused for a stated reason."""

import pytest

from tests.testdata.judge import TESTDATA, entry_of, judge, names

pytestmark = [
    pytest.mark.testdata,
    pytest.mark.skipif(
        not TESTDATA.is_dir(), reason="the folder shared/testdata is not beside the project"
    ),
    pytest.mark.long,
]

CONVERTED = frozenset({"broken/seq_with_gap", "broken/seq_with_junk"})
"""Folders of the broken ones that are not broken: a gap stays blank, junk is left out."""

REFUSED = {
    "dm3/2D_test-3_complex64.dm3": "complex",
}
"""Files that are well and are refused all the same, and a part of the reason."""


@pytest.mark.parametrize("name", names() if TESTDATA.is_dir() else [])
def test_a_real_file_is_converted_or_refused(name: str) -> None:
    """Broken files are refused and leave nothing that looks finished; all others are exact."""
    verdict = judge(name, entry_of(name))
    assert "WRONG" not in verdict.verdict
    is_broken = name.startswith("broken/") and name not in CONVERTED
    assert verdict.is_refused == (is_broken or name in REFUSED), verdict.verdict
    assert REFUSED.get(name, "") in verdict.verdict
