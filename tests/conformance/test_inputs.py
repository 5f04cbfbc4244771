"""Other dtypes, depths and options, in odd sizes: the official tool makes the same of them."""

from pathlib import Path

import pytest

from tests.conformance.official import Official
from tests.conformance.pair import (
    SIZE_OPTION,
    Pair,
    assert_alike,
    convert_both,
    convert_ours,
    convert_theirs,
    mags,
    write_source,
)
from tests.conformance.stacks import Voxels, labels, noise

pytestmark = [pytest.mark.conformance, pytest.mark.long(but=["official_command"])]

PLANE = (61, 103)


def one_layer(depth: int, dtype: str) -> dict[str, Voxels]:
    return {"color": noise((depth, *PLANE), dtype, depth)}


def of_all_dtypes() -> dict[str, Voxels]:
    """Give a layer for each kind of color: signed, wide, fractional, RGB."""
    grey = {dtype: noise((5, *PLANE), dtype, 3) for dtype in ("int8", "int16", "float32")}
    return grey | {"rgb": noise((5, *PLANE, 3), "uint8", 4)}


def of_two_depths() -> dict[str, Voxels]:
    """Give a slice, which is never reduced along z, beside a stack, which is."""
    return {
        "overview": noise((1, 203, 401), "uint8", 5),
        "stack": noise((23, 203, 401), "uint8", 6),
    }


CASES: dict[str, tuple[dict[str, Voxels], list[str]]] = {
    "single slice": (one_layer(1, "uint16"), []),
    "dtypes": (of_all_dtypes(), ["--category", "color"]),
    "two shards in z": (one_layer(33, "uint8"), []),
    "wide labels": ({"segmentation": labels((5, *PLANE), "uint32", 8)}, []),
    "two depths": (of_two_depths(), ["--category", "color"]),
    "coarser than needed": (one_layer(9, "uint8"), ["--max-mag", "16"]),
    "named coarsest mag": (one_layer(9, "uint8"), ["--max-mag", "4-4-2"]),
    "mode of color": (one_layer(7, "uint8"), ["--interpolation-mode", "mode"]),
    "median of labels": (
        {"segmentation": labels((7, *PLANE), "uint16", 7)},
        ["--interpolation-mode", "median"],
    ),
}


def test_the_official_command_makes_the_same(official: Official, tmp_path: Path) -> None:
    """Its command line, which takes seconds for each mag; what follows asks its library."""
    pair, few_mags = Pair(tmp_path), ("--max-mag", "2")
    write_source(pair.source, one_layer(33, "uint8"))
    convert_ours(pair.source, pair.ours, *few_mags)
    official.run("convert", *SIZE_OPTION, *few_mags, pair.source, pair.theirs)
    assert_alike(official, pair.ours, pair.theirs)


@pytest.mark.parametrize("case", list(CASES))
def test_the_official_tool_makes_the_same(case: str, official: Official, tmp_path: Path) -> None:
    """Voxels, mags and descriptions are those of the official conversion."""
    layers, options = CASES[case]
    pair = convert_both(official, tmp_path, layers, *options)
    assert_alike(official, pair.ours, pair.theirs)


def test_slices_close_up_as_theirs_do_on_request(official: Official, tmp_path: Path) -> None:
    """Where the numbers in names leave one out."""
    pair = Pair(tmp_path)
    write_source(pair.source, one_layer(9, "uint8"))
    sorted((pair.source / "color").iterdir())[4].unlink()
    convert_ours(pair.source, pair.ours, "--missing-slices", "close")
    convert_theirs(official, pair.source, pair.theirs)
    assert_alike(official, pair.ours, pair.theirs)


def test_nearest_has_the_same_mags(official: Official, tmp_path: Path) -> None:
    """Only the ladder is compared: our nearest is exact, theirs depends on how it cuts."""
    pair: Pair = convert_both(
        official, tmp_path, one_layer(7, "uint8"), "--interpolation-mode", "nearest"
    )
    assert mags(pair.ours, "color") == mags(pair.theirs, "color")
