"""Slices in the order of the values in their names, and channels apart."""

from pathlib import Path

import pytest
from natsort import natsorted
from wkflow.errors import SourceError
from wkflow.planning.arrange_axes import Arranged
from wkflow.planning.arrange_slices import arrange_slices
from wkflow.planning.missing_slices import MissingSlices

from tests.steps.stacks import grains, plan_of, write_tiffs

CASES = Path(__file__).parents[2].parent / "shared" / "testdata" / "cases" / "05-names"


def arranged(*stems: str, missing: MissingSlices = "keep") -> list[Arranged]:
    """Arrange names as they come from a folder."""
    is_named = (".tif", ".tiff", ".png")
    files = [f"/d/{n}" + ("" if n.lower().endswith(is_named) else ".tif") for n in stems]
    return arrange_slices(natsorted(files), missing)


def stems(one: Arranged) -> list[str]:
    """Give the names of the slices that are there."""
    return [Path(file).name.removesuffix(".tif") for file in one.files if file]


@pytest.mark.parametrize(
    "wanted",
    [
        ["z-10", "z-5", "z0", "z5", "z10"],
        ["z-1", "z+0", "z+1"],
        ["a_-1.5", "a_0", "a_2.25", "a_10.5"],
        ["a-1", "a-2", "a-10"],
        ["\N{MINUS SIGN}2", "\N{MINUS SIGN}1", "0", "1"],
        ["1.10", "1.5", "2.0", "10.25"],
        ["1,25", "1,5", "2,0"],
        ["s1.8", "s1.9", "s1.10", "s1.11"],
        ["1e-3", "5e-1", "1.5e+00", "2e+01"],
        ["img1", "img9", "img10", "img100"],
        ["Slice_01", "slice_02", "Slice_03", "SLICE_04", "slice_05"],
        ["T1_09", "t1_10", "T1_11"],
        ["s_08", "s_09", "s_0a", "s_0b", "s_0c", "s_0d", "s_0e", "s_0f", "s_10", "s_11"],
        ["0x9", "0xA", "0x10"],
        ["s\u0663", "s\u0664", "s\u0661\u0660"],
        ["b_001", "b_002", "a_003", "a_004"],
        ["a1.tif", "a2.tiff", "a3.TIF"],
        ["em_2024-01-05_12-00-00", "em_2024-01-05_12-00-30", "em_2024-01-06_12-00-00"],
        ["em_20240105_0001", "em_20240107_0002"],
        ["w1_s001", "w1_s002", "w2_s001", "w2_s002"],
        ["x_1_1", "x_1_2", "x_2_1", "x_2_2", "x_2_3"],
        ["i002_z98", "i001_z99", "i000_z100"],
        ["left", "right", "top"],
    ],
    ids="/".join,
)  # fmt: skip
def test_slices_come_by_value(wanted: list[str]) -> None:
    """Whatever the order of the names; one stack."""
    if wanted[0] == "1.10":  # a fraction with a zero behind it beside shorter ones is none
        wanted = ["1.5", "1.10", "2.0", "10.25"]
    (one,) = arranged(*reversed(wanted), missing="close")
    assert (one.suffix, stems(one)) == ("", [name.removesuffix(".tif") for name in wanted])
    there = [file for file in one.files if file]
    is_natural = natsorted(there) == there
    assert any("webknossos convert orders them otherwise" in note for note in one.notes) != (
        is_natural
    )


