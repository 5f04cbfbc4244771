"""Who is believed about an image."""

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from wkflow.model.source import ImageMetadata
from wkflow.readers import probe

from tests.readers.contract import voxels_of


def test_a_plain_image_says_nothing(tmp_path: Path) -> None:
    """Neither its resolution nor its software is a reason to guess."""
    path, plane = tmp_path / "plain.tif", voxels_of("uint8", 9, 7, 1)[..., 0]
    how: dict[str, Any] = {"resolution": (28, 28), "resolutionunit": "CENTIMETER"}
    tifffile.imwrite(path, plane, metadata=None, software="something", **how)
    assert probe(str(path))[0].about == ImageMetadata()


def test_channels_that_do_not_fit_are_left_out(tmp_path: Path) -> None:
    """Samples of RGB are one channel; colours of three channels are none of theirs."""
    path, plane = tmp_path / "rgb.tif", voxels_of("uint8", 9, 7, 3)
    tables = [np.zeros((3, 256), np.uint8) + 9] * 3
    metadata = {"LUTs": tables, "Ranges": (0.0, 1.0) * 3}
    tifffile.imwrite(path, plane, imagej=True, photometric="rgb", metadata=metadata)
    (found,) = probe(str(path))
    assert (found.header.samples, found.header.channels) == (3, 1)
    assert len(found.about.channels) <= 1
