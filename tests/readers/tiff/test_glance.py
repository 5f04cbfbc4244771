"""TIFFs that are alike at a glance are alike."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from wkflow.readers import glance, probe


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dtype": "uint16"},
        {"dtype": "int8"},
        {"shape": (9, 8, 3), "photometric": "rgb"},
        {"shape": (3, 9, 8), "photometric": "minisblack"},
        {"shape": (9, 7)},
        {"compression": "zlib"},
        {"bigtiff": True},
        {"byteorder": ">"},
        {"tile": (16, 16)},
        {"imagej": True},
    ],
    ids=str,
)
def test_a_glance_never_takes_one_header_for_another(
    tmp_path: Path, options: dict[str, object]
) -> None:
    """What is the same at a glance is the same to the reader."""
    given = dict(options)
    shape, dtype = given.pop("shape", (9, 8)), given.pop("dtype", "uint8")
    plain, other = tmp_path / "1.tif", tmp_path / "2.tif"
    tifffile.imwrite(plain, np.ones((9, 8), "uint8"))
    tifffile.imwrite(other, np.ones(shape, dtype), **given)  # type: ignore[arg-type, call-overload]
    one, two = glance(str(plain)), glance(str(other))
    if one == two:
        assert one is not None
        assert probe(str(plain)) == probe(str(other))
    else:
        assert options


@pytest.mark.parametrize("cut", [0, 4, 60, 150, -1])
def test_what_is_not_whole_takes_a_closer_look(tmp_path: Path, cut: int) -> None:
    """Wherever it was cut; so does what is no TIFF."""
    path = tmp_path / "1.tif"
    tifffile.imwrite(path, np.ones((9, 8), "uint8"), compression="zlib")
    assert glance(str(path)) is not None
    path.write_bytes(path.read_bytes()[:cut])
    assert glance(str(path)) is None
    assert glance(str(tmp_path / "1.png")) is None