@pytest.mark.parametrize(
    ("names", "layers"),
    [
        (
            [f"Pos1_z{z:02d}_ch{c:02d}" for z in range(4) for c in range(2)],
            {"__channel0": 4, "__channel1": 4},
        ),
        (
            [f"r01c01f01p{p:02d}-ch{c}sk1fk1fl1.tiff" for p in range(1, 5) for c in (1, 2)],
            {"__channel1": 4, "__channel2": 4},
        ),
        ([f"C{c}_Z{z}" for z in range(3) for c in (1, 2)], {"__channel1": 3, "__channel2": 3}),
        ([f"c{c}_{z:04d}" for z in range(3) for c in (0, 1)], {"__channel0": 3, "__channel1": 3}),
        (
            [f"x_{c}_{z}" for z in range(3) for c in ("DAPI", "Cy3", "Alexa 488")],
            {"_Alexa 488": 3, "_Cy3": 3, "_DAPI": 3},
        ),
        ([f"x_w{w}_s{s}" for s in (1, 2) for w in ("1DAPI", "2GFP")], {"_DAPI": 2, "_GFP": 2}),
        (["a_ch00", "a_ch01"], {"__channel0": 1, "__channel1": 1}),
        (["a_red", "a_Green", "a_blue"], {"_blue": 1, "_Green": 1, "_red": 1}),
    ],
)
def test_channels_are_layers(names: list[str], layers: dict[str, int]) -> None:
    """Each with its own slices in order; a note says so, and what the official tool does."""
    found = arranged(*names)
    assert {one.suffix: len(one.files) for one in found} == layers
    assert "each is a layer (webknossos convert makes one stack" in found[0].notes[0]
    assert sorted(file for one in found for file in one.files) == sorted(
        f"/d/{name}" + ("" if "." in name else ".tif") for name in names
    )


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([f"t{t}_{z}" for t in range(2) for z in range(2)], "after 't' and a number without"),
        (["t0_0", "t0_1", "t1_0"], "count the number after 't'"),
        ([f"t{t}_{z}_c{c}" for t in "01" for z in "01" for c in "01"], "so that slices repeat"),
        ([f"r{r}_c{c}" for r in range(2) for c in range(3)], "after 'r' and the number after 'c'"),
        ([f"x{x}_y{y}_z{z}" for x in "01" for y in "01" for z in "01"], "after 'x'"),
        ([f"tile{t}_z{z}" for t in "12" for z in "12"], "after 'tile'"),
        ([f"em_{a}_{b}" for a in "12" for b in "123"], "a number without a label"),
        (["a_001", "a_002", "b_001", "b_002"], r"repeat: a_001\.tif, b_001\.tif"),
        (["1", "1_thumb", "2", "2_thumb"], r"repeat: 1\.tif, 1_thumb\.tif"),
        (["z0_ch0", "z0_ch1", "z1_ch0"], r"not every channel has these slices: z1_ch0\.tif"),
    ],
)
def test_what_repeats_is_refused(names: list[str], words: str) -> None:
    """With names, and both ways out."""
    with pytest.raises(SourceError, match=words) as caught:
        arranged(*names, missing="close")
    assert caught.value.where == "/d"
    assert "folder of its own" in caught.value.remedy
    assert "--slice-order names" in caught.value.remedy


