"""Chromium without a window: what it sees of a page, and pictures of that for people."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

in_browser = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

SCREENSHOTS = "WKFLOW_SCREENSHOTS"
"""In the environment: the folder that keeps pictures of what browser tests saw."""

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--enable-logging=stderr",
    "--hide-scrollbars",
)


def see(url: str, folder: Path, *flags: str, width: int, height: int = 900) -> str:
    """Open a page that adds an element `probe` to itself; give its text.

    `folder` is for the browser's profile. The console has to stay empty.
    """
    run = _run(folder, *flags, f"--window-size={width},{height}", "--dump-dom", url)
    assert "CONSOLE" not in run.stderr, run.stderr
    found = re.search(r'<pre id="probe">(.*)</pre>', run.stdout)
    assert found
    return found[1]


def keep_screenshot(
    url: str, folder: Path, name: str, *flags: str, width: int, height: int
) -> None:
    """Take a picture of a page, where somebody wants to keep it."""
    if place := screenshot_path(name):
        _run(folder, *flags, f"--window-size={width},{height}", f"--screenshot={place}", url)
        assert place.stat().st_size


def screenshot_path(name: str) -> Path | None:
    """Give the file for a picture, None where nobody keeps any."""
    kept = os.environ.get(SCREENSHOTS)
    if not kept:
        return None
    Path(kept).mkdir(parents=True, exist_ok=True)
    return Path(kept).absolute() / f"{name}.png"


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    profile = f"--user-data-dir={folder / 'profile'}"
    return subprocess.run(
        [str(CHROMIUM), *FLAGS, profile, "--virtual-time-budget=5000", *arguments],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
