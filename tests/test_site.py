"""The site of the documentation in a browser: nothing is missing, nothing comes from elsewhere."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.browser import in_browser, keep_screenshot, see
from tests.runs import ROOT, environment

pytestmark = [
    pytest.mark.long,
    in_browser,
    pytest.mark.skipif(not importlib.util.find_spec("mkdocs"), reason="the extra docs is missing"),
]

PROBE = """<script>addEventListener("load", () => setTimeout(() => {
  const seen = document.createElement("pre"), all = document.documentElement
  seen.id = "probe"
  seen.textContent = JSON.stringify({
    wide: all.scrollWidth - all.clientWidth,
    images: [...document.images].map(image => [image.alt, image.naturalWidth]),
    hosts: performance.getEntriesByType("resource").map(one => new URL(one.name).host),
  })
  document.body.append(seen)
}, 1000))</script></body>"""

PAGES = {
    "index.html": 1,
    "tutorial.html": 3,
    "how-to/from-webknossos-cli.html": 0,
    "reference/options.html": 0,
    "faults.html": 0,
}
"""How many pictures each has."""

WIDTHS = {"desk": 1280, "phone": 500}
"""Chromium makes no window narrower than the second one."""


ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


class Silent(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Build the site, add a probe to its pages, and serve it."""
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(
        build, cwd=ROOT, env=environment(), check=False, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    for page in PAGES:
        text = (folder / page).read_text(encoding="utf-8")
        (folder / page).write_text(text.replace("</body>", PROBE), encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def opened(url: str, folder: Path, width: int) -> dict[str, Any]:
    """Open a page in Chromium, which finds no other machine; give what it sees there."""
    page = url.partition("//")[2].partition("/")[2].replace("/", "-").removesuffix(".html")
    keep_screenshot(url, folder, f"site-{page}-{width}", ALONE, width=width, height=1600)
    seen: dict[str, Any] = json.loads(see(url, folder, ALONE, width=width))
    return seen


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_all_that_it_has(site: str, tmp_path: Path, page: str, width: str) -> None:
    """No word in the console, no picture missing, no other server, no scrolling sideways."""
    seen = opened(f"{site}/{page}", tmp_path, WIDTHS[width])
    assert len(seen["images"]) == PAGES[page]
    assert all(alt and pixels for alt, pixels in seen["images"])
    assert set(seen["hosts"]) == {site.removeprefix("http://")}
    assert seen["wide"] <= 0
