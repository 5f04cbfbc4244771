"""What the how-to of contrast shows of real images is what the workflow makes of them now."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.benchmarks.codecs import TESTDATA
from tests.runs import ROOT, environment

DOCS = ROOT / "docs"

RANGE = re.compile(r"-?[\d.]+ to -?[\d.]+")


@pytest.mark.long
@pytest.mark.skipif(not TESTDATA.is_dir(), reason="there is no testdata beside the project")
def test_real_images_are_shown_as_they_come_out(tmp_path: Path) -> None:
    """The command that the page names prints its numbers, and draws its picture."""
    drawn, kept = tmp_path / "contrast.png", DOCS / "pictures" / "contrast.png"
    command = [sys.executable, "-m", "tests.benchmarks.contrast", drawn]
    run = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    printed = [RANGE.findall(line) for line in run.stdout.splitlines() if RANGE.search(line)]
    _, _, told = (DOCS / "how-to" / "contrast.md").read_text().partition("| image | dtype |")
    table, _, _ = told.partition("\n\n")
    assert len(printed) > 1
    assert [RANGE.findall(line) for line in table.splitlines() if RANGE.search(line)] == printed
    assert kept.stat().st_size < 170_000
    was, now = (np.asarray(Image.open(path).convert("L"), int) for path in (kept, drawn))
    assert was.shape == now.shape
    assert np.abs(was - now).mean() < 0.2  # Pillow may scale a little otherwise
