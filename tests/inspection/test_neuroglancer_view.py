"""What `wkflow view` serves, and what a real browser shows of it."""

import io
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import neuroglancer
import numpy as np
import pytest
import requests
from PIL import Image
from wkflow.errors import ConfigError
from wkflow.inspection.neuroglancer_view import serving, shader_of
from wkflow.inspection.precomputed_view import shown_layers

from tests.browser import screenshot_path
from tests.datasets import HandLayer, write_dataset
from tests.inspection.conftest import WriteDataset, opened, two_mags

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")

IN_BACKGROUND = (
    *("--headless=new", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
    *("--enable-logging=stderr", "--no-first-run", "--disable-background-networking"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
"""What makes the browser show nothing, find nobody else, and draw without a graphics card."""

SIZE = 800
"""Edge of a picture of four views, in pixels."""


@contextmanager
def served(folder: Path, said: list[str] | None = None, port: int = 0) -> Iterator[str]:
    """Serve a dataset as the command does; give the link."""
    with (
        shown_layers(opened(folder)) as (layers, _),
        serving(layers, port=port, say=(said if said is not None else []).append) as link,
    ):
        yield link


def sources() -> list[str]:
    """Give the addresses of the volumes that the viewer shows."""
    (viewer,) = neuroglancer.server.global_server.viewers.values()
    urls = [layer.source[0].url for layer in viewer.state.layers]
    return [str(url).removeprefix("precomputed://") for url in urls]


def test_page_layers_and_voxels_are_served(written: WriteDataset) -> None:
    """All from one port of this machine, without a network."""
    with served(written("wkw")) as link:
        page = requests.get(link, timeout=10)
        assert "<title>neuroglancer</title>" in page.text
        assert "http" not in page.text.lower().replace("http-equiv", "")
        (source,) = sources()
        assert source.startswith(link.partition("/v/")[0] + "/")
        info = requests.get(f"{source}/info", timeout=10).json()
        assert [scale["key"] for scale in info["scales"]] == ["1", "2"]
        chunk = requests.get(f"{source}/2/0-35_0-25_0-20", timeout=10).content
    voxels = np.frombuffer(chunk, "uint8").reshape(20, 25, 35).T
    np.testing.assert_array_equal(voxels, two_mags("wkw").mags["2"][0, 0])
    with pytest.raises(requests.ConnectionError):
        requests.get(link, timeout=10)


def test_nobody_else_may_read(written: WriteDataset) -> None:
    """Who does not know the tokens finds nothing, and no other page is allowed to look."""
    with served(written("zarr3")) as link:
        base, (source,) = link.partition("/v/")[0], sources()
        for path in ("/", "/v/guess/", "/volumes/guess/0/info"):
            assert requests.get(base + path, timeout=10).status_code == 404
        for path in ("/1/info", "/0/9/0-35_0-25_0-20", "/0/1/0-900_0-1_0-1", "/0/1/info"):
            assert requests.get(source[:-2] + path, timeout=10).status_code == 404
        answer = requests.get(f"{source}/info", headers={"Origin": "https://a.example"}, timeout=10)
        assert "Access-Control-Allow-Origin" not in answer.headers
        with socket.socket() as other:  # only the loopback address is bound
            other.bind(("127.0.0.2", int(base.rpartition(":")[2])))


def test_a_damaged_file_is_told_once(written: WriteDataset) -> None:
    """At the terminal; the viewer shows a hole."""
    folder = written("zarr3")
    shard = folder / "em" / "1" / "c" / "0" / "0" / "0" / "0"
    shard.write_bytes(shard.read_bytes()[:100])
    said: list[str] = []
    with served(folder, said):
        (source,) = sources()
        for _ in range(2):
            answer = requests.get(f"{source}/1/0-64_0-50_0-40", timeout=10)
            assert (answer.status_code, answer.reason) == (500, "a file is damaged")
    assert len(said) == 1
    assert str(shard) in said[0]


def test_a_port_may_be_chosen(written: WriteDataset) -> None:
    """One that is taken is refused in words."""
    folder = written("zarr3")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match="cannot be used"), served(folder, port=port):
            pass
    with pytest.raises(ConfigError, match="cannot be used"), served(folder, port=2**16):
        pass
    with served(folder, port=port) as link:
        assert f":{port}/" in link


def test_layers_are_shown_with_window_and_color(written: WriteDataset, tmp_path: Path) -> None:
    """As the properties state them, or between the lowest and the highest value."""
    with shown_layers(opened(written("zarr3"))) as ((shown,), _):
        assert "invlerp normalized(range=[5, 150])" in shader_of(shown)
        assert 'color(default="#ff0000")' in shader_of(shown)
    voxels = np.ones((1, 3, 8, 8, 8), "uint8")
    views = ({"defaultViewConfiguration": {"min": 3.0, "max": 90.0}}, {})
    layers = (HandLayer(name, {"1": voxels}, fields=f) for name, f in zip("ab", views, strict=True))
    folder = write_dataset(tmp_path / "rgb", *layers)
    with shown_layers(opened(folder)) as ((first, second), _):
        assert "invlerp green(range=[3, 90], channel=1)" in shader_of(first)
        assert "invlerp blue(channel=2)" in shader_of(second)


def corners(shape: tuple[int, int, int]) -> np.ndarray:
    """Give a volume (x, y, z) whose eighths have values of their own, from 20 to 230."""
    x, y, z = np.indices(shape)
    eighth = (2 * x >= shape[0]) + 2 * (2 * y >= shape[1]) + 4 * (2 * z >= shape[2])
    return (20 + 30 * eighth).astype("uint8")


@pytest.mark.long
@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed: nothing is shown")
def test_a_browser_shows_the_voxels_where_they_are(tmp_path: Path) -> None:
    """Orientation, values, labels' colours, and no error in the console."""
    volume = corners((128, 128, 128))
    labels = np.zeros((1, 1, 128, 128, 128), "uint32")
    labels[..., 16:32, 16:32, :] = 7
    view = {"defaultViewConfiguration": {"intensityRange": [0, 255]}}
    em = HandLayer("em", {"1": volume[None, None]}, data_format="wkw", fields=view)
    cells = HandLayer("cells", {"1": labels}, category="segmentation")
    folder = write_dataset(
        tmp_path / "data", em, cells, scale={"factor": [10, 10, 10], "unit": "nanometer"}
    )
    log = tmp_path / "browser.log"
    with served(folder) as link, log.open("wb") as err:
        (viewer,) = neuroglancer.server.global_server.viewers.values()
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        command = [str(BROWSER), *IN_BACKGROUND, profile, link]
        with subprocess.Popen(command, stdout=err, stderr=err, env=dict(os.environ)) as browser:
            try:
                picture = viewer.screenshot(size=[SIZE, SIZE]).screenshot.image
            finally:
                browser.terminate()
    if place := screenshot_path("view"):
        place.write_bytes(picture)
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    middle, off = SIZE // 4, SIZE // 8
    for right in (0, 1):
        for below in (0, 1):
            at = (middle + (2 * below - 1) * off, middle + (2 * right - 1) * off)
            found = pixels[at]  # the view of x and y, in the middle of z
            wanted = 20 + 30 * (right + 2 * below + 4)
            assert abs(found - wanted).max() <= 2, (right, below, found)
    voxel = SIZE / 2 / 128
    label = pixels[int(24 * voxel), int(24 * voxel)]
    assert label.max() - label.min() > 20  # a label has a colour, the layer below is grey
    console = [line for line in log.read_text(errors="replace").splitlines() if "CONSOLE" in line]
    assert console
    assert not [line for line in console if "ERROR:CONSOLE" in line or "WARNING:CONSOLE" in line]