@pytest.mark.parametrize(
    ("names", "notes"),
    [
        (["1", "2", "3"], []),
        (["v2_001", "v2_003"], ["numbers missing between slices: 2: their places stay blank"]),
        (
            ["p3_1", "p1_2", "p2_3"],
            ["the order contradicts the last number in the names: p3_1.tif comes behind p2_3.tif"],
        ),
        (
            ["m_t1", "m_t2"],
            ["slices are in the order of the number after 't', the only one that differs: as z"],
        ),
        (["z-1", "z-2"], ["the - in z-1.tif stands in all names: it is no sign"]),
        (["a", "b"], ["no number tells the order of slices, their names do: a.tif, b.tif"]),
    ],
)
def test_what_is_strange_is_told(names: list[str], notes: list[str]) -> None:
    """A note for each thing."""
    (one,) = arranged(*names)
    assert list(one.notes) == notes


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["7", "007", "8"], r"same number: 7\.tif and 007\.tif"),
        (["a_1.tif", "a_1.png"], r"same number: a_1\.png and a_1\.tif"),
        (["Z1_ch0", "z01_ch0", "z1_ch1"], r"same number: Z1_ch0\.tif and z01_ch0\.tif"),
        (["w1_s1", "w1_s2", "w2_s1", "w2_s2", "w2_s02"], r"w2_s2\.tif and w2_s02\.tif"),
    ],
)
@pytest.mark.parametrize("missing", ["keep", "close"])
def test_slices_of_one_number_are_refused(
    names: list[str], words: str, missing: MissingSlices
) -> None:
    """Both are named, with both ways out."""
    with pytest.raises(SourceError, match=words) as caught:
        arranged(*names, missing=missing)
    assert "Take one of each away" in caught.value.remedy
    assert "--slice-order names" in caught.value.remedy


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["z0_ch0", "z0_ch1", "z1_ch0"], ["z0_ch0 z1_ch0", "z0_ch1 _"]),
        (["z1_DAPI", "z2_DAPI", "z2_GFP", "z3_GFP", "z3_DAPI"],
         ["z1_DAPI z2_DAPI z3_DAPI", "_ z2_GFP z3_GFP"]),
        (["z1_ch0", "z1_ch1", "z4_ch0", "z4_ch1", "z5_ch1"],
         ["z1_ch0 _ _ z4_ch0 _", "z1_ch1 _ _ z4_ch1 z5_ch1"]),
    ],
)  # fmt: skip
def test_channels_have_one_z(names: list[str], wanted: list[str]) -> None:
    """What one of them lacks is blank there; what lies at one place was taken at one place."""
    found = arranged(*names)
    files = [" ".join(Path(file).stem or "_" for file in one.files) for one in found]
    assert files == wanted


@pytest.mark.parametrize("missing", ["keep", "close"])
def test_channels_that_have_little_in_common_are_refused(missing: MissingSlices) -> None:
    """They are not of one place."""
    names = [f"x_DAPI_{z}" for z in (1, 2)] + [f"x_GFP_{z}" for z in (2, 3, 4)]
    with pytest.raises(SourceError, match="not every channel has these slices"):
        arranged(*names, missing=missing)


def test_the_number_that_leaves_out_least_counts_slices() -> None:
    """Not the one that counts seconds."""
    (one,) = arranged("s1_1700000001", "s2_1700000044", "s4_1700000050")
    assert [Path(file).stem for file in one.files] == [
        *("s1_1700000001", "s2_1700000044", "", "s4_1700000050"),
    ]
    assert one.missing == "3"


def test_layers_of_a_plan_are_named_after_their_channels(tmp_path: Path) -> None:
    """Words lose what layer names may not hold; the option takes all files as one stack."""
    source = write_tiffs(tmp_path / "em", grains(4))
    names = ("a_Alexa 488_1", "a_Alexa 488_2", "a_dapi_1", "a_dapi_2")
    for file, name in zip(sorted(source.iterdir()), names, strict=True):
        file.rename(source / f"{name}.tif")
    plan = plan_of(source)
    assert [one.layer.name for one in plan.layers] == ["em_Alexa488", "em_dapi"]
    assert any("are channels" in note for note in plan.notes)
    (one,) = plan_of(source, slice_order="names").layers
    assert (one.layer.name, one.source.depth) == ("em", 4)


@pytest.mark.testdata
@pytest.mark.skipif(not CASES.is_dir(), reason="the folder shared/testdata is not beside it")
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("n_case", [["Slice_01", "slice_02", "Slice_03", "SLICE_04", "slice_05"]]),
        ("n_leica", [[f"Pos1_z{z:02d}_ch{c:02d}" for z in range(4)] for c in range(2)]),
        ("n_signed", [["z-10", "z-5", "z0", "z5", "z10"]]),
    ],
)
def test_real_names_are_in_order(name: str, wanted: list[list[str]]) -> None:
    """As microscopes and people write them."""
    found = arrange_slices(natsorted(str(file) for file in (CASES / name).iterdir()))
    assert [stems(one) for one in found] == wanted
